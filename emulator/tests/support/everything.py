"""Make objects of every kind, and compare them with declared types."""

from collections.abc import Iterator
from typing import Any

from support.running import SESSION, Running

_ADDRESS = {
    "line1": "1 Main St", "line2": "Apt 2", "city": "Austin", "state": "TX", "postal_code": "73301", "country": "US",
}  # fmt: skip


def fill(emulator: Running) -> list[str]:
    """Make objects of every kind, in many states. Returns the paths of the GET requests that list them."""
    client = emulator.client().v1
    coupon = client.coupons.create({"percent_off": 10})
    params: Any = {"source": "tok_visa", "coupon": coupon.id, "email": "jenny@example.com"}
    customer = client.customers.create(params).id
    line = SESSION["line_items"][0]
    embedded: Any = {name: value for name, value in SESSION.items() if not name.endswith("_url")}
    embedded |= {"ui_mode": "embedded_page", "return_url": "https://shop.test", "customer_email": "jenny@example.com"}
    client.checkout.sessions.create(embedded)
    bought = emulator.paid("4000000000000259", customer=customer, discounts=[{"coupon": coupon.id}])
    shipped = emulator.session(
        line_items=[{**line, "adjustable_quantity": {"enabled": False}}],
        customer_creation="always",
        billing_address_collection="required",
        shipping_address_collection={"allowed_countries": ["US"]},
        phone_number_collection={"enabled": True},
        payment_intent_data={"setup_future_usage": "off_session", "receipt_email": "jenny@example.com"},
    )
    fields = {f"{kind}-{part}": text for kind in ("billing", "shipping") for part, text in _ADDRESS.items()}
    emulator.confirm(shipped, phone="+15125550100", **fields, **{"shipping-name": "Jenny Rosen"})
    emulator.confirm(emulator.session(), **{"card-number": "4000000000000002"})
    emulator.paid("4000000000005423")
    emulator.paid("4000000000001976")
    _intents(emulator)
    session = emulator.session(payment_method_types=["us_bank_account"])
    debit = {"account-number": "000123456789", "routing-number": "110000000", "account-name": "Jenny"}
    emulator.confirm(session, method="us_bank_account", **debit)
    emulator.advance(61)
    charges = emulator.api("GET", "/v1/charges", {"limit": "100"}).json()["data"]
    for charge in charges:
        if charge["captured"] and not charge["disputed"]:
            emulator.api("POST", "/v1/refunds", {"charge": charge["id"], "amount": "100"})
    details = [charge["payment_method_details"] for charge in charges]
    mandates = {own["mandate"] for each in details if (own := each[each["type"]]).get("mandate")}
    price = client.prices.create(
        {"currency": "usd", "unit_amount": 100, "recurring": {"interval": "month"}, "product_data": {"name": "A"}}
    )
    wanted = {"customer": customer, "items[0][price]": price.id}
    subscription = emulator.api("POST", "/v1/subscriptions", wanted).json()["id"]
    client.webhook_endpoints.create({"url": "http://127.0.0.1:1", "enabled_events": ["topup.failed"]})
    emulator.api("POST", f"/v1/test_helpers/customers/{customer}/fund_cash_balance", _FUNDS)
    return [
        "/v1/account",
        "/v1/balance",
        "/v1/balance_transactions?expand[]=data.source",
        "/v1/charges?limit=100&expand[]=data.balance_transaction&expand[]=data.refunds",
        "/v1/checkout/sessions?limit=100&expand[]=data.line_items&expand[]=data.customer",
        f"/v1/checkout/sessions/{bought.id}?expand[]=total_details.breakdown&expand[]=line_items.data.discounts",
        "/v1/coupons",
        "/v1/customers?limit=100&expand[]=data.sources",
        f"/v1/customers/{customer}?expand[]=discount.source.coupon&expand[]=cash_balance",
        f"/v1/customers/{customer}/payment_methods",
        "/v1/disputes?expand[]=data.charge",
        "/v1/payment_intents?limit=100&expand[]=data.payment_method&expand[]=data.latest_charge",
        "/v1/prices?limit=100&expand[]=data.product",
        "/v1/products?limit=100",
        "/v1/radar/early_fraud_warnings",
        "/v1/refunds?limit=100",
        f"/v1/subscriptions/{subscription}",
        "/v1/webhook_endpoints",
        *(f"/v1/mandates/{mandate}" for mandate in mandates),
    ]


_FUNDS = {"amount": "5000", "currency": "eur"}


def _intents(emulator: Running) -> None:
    """Create PaymentIntents in every state."""
    amount = {"amount": "2000", "currency": "usd"}
    card = {**amount, "payment_method_types[]": "card"}
    emulator.api("POST", "/v1/payment_intents", amount)
    for method in ("pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required", "pm_card_pendingRefund"):
        params = {**card, "payment_method": method, "confirm": "true", "return_url": "https://shop.test"}
        emulator.api("POST", "/v1/payment_intents", params)
    held = {**card, "payment_method": "pm_card_visa", "confirm": "true", "capture_method": "manual"}
    emulator.api("POST", "/v1/payment_intents", held)
    sepa = {"type": "sepa_debit", "sepa_debit[iban]": "AT611904300234573201", "billing_details[name]": "Jenny Rosen"}
    sepa["billing_details[email]"] = "jenny@example.com"
    method = emulator.api("POST", "/v1/payment_methods", sepa).json()["id"]
    debit = {"amount": "2000", "currency": "eur", "payment_method_types[]": "sepa_debit", "payment_method": method}
    emulator.api("POST", "/v1/payment_intents", {**debit, "confirm": "true"})
    emulator.advance(61)


def objects(data: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in an answer, at any depth, except lists and deleted ones."""
    if isinstance(data, list):
        for each in data:
            yield from objects(each)
    elif isinstance(data, dict):
        if isinstance(data.get("object"), str) and data["object"] != "list" and not data.get("deleted"):
            yield data
        for each in data.values():
            yield from objects(each)


def misfits(value: dict[str, Any], shape: dict[str, Any], where: str = "") -> Iterator[str]:
    """Yield each field that the shape does not know, each that it requires, and each unknown enum value."""
    known = {name.removesuffix("?"): inner for name, inner in shape.items()}
    for name in value:
        if name not in known:
            yield f"{where}.{name} is unknown"
    for name in shape:
        if not name.endswith("?") and name not in value:
            yield f"{where}.{name} is missing"
    for name, item in value.items():
        inner = known.get(name)
        for each in item if isinstance(item, list) else [item]:
            if isinstance(inner, dict) and isinstance(each, dict):
                yield from misfits(each, inner, f"{where}.{name}")
            elif isinstance(inner, list) and isinstance(each, str) and each not in inner:
                yield f"{where}.{name} is {each!r}, not one of {inner}"
