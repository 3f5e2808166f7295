"""Every parameter changes the response or is refused by name; none is silently ignored.

For each parameter in the tables of all resources, the test compares calls with and without it.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from stripe_emulator.resources import RESOURCES
from stripe_emulator.routing.router import Route
from stripe_emulator.schema import (
    AnyHash,
    Array,
    Boolean,
    Choice,
    Currency,
    Decimal,
    Email,
    Field,
    Fields,
    Hash,
    Integer,
    Only,
    Unsupported,
    Url,
)
from stripe_emulator.schema.metadata import Metadata
from support.running import Running

LINE = "line_items[0][price_data]"
ITEM = {f"{LINE}[currency]": "usd", f"{LINE}[unit_amount]": "1000", f"{LINE}[product_data][name]": "A"}
SESSION = {"mode": "payment", "success_url": "https://a.test/", "line_items[0][quantity]": "1", **ITEM}
INTENT = {"amount": "1000", "currency": "usd"}
IBAN = "AT611904300234573201"
# Required parameters by call; `{name}` stands for an object of `made`.
NEEDS: dict[str, dict[str, str]] = {
    "POST /v1/checkout/sessions": SESSION,
    "POST /v1/payment_intents": INTENT,
    "POST /v1/payment_intents/{}/confirm": {"payment_method": "pm_card_visa", "return_url": "https://a.test/"},
    "POST /v1/charges": {"amount": "1000", "currency": "usd", "source": "tok_visa"},
    "POST /v1/customers/{}/sources": {"source": "tok_visa"},
    "POST /v1/coupons": {"percent_off": "10"},
    "POST /v1/products": {"name": "A"},
    "POST /v1/prices": {"currency": "usd", "unit_amount": "500", "product": "{product}"},
    "POST /v1/payment_methods": {"type": "card", "card[token]": "tok_visa"},
    "POST /v1/payment_methods/{}/attach": {"customer": "{customer}"},
    "POST /v1/refunds": {"charge": "{charge}"},
    "POST /v1/webhook_endpoints": {"url": "http://127.0.0.1:1/", "enabled_events[0]": "charge.failed"},
    "POST /v1/subscriptions": {"customer": "{payer}", "items[0][price]": "{monthly}"},
    "POST /v1/test_helpers/customers/{}/fund_cash_balance": {"amount": "5", "currency": "eur"},
}
# Values for fields whose type alone gives no useful value.
VALUES = {
    "customer": "{customer}", "product": "{product}", "price": "{price}", "payment_method": "pm_card_visa",
    "source": "tok_mastercard", "coupon": "{coupon}", "charge": "{charge}", "payment_intent": "{intent}",
    "default_payment_method": "{method}", "default_price": "{price}", "default_source": "{card}", "type": "card",
    "active": "false",
    "capture": "false", "submit": "true", "allow_redirects": "never", "confirmation_method": "manual",
    "payment_method_types[0]": "us_bank_account", "allowed_payment_method_types[0]": "us_bank_account",
    "excluded_payment_method_types[0]": "us_bank_account", "submit_type": "donate",
    "button_color": "#112233", "expires_at": "{soon}", "redeem_by": "{soon}",
    "country": "AT", "iban": IBAN, "number": "4242424242424242",
    "exp_month": "11", "exp_year": "2041", "token": "tok_mastercard", "amount": "700", "currency": "eur",
    "amount_to_capture": "700", "percent_off": "20", "account_number": "000123456789", "routing_number": "110000000",
    "enabled_events[0]": "charge.succeeded", "allowed_countries[0]": "AT", "background_color": "#112233",
    "trial_period_days": "7", "lookup_key": "key", "account_type": "savings", "account_holder_type": "company",
}  # fmt: skip
# Parameters whose effect is tested elsewhere or not visible, with the reason.
NOT_COMPARED = {
    "expand": "test_expansion",
    "customer_update": "test_honored: seen on the customer",
    "payment_method_data[allow_redisplay]": "test_honored: seen on the payment method",
    "line_items[0][metadata]": "seen on the line items",
    "transfer_lookup_key": "test_catalog: needs another price with that key",
    "duration_in_months": "of repeating coupons",
    "expires_at": "test_sessions: the time at which it expires",
    "off_session": "test_payment_intents: with cards that want authentication",
    "error_on_requires_action": "test_payment_intents: with cards that want authentication",
    "use_stripe_sdk": "test_payment_intents: with cards that want authentication",
    "mandate_data": "consent that the shop collected; there are no mandates here",
}
# The same for single calls.
NOT_COMPARED_IN = {
    ("POST /v1/customers", "payment_method"): "test_customers: seen among the customer's payment methods",
    ("POST /v1/customers/{}", "source"): "test_customers: seen by the id of the card",
    ("POST /v1/customers/{}", "default_source"): "test_customers: seen by the id of the card",
    ("POST /v1/coupons", "id"): "seen by the id",
    ("POST /v1/customers", "invoice_prefix"): "random unless given",
    ("POST /v1/customers/{}", "invoice_prefix"): "random unless given",
    (
        "POST /v1/payment_intents/{}/confirm",
        "allowed_payment_method_types[0]",
    ): "refuses the payment method by its type",
}
# Random values and times.
RANDOM = re.compile(
    r"\b[a-z]+(?:_[a-z]+)*_(?=\w*[A-Z0-9])[A-Za-z0-9]{8,}(?:_secret_\w+)?\b"
    r"|\b1[6-9]\d{8}\b|\b7[A-Za-z0-9]{10}\b"
)


def leaves(fields: Fields, where: str = "") -> Iterator[tuple[str, Field, dict[str, str]]]:
    """Yield each parameter's path, its field, and the parameters required with it."""
    for name, field in fields.items():
        path = f"{where}[{name}]" if where else name
        inner: Field = field
        while isinstance(inner, Array):
            inner, path = inner.item, f"{path}[0]"
        if isinstance(inner, Hash) and inner.fields:
            for below, each, siblings in leaves(inner.fields, path):
                direct = {
                    f"{path}[{other}]": sample(f"{path}[{other}]", required)
                    for other, required in inner.fields.items()
                    if required.required and not isinstance(required, Hash | Array)
                }
                yield below, each, direct | siblings
        else:
            yield path, inner, {}


# A value other than the default, by type of field.
SAMPLES: list[tuple[Any, Any]] = [
    (Only, lambda field: str(field.value).lower()),
    (Boolean, lambda field: "true"),
    (Choice, lambda field: field.options[0]),
    (Currency, lambda field: "eur"),
    (Integer, lambda field: str(max(field.least or 0, 3))),
    (Decimal, lambda field: "12.5"),
    (Email, lambda field: "someone@example.com"),
    (Url, lambda field: "https://elsewhere.test/"),
]


def sample(path: str, field: Field) -> str:
    """Return a value for the field that differs from its default."""
    name = path.replace("]", "").split("[")[-1]
    if name.isdecimal():
        name = f"{path.replace(']', '').split('[')[-2]}[0]"
    found = next((make(field) for kind, make in SAMPLES if isinstance(field, kind)), "some text")
    return VALUES.get(name, found)


def routes() -> Iterator[Route]:
    for each in RESOURCES:
        yield from (route for route in each.routes() if route.method == "POST")


def cases() -> list[tuple[str, str]]:
    return [
        (f"{route.method} {route.path}", path)
        for route in routes()
        if "stripecli" not in route.path and "payment_pages" not in route.path and not route.path.endswith("/retry")
        for path, field, _ in leaves(route.fields)
        if not isinstance(field, Unsupported | Only)
        and not any(path == known or path.startswith(f"{known}[") for known in NOT_COMPARED)
        and (f"{route.method} {route.path}", path) not in NOT_COMPARED_IN
        and path not in NEEDS.get(f"{route.method} {route.path}", {})
    ]


class World:
    """New objects for one call."""

    def __init__(self, emulator: Running) -> None:
        self.emulator = emulator

    def post(self, path: str, **params: str) -> Any:
        answer = self.emulator.api("POST", path, params)
        assert answer.status == 200, answer.data
        return answer.json()

    def make(self) -> dict[str, str]:
        product = self.post("/v1/products", name="B")["id"]
        price = self.post("/v1/prices", currency="usd", unit_amount="300", product=product)["id"]
        monthly = {"currency": "usd", "unit_amount": "300", "recurring[interval]": "month"}
        customer = self.post("/v1/customers", email="jenny@example.com")["id"]
        payer = self.post("/v1/customers", source="tok_visa")
        method = self.post("/v1/payment_methods/pm_card_visa/attach", customer=customer)["id"]
        charge = self.post("/v1/charges", amount="1000", currency="usd", source="tok_visa")
        now = int(self.emulator.control("GET", "clock")["now"])
        return {
            "product": product,
            "price": price,
            "monthly": self.post("/v1/prices", product=product, **monthly)["id"],
            "customer": customer,
            "payer": payer["id"],
            "card": payer["default_source"],
            "method": method,
            "charge": charge["id"],
            "intent": charge["payment_intent"],
            "coupon": self.post("/v1/coupons", percent_off="10")["id"],
            "soon": str(now + 7200),
        }

    def target(self, path: str, made: dict[str, str]) -> str:
        """Return the path with the ids of objects in a suitable state."""
        intent = {"amount": "1000", "currency": "usd"}
        held = {**intent, "capture_method": "manual", "payment_method": "pm_card_visa", "confirm": "true"}
        held["return_url"] = "https://a.test/"
        kinds: dict[str, Any] = {
            "checkout/sessions": lambda: self.post("/v1/checkout/sessions", **SESSION)["id"],
            "payment_intents": lambda: self.post("/v1/payment_intents", **(held if "capture" in path else intent))[
                "id"
            ],
            "charges": lambda: (
                self.post("/v1/payment_intents", **held)["latest_charge"] if "capture" in path else made["charge"]
            ),
            "refunds": lambda: self.post("/v1/refunds", charge=made["charge"], amount="5")["id"],
            "disputes": lambda: self.dispute(),
            "products": lambda: made["product"],
            "prices": lambda: made["price"],
            "coupons": lambda: made["coupon"],
            "payment_methods": lambda: self.post("/v1/payment_methods", type="card", **{"card[token]": "tok_visa"})[
                "id"
            ],
            "subscriptions": lambda: self.post(
                "/v1/subscriptions",
                customer=made["payer"],
                **{"items[0][price]": made["monthly"], "trial_period_days": "5"},
            )["id"],
            "webhook_endpoints": lambda: self.post(
                "/v1/webhook_endpoints", url="http://127.0.0.1:1/", **{"enabled_events[0]": "charge.failed"}
            )["id"],
        }
        if "/customers/{}" in path:
            return path.replace("{}", made["payer"], 1).replace("{}", made["card"])
        for kind, make in kinds.items():
            if f"/v1/{kind}/{{}}" in path:
                return path.replace("{}", make())
        return path

    def dispute(self) -> str:
        self.post("/v1/charges", amount="1000", currency="usd", source="tok_createDispute")
        return str(self.emulator.api("GET", "/v1/disputes").json()["data"][0]["id"])

    def answer(self, route: Route, extra: dict[str, str]) -> tuple[int, str]:
        self.emulator.reset()
        made = self.make()
        url = self.target(route.path, made)
        params = {**NEEDS.get(f"POST {route.path}", {}), **extra}
        filled = {name: text.format(**made) for name, text in params.items()}
        answer = self.emulator.api("POST", url, filled)
        result = answer.json()
        kind = result.get("object")
        if kind == "checkout.session":
            result["page"] = self.emulator.http.request(
                "GET", f"{self.emulator.url}/c/pay/{result['id']}"
            ).data.decode()
            confirmed = self.emulator.confirm(_Id(result["id"]))  # type: ignore[arg-type]
            result["confirmed"] = str(confirmed)
            result["intents"] = self.emulator.api(
                "GET", "/v1/payment_intents", {"expand[]": "data.latest_charge"}
            ).json()
        if kind == "payment_intent":
            self.emulator.api("POST", f"/v1/payment_intents/{result['id']}/confirm", {"payment_method": "pm_card_visa"})
            result["after"] = self.emulator.api(
                "GET", f"/v1/payment_intents/{result['id']}", {"expand[]": "latest_charge"}
            ).json()
        for name in ("id", "invoice_prefix"):
            if name in result:
                made = {**made, name: result[name]}
        text = RANDOM.sub("…", str(result))
        for name, value in made.items():
            text = text.replace(value, name)
        return answer.status, text


class _Id:
    def __init__(self, wanted: str) -> None:
        self.id = wanted


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Running() as running:
        yield World(running)


BASELINES: dict[str, tuple[int, str]] = {}


@pytest.mark.parametrize(("call", "path"), cases())
def test_a_parameter_changes_the_response_or_is_refused(world: World, call: str, path: str) -> None:
    route = next(route for route in routes() if f"{route.method} {route.path}" == call)
    if call not in BASELINES:
        BASELINES[call] = world.answer(route, {})
        assert BASELINES[call][0] == 200, BASELINES[call][1]
        assert world.answer(route, {}) == BASELINES[call], "random values must be excluded from the comparison"
    field, siblings = next((field, siblings) for known, field, siblings in leaves(route.fields) if known == path)
    wanted = {f"{path}[key]": "value"} if isinstance(field, Metadata | AnyHash) else {path: sample(path, field)}
    if isinstance(field, Hash):
        return
    status, text = world.answer(route, {**siblings, **wanted})
    if status == 400:
        assert path.partition("[")[0] in text, text
    else:
        assert status in (200, 402), text
        assert text != BASELINES[call][1]
