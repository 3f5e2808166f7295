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
    order = _order(emulator, coupon.id)
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
        f"/v1/checkout/sessions/{order}?expand[]=total_details.breakdown&expand[]=shipping_cost.taxes",
        f"/v1/checkout/sessions/{order}/line_items?expand[]=data.discounts&expand[]=data.taxes",
        "/v1/coupons?expand[]=data.applies_to",
        "/v1/customers?limit=100&expand[]=data.sources",
        f"/v1/customers/{customer}?expand[]=discount.source.coupon&expand[]=cash_balance",
        f"/v1/customers/{customer}/payment_methods",
        "/v1/disputes?expand[]=data.charge",
        "/v1/invoiceitems",
        "/v1/invoices",
        "/v1/payment_intents?limit=100&expand[]=data.payment_method&expand[]=data.latest_charge",
        "/v1/prices?limit=100&expand[]=data.product",
        "/v1/products?limit=100",
        "/v1/promotion_codes?expand[]=data.promotion.coupon&expand[]=data.restrictions.currency_options",
        "/v1/radar/early_fraud_warnings",
        "/v1/refunds?limit=100",
        "/v1/shipping_rates?expand[]=data.fixed_amount.currency_options",
        f"/v1/subscriptions/{subscription}",
        "/v1/tax_rates",
        "/v1/webhook_endpoints",
        *(f"/v1/mandates/{mandate}" for mandate in mandates),
    ]


def _order(emulator: Running, coupon: str) -> str:
    """Make sessions with all that a shop can ask for, and invoices. Returns the id of a paid session."""
    client = emulator.client().v1
    code = client.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon}})
    rate = client.tax_rates.create({"display_name": "VAT", "inclusive": False, "percentage": 20})
    wrap = client.prices.create({"currency": "usd", "unit_amount": 100, "product_data": {"name": "Wrap"}})
    line = SESSION["line_items"][0]
    label = {"type": "custom", "custom": "Size"}
    post = {"display_name": "Post", "fixed_amount": {"amount": 500, "currency": "usd"}}
    soon = {"minimum": {"unit": "day", "value": 1}}
    params: dict[str, Any] = {
        "line_items": [{**line, "tax_rates": [rate.id], "adjustable_quantity": {"enabled": True}}],
        "discounts": [{"promotion_code": code.id}],
        "optional_items": [{"price": wrap.id, "quantity": 1}],
        "shipping_options": [{"shipping_rate_data": {**post, "delivery_estimate": soon}}],
        "custom_fields": [
            {"key": "a", "type": "text", "label": label},
            {"key": "b", "type": "numeric", "label": label},
            {"key": "c", "type": "dropdown", "label": label, "dropdown": {"options": [{"label": "S", "value": "s"}]}},
        ],
        "consent_collection": {"promotions": "auto"},
        "invoice_creation": {
            "enabled": True,
            "invoice_data": {"rendering_options": {"amount_tax_display": "exclude_tax"}},
        },
        "after_expiration": {"recovery": {"enabled": True}},
    }
    answers = {"custom-a": "1", "custom-b": "1", "custom-c": "s"}
    paid = emulator.session(**params)
    emulator.confirm(paid, **answers)
    client.checkout.sessions.expire(emulator.session(**params).id)
    taxed = emulator.session(
        automatic_tax={"enabled": True}, tax_id_collection={"enabled": True},
        shipping_options=[{"shipping_rate_data": {**post, "tax_behavior": "exclusive"}}],
    )  # fmt: skip
    place = {"billing-country": "US", "billing-state": "NY", "billing-postal_code": "10001"}
    emulator.confirm(taxed, **place, **{"tax-id": "12-3456789", "business-name": "Tea Ltd"})
    customer = client.customers.create({"email": "ada@example.com"}).id
    item: Any = {"customer": customer, "amount": 500, "currency": "usd", "description": "Tea"}
    client.invoice_items.create(item)
    invoice = client.invoices.create({"customer": customer, "pending_invoice_items_behavior": "include"})
    client.invoices.finalize_invoice(invoice.id)
    client.invoice_items.create(item)
    return paid.id


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
