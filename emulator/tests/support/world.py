"""An emulator with objects that are created on demand, and a view of everything that a call changes."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from support.running import CARD, Running

# How to create each object that paths and parameters refer to as `{name}`.
MAKERS: dict[str, tuple[str, dict[str, str]]] = {
    "customer": ("/v1/customers", {"email": "jenny@example.com"}),
    "payer": ("/v1/customers", {"email": "payer@example.com", "source": "tok_visa"}),
    "second_card": ("/v1/customers/{payer}/sources", {"source": "tok_mastercard"}),
    "discounted": ("/v1/customers", {"email": "di@example.com", "coupon": "{coupon}"}),
    "product": ("/v1/products", {"name": "Tea"}),
    "other_product": ("/v1/products", {"name": "Mug"}),
    "price": ("/v1/prices", {"currency": "usd", "unit_amount": "300", "product": "{product}"}),
    "key_holder": ("/v1/prices", {"currency": "usd", "unit_amount": "9", "product": "{product}", "lookup_key": "key"}),
    "monthly": (
        "/v1/prices",
        {"currency": "usd", "unit_amount": "300", "product": "{product}", "recurring[interval]": "month"},
    ),
    "dearer": (
        "/v1/prices",
        {"currency": "usd", "unit_amount": "400", "product": "{product}", "recurring[interval]": "week"},
    ),
    "coupon": ("/v1/coupons", {"id": "TEN", "percent_off": "10"}),
    "other_coupon": ("/v1/coupons", {"id": "FIVE", "percent_off": "5"}),
    "code": ("/v1/promotion_codes", {"promotion[type]": "coupon", "promotion[coupon]": "{coupon}", "code": "CODE"}),
    "tax_rate": ("/v1/tax_rates", {"display_name": "VAT", "inclusive": "false", "percentage": "20"}),
    "shipping_rate": (
        "/v1/shipping_rates",
        {"display_name": "Post", "fixed_amount[amount]": "500", "fixed_amount[currency]": "usd"},
    ),
    "invoiceitem": ("/v1/invoiceitems", {"customer": "{payer}", "amount": "500", "currency": "usd"}),
    "other_item": ("/v1/invoiceitems", {"customer": "{payer}", "amount": "70", "currency": "usd"}),
    # What the metadata names is made first, and goes on the invoice.
    "invoice": (
        "/v1/invoices",
        {
            "customer": "{payer}",
            "pending_invoice_items_behavior": "include",
            "metadata[items]": "{invoiceitem} {other_item}",
        },
    ),
    "open_invoice": ("/v1/invoices/{invoice}/finalize", {}),
    "method": ("/v1/payment_methods", {"type": "card", "card[token]": "tok_visa"}),
    "attached": ("/v1/payment_methods/pm_card_visa/attach", {"customer": "{customer}"}),
    "charge": ("/v1/charges", {"amount": "1000", "currency": "usd", "source": "tok_visa"}),
    "held_charge": ("/v1/charges", {"amount": "1000", "currency": "usd", "source": "tok_visa", "capture": "false"}),
    "pending_charge": ("/v1/charges", {"amount": "1000", "currency": "usd", "source": "tok_pendingRefund"}),
    "refund": ("/v1/refunds", {"charge": "{charge}", "amount": "5"}),
    "pending_refund": ("/v1/refunds", {"charge": "{pending_charge}"}),
    "intent": ("/v1/payment_intents", {"amount": "1000", "currency": "usd"}),
    "customers_intent": ("/v1/payment_intents", {"amount": "1000", "currency": "usd", "customer": "{customer}"}),
    "euro_intent": ("/v1/payment_intents", {"amount": "1000", "currency": "eur", "customer": "{customer}"}),
    "paid_intent": (
        "/v1/payment_intents",
        {
            "amount": "1000",
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "payment_method_types[0]": "card",
            "confirm": "true",
        },
    ),
    "held": (
        "/v1/payment_intents",
        {
            "amount": "1000",
            "currency": "usd",
            "capture_method": "manual",
            "payment_method": "pm_card_visa",
            "confirm": "true",
            "return_url": "https://a.test/",
        },
    ),
    "session": (
        "/v1/checkout/sessions",
        {
            "mode": "payment",
            "success_url": "https://a.test/",
            "line_items[0][price]": "{price}",
            "line_items[0][quantity]": "1",
        },
    ),
    "subscription": (
        "/v1/subscriptions",
        {"customer": "{payer}", "items[0][price]": "{monthly}", "trial_period_days": "5"},
    ),
    "endpoint": ("/v1/webhook_endpoints", {"url": "http://127.0.0.1:1/", "enabled_events[0]": "charge.failed"}),
}

_WARNED = {"amount": "900", "currency": "usd", "source": "tok_createIssuerFraudRecord"}
_DEBIT = {
    "amount": "1000",
    "currency": "eur",
    "payment_method_types[0]": "sepa_debit",
    "payment_method_data[type]": "sepa_debit",
    "payment_method_data[sepa_debit][iban]": "AT611904300234573201",
    "payment_method_data[billing_details][name]": "Jenny Rosen",
    "payment_method_data[billing_details][email]": "jenny@example.com",
    "mandate_data[customer_acceptance][type]": "offline",
    "confirm": "true",
}

# All lists of the API.
LISTS: dict[str, dict[str, str]] = {
    "/v1/events": {},
    "/v1/balance_transactions": {},
    "/v1/charges": {},
    "/v1/checkout/sessions": {"expand[0]": "data.line_items"},
    "/v1/coupons": {},
    "/v1/customers": {"expand[0]": "data.sources"},
    "/v1/disputes": {},
    "/v1/invoiceitems": {},
    "/v1/invoices": {},
    "/v1/payment_intents": {"expand[0]": "data.latest_charge"},
    "/v1/payment_methods": {},
    "/v1/prices": {},
    "/v1/products": {},
    "/v1/promotion_codes": {},
    "/v1/refunds": {},
    "/v1/shipping_rates": {},
    "/v1/subscriptions": {"status": "all"},
    "/v1/tax_rates": {},
    "/v1/webhook_endpoints": {},
}

# The form of the hosted page. Fields that the page does not have are ignored.
FORM = {
    **CARD,
    # This card authenticates the buyer only on request.
    "card-number": "4000000000003055",
    "phone": "+43 1 2345678",
    "terms": "yes",
    "iban": "AT611904300234573201",
    "account-name": "Jenny Rosen",
    "account-number": "000123456789",
    "routing-number": "110000000",
    "shipping-name": "Jane Roe",
    "promotions": "yes",
    "custom-size": "1",
    "tax-id": "ATU12345678",
    "business-name": "Tea Ltd",
    **{
        f"{kind}-{part}": text
        for kind in ("billing", "shipping")
        for part, text in (("line1", "1 Main St"), ("city", "Vienna"), ("postal_code", "1010"), ("country", "AT"))
    },
}
del FORM["method"]

_ID = re.compile(
    r"\b[a-z]+(?:_[a-z]+)*_(?=\w*[A-Z0-9])[A-Za-z0-9]{8,}(?:_secret_\w+)?\b|(?<=\": \")[A-Za-z0-9]{8}(?=\")"
    r"|\b[A-Z0-9]{8}-\d{4}\b|\b7[A-Za-z0-9]{10}\b|(?<=\"reference\": \")[A-Z0-9]{8,16}(?=\")"
)
_TIME = re.compile(r"\b[1-9]\d{9}\b")
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")


def _mandate_of(charge: Any) -> str | None:
    details = charge["payment_method_details"]
    wanted: str | None = (details.get(details["type"]) or {}).get("mandate")
    return wanted


class World:
    """An emulator that is reset for each case."""

    def __init__(self, emulator: Running) -> None:
        self.emulator = emulator
        self.made: dict[str, str] = {}
        self.now = 0

    def empty(self) -> None:
        """Delete everything."""
        self.emulator.reset()
        self.made = {}
        self.now = int(self.emulator.control("GET", "clock")["now"])

    def __getitem__(self, name: str) -> str:
        """Return the id of an object, created on demand; `soon` is a time in two hours."""
        if name == "held_key":
            return str(self.get(f"/v1/prices/{self['key_holder']}")["lookup_key"])
        if name == "soon":
            return str(self.now + 7200)
        if name == "card":
            return str(self.get(f"/v1/customers/{self['payer']}")["default_source"])
        if name == "dispute":
            self.post("/v1/charges", {"amount": "1000", "currency": "usd", "source": "tok_createDispute"})
            return str(self.get("/v1/disputes")["data"][0]["id"])
        if name in ("transaction", "event", "warning"):
            self.post("/v1/charges", _WARNED)
            kinds = {"transaction": "balance_transactions", "event": "events", "warning": "radar/early_fraud_warnings"}
            return str(self.get(f"/v1/{kinds[name]}")["data"][0]["id"])
        if name == "mandate":
            self.post("/v1/payment_intents", _DEBIT)
            return str(_mandate_of(self.get("/v1/charges")["data"][0]))
        if name not in self.made:
            path, params = MAKERS[name]
            self.made[name] = self.post(path, params)["id"]
        return self.made[name]

    def fill(self, text: str) -> str:
        """Replace `{name}` in the text by the object's id."""
        return re.sub(r"{(\w+)}", lambda match: self[match[1]], text)

    def ask(self, method: str, path: str, params: dict[str, str]) -> tuple[int, Any]:
        """Make a call and return its status and body."""
        filled = {name: self.fill(text) for name, text in params.items()}
        answer = self.emulator.api(method, self.fill(path), filled)
        return answer.status, answer.json()

    def post(self, path: str, params: dict[str, str]) -> Any:
        """Make a call that must succeed, and return its body."""
        status, said = self.ask("POST", path, params)
        assert status == 200, said
        return said

    def get(self, path: str, params: dict[str, str] | None = None) -> Any:
        """Return the body of a GET."""
        return self.emulator.api("GET", path, {"limit": 100, **(params or {})} if path in LISTS else params).json()

    def look_around(self) -> Iterator[tuple[str, Any]]:
        """Yield all objects, events and deliveries by their list. Events, which show most changes, come first."""
        for path, params in LISTS.items():
            found = self.get(path, params)["data"]
            yield path, found
            if path == "/v1/charges":
                yield "mandates", [self.get(f"/v1/mandates/{one}") for each in found if (one := _mandate_of(each))]
        deliveries = self.emulator.control("GET", "deliveries")["data"]
        yield "deliveries", sorted((each["type"], each["url"]) for each in deliveries)

    def everything(self) -> dict[str, Any]:
        """Return all objects, events and deliveries by their list."""
        return dict(self.look_around())

    def look_at(self, path: str) -> str:
        """Return a page."""
        return self.emulator.http.request("GET", f"{self.emulator.url}{path}").data.decode()

    def visit(self, session: str) -> dict[str, Any]:
        """Return the hosted page, its style sheet, and the result of paying."""
        http, url = self.emulator.http, self.emulator.url
        page = http.request("GET", f"{url}/c/pay/{session}").data.decode()
        style = http.request("GET", f"{url}/c/pay/{session}/branding.css").data.decode()
        # An optional item shows its limits when it is in the order.
        added = [
            self.emulator.post(f"/c/pay/{session}", {"add": line}).data.decode()
            for line in re.findall(r'name="add" value="(\w+)"', page)
        ]
        paid = self.emulator.post(f"/c/pay/{session}/confirm", FORM, Accept="application/json").json()
        return {"page": page, "style": style, "added": added, "paid": paid}

    @staticmethod
    def comparable(found: Any, since: int) -> str:
        """Return a text without random values; times become multiples of ten minutes after `since`."""
        ids: dict[str, str] = {}
        found = _DATE.sub("a date", json.dumps(found, sort_keys=True))
        text = _ID.sub(lambda match: ids.setdefault(match[0], f"id{len(ids)}"), found)
        return _TIME.sub(lambda match: f"T{round((int(match[0]) - since) / 600)}", text)


# Calls that show the effects on an object, by its kind. They may fail.
FOLLOW_UPS: dict[str, Callable[[World, Any], Any]] = {
    "checkout.session": lambda world, said: world.visit(said["id"]),
    "coupon": lambda world, said: [
        world.ask("POST", "/v1/customers", {"coupon": said["id"]}),
        *(_bought(world, {"discounts[0][coupon]": said["id"]}) for _ in range(2)),
    ],
    "customer": lambda world, said: [
        _bought(world, {"customer": said["id"]}),
        world.ask("POST", "/v1/subscriptions", {"customer": said["id"], "items[0][price]": "{monthly}"}),
    ],
    "invoiceitem": lambda world, said: world.ask(
        "POST", "/v1/invoices", {"customer": said["customer"], "pending_invoice_items_behavior": "include"}),
    "payment_intent": lambda world, said: _confirmed(world, said),
    "payment_method": lambda world, said: world.ask(
        "POST",
        "/v1/payment_intents",
        {
            "amount": "500",
            "currency": "usd" if said["type"] != "sepa_debit" else "eur",
            "payment_method": said["id"],
            "payment_method_types[0]": said["type"],
            "confirm": "true",
        },
    ),
    "price": lambda world, said: [
        _bought(world, {}, price=said["id"]),
        world.ask("POST", "/v1/subscriptions", {"customer": "{payer}", "items[0][price]": said["id"]}),
    ],
    "product": lambda world, said: _bought(world, {"line_items[0][price_data][product]": said["id"]}, price=None),
    "invoice": lambda world, said: [
        world.ask("POST", f"/v1/invoices/{said['id']}/pay", {"payment_method": "pm_card_visa"}),
        world.look_at(f"/c/pay/invoice/{said['id']}"),
    ],
    "promotion_code": lambda world, said: [
        _bought(world, {"discounts[0][promotion_code]": said["id"], "customer": "{payer}"}) for _ in range(4)
    ],
    "shipping_rate": lambda world, said: _bought(
        world, {"shipping_options[0][shipping_rate]": said["id"], "automatic_tax[enabled]": "true"}),
    "tax_rate": lambda world, said: _bought(world, {"line_items[0][tax_rates][0]": said["id"]}),
    "subscription": lambda world, said: world.ask("POST", f"/v1/subscriptions/{said['id']}", {"trial_end": "now"}),
    "webhook_endpoint": lambda world, said: world.ask("POST", "/v1/charges", {
        "amount": "500", "currency": "usd", "source": "tok_chargeDeclined"}),
}  # fmt: skip


def _confirmed(world: World, said: Any) -> Any:
    """Confirm the payment, or authenticate it if it waits for that."""
    if said["status"] == "requires_action":
        return world.emulator.post(f"/c/pay/intent/{said['id']}", {"outcome": "complete"}).headers.get("Location")
    method = {} if said["payment_method"] else {"payment_method": "pm_card_visa"}
    url = f"/v1/payment_intents/{said['id']}/confirm"
    return world.ask("POST", url, {**method, "return_url": "https://b.test/"})


def _bought(world: World, params: dict[str, str], price: str | None = "{price}") -> Any:
    line = {"line_items[0][price]": price} if price else {
        "line_items[0][price_data][currency]": "usd", "line_items[0][price_data][unit_amount]": "500"}  # fmt: skip
    base = {"mode": "payment", "success_url": "https://a.test/", "line_items[0][quantity]": "2", **line}
    status, said = world.ask("POST", "/v1/checkout/sessions", base | params)
    return world.visit(said["id"]) if status == 200 else said
