"""Combinations of parameters that Stripe refuses, rule by rule."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import stripe

from stripe_emulator.objects.dispute import LONG_TEXTS
from stripe_emulator.resources import RESOURCES
from stripe_emulator.schema import Array, Field, Hash
from stripe_emulator.schema.rules import Rule
from support import event_types
from support.running import SESSION, Running

INTENT: dict[str, Any] = {"amount": 1000, "currency": "usd"}
BACK = {"return_url": "https://shop.test/back"}
CARD = {"payment_method": "pm_card_visa"}
DATA = {"payment_method_data": {"type": "card", "card": {"token": "tok_visa"}}}
LINE: dict[str, Any] = SESSION["line_items"][0]
PRICE: dict[str, Any] = LINE["price_data"]
ACCEPTED = {"mandate_data": {"customer_acceptance": {"type": "offline"}}}
EMBEDDED = {"ui_mode": "embedded_page", "success_url": None, "cancel_url": None}
SESSIONS, INTENTS = "/v1/checkout/sessions", "/v1/payment_intents"
CODES, INVOICES, ITEMS = "/v1/promotion_codes", "/v1/invoices", "/v1/invoiceitems"
AMOUNT_OF = {"amount": 5, "currency": "usd"}
# Parameters of each call unless a row changes them. None removes a parameter.
BASES: dict[str, dict[str, Any]] = {
    SESSIONS: SESSION,
    INTENTS: INTENT,
    "/v1/prices": {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Tea"}},
    "/v1/products": {"name": "Tea"},
    "/v1/coupons": {"percent_off": 20},
    "/v1/refunds": {"charge": "ch_1"},
    CODES: {"promotion": {"type": "coupon", "coupon": "c"}},
    "/v1/shipping_rates": {"display_name": "Post", "fixed_amount": AMOUNT_OF},
    ITEMS: {"customer": "cus_1", "amount": 5, "currency": "usd"},
    INVOICES: {"customer": "cus_1"},
}


def only(*names: str) -> str:
    return f"You may only specify one of these parameters: {', '.join(names)}."


def unless(name: str) -> str:
    return f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is set to true."


AMOUNT = "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."
PRODUCT = "You must specify either `product` or `product_data` when creating a price."
DESCRIPTOR = "The statement_descriptor parameter is not supported for the payment_method_type `card`."
YEARS = "Invalid interval_count: the maximum interval is three years (3 years, 36 months, or 156 weeks)."


def line(**more: Any) -> dict[str, Any]:
    return {"line_items": [{name: value for name, value in {**LINE, **more}.items() if value is not None}]}


def priced(**more: Any) -> dict[str, Any]:
    return line(price_data={name: value for name, value in {**PRICE, **more}.items() if value is not None})


def custom(**more: Any) -> dict[str, Any]:
    field = {"key": "size", "type": "text", "label": {"type": "custom", "custom": "Size"}, **more}
    return {"custom_fields": [field]}


def dropdown(*values: str, **more: Any) -> dict[str, Any]:
    options = [{"label": value, "value": value} for value in values]
    return custom(type="dropdown", dropdown={"options": options, **more})


NO_CUSTOMER = "Missing required param: customer."
# The call, parameters that break the rule, the start of Stripe's message, and the parameter that the error names.
ROWS: list[tuple[str, dict[str, Any], str, str | None]] = [
    (SESSIONS, {"line_items": None}, "The `line_items` parameter is required in payment mode.", "line_items"),
    (SESSIONS, {"success_url": None}, "Missing required param: success_url.", "success_url"),
    (SESSIONS, EMBEDDED, "Missing required param: return_url.", "return_url"),
    (SESSIONS, {**EMBEDDED, **BACK, "success_url": "https://a.test/"},
     "`success_url` can only be used with `ui_mode` `hosted_page`.", "success_url"),
    (SESSIONS, {**EMBEDDED, **BACK, "cancel_url": "https://a.test/"},
     "`cancel_url` can only be used with `ui_mode` `hosted_page`.", "cancel_url"),
    (SESSIONS, BACK, "`return_url` can not be used with `ui_mode` `hosted_page`.", "return_url"),
    (SESSIONS, {"redirect_on_completion": "never"},
     "`redirect_on_completion` can not be used with `ui_mode` `hosted_page`.", "redirect_on_completion"),
    (SESSIONS, {"allow_promotion_codes": False, "discounts": [{"coupon": "c"}]},
     only("allow_promotion_codes", "discounts"), "allow_promotion_codes"),
    (SESSIONS, {"customer": "cus_1", "customer_email": "a@example.com"},
     only("customer", "customer_email"), "customer"),
    (SESSIONS, {"customer": "cus_1", "customer_creation": "always"},
     only("customer", "customer_creation"), "customer"),
    (SESSIONS, {"customer_update": {"name": "auto"}},
     "`customer_update` can only be used with `customer`.", "customer_update"),
    (SESSIONS, {"payment_method_types": ["card"], "excluded_payment_method_types": ["card"]},
     only("excluded_payment_method_types", "payment_method_types"), "excluded_payment_method_types"),
    (SESSIONS, {"payment_method_types": ["card"], "allowed_payment_method_types": ["card"]},
     only("allowed_payment_method_types", "payment_method_types"), "allowed_payment_method_types"),
    (SESSIONS, {"payment_method_collection": "always"},
     "`payment_method_collection` can only be used in `subscription` mode.", "payment_method_collection"),
    (SESSIONS, {"submit_type": "subscribe"},
     "`submit_type` can only be `subscribe` in `subscription` mode.", "submit_type"),
    (SESSIONS, line(price_data=None),
     "You must provide one of `price` or `price_data` for each line item when using prices.", "line_items[0]"),
    (SESSIONS, line(price="price_1"), only("price", "price_data"), "line_items[0][price]"),
    (SESSIONS, line(quantity=None), "Quantity is required. Add `quantity` to `line_items[0]`",
     "line_items[0][quantity]"),
    (SESSIONS, priced(unit_amount=None), AMOUNT, "line_items[0][price_data]"),
    (SESSIONS, priced(unit_amount_decimal="5"), only("unit_amount", "unit_amount_decimal"),
     "line_items[0][price_data][unit_amount]"),
    (SESSIONS, priced(product_data=None), PRODUCT, "line_items[0][price_data]"),
    (SESSIONS, priced(product="prod_1"), only("product", "product_data"), "line_items[0][price_data][product]"),
    (SESSIONS, priced(recurring={"interval": "month"}),
     "You specified `payment` mode but passed a recurring price.", "line_items[0][price_data][recurring]"),
    (SESSIONS, priced(recurring={"interval": "week", "interval_count": 157}), YEARS,
     "line_items[0][price_data][recurring][interval_count]"),
    (SESSIONS, line(adjustable_quantity={"enabled": True, "maximum": 1}), "`quantity` must be between `minimum`",
     "line_items[0][quantity]"),
    (SESSIONS, line(adjustable_quantity={"enabled": True, "minimum": 3, "maximum": 2}),
     "`minimum` must be less than or equal to `maximum`", "line_items[0][adjustable_quantity][minimum]"),
    (SESSIONS, {"discounts": [{"coupon": "c", "promotion_code": "promo_1"}]}, only("coupon", "promotion_code"),
     "discounts[0][coupon]"),
    (SESSIONS, {"shipping_options": [{"shipping_rate_data": {"display_name": "Post"}}]},
     "Missing required param: fixed_amount.", "shipping_options[0][shipping_rate_data][fixed_amount]"),
    (SESSIONS, {"shipping_options": [{"shipping_rate": "shr_1", "shipping_rate_data": {
        "display_name": "Post", "fixed_amount": AMOUNT_OF}}]},
     only("shipping_rate", "shipping_rate_data"), "shipping_options[0][shipping_rate]"),
    (SESSIONS, {**line(tax_rates=["txr_1"]), "automatic_tax": {"enabled": True}},
     "You can't use `line_items[][tax_rates]` with `automatic_tax[enabled]=true`.", "automatic_tax[enabled]"),
    (SESSIONS, {"tax_id_collection": {"enabled": True}, "customer": "cus_1"},
     "Tax ID collection requires updating business name on the customer.", "customer_update[name]"),
    (SESSIONS, {"custom_fields": custom()["custom_fields"] * 2}, "Each custom field must have a unique `key`.",
     "custom_fields"),
    (SESSIONS, custom(type="dropdown"), "Missing required param: custom_fields[0][dropdown].",
     "custom_fields[0][dropdown]"),
    (SESSIONS, custom(numeric={"minimum_length": 1}), "custom_fields[0] can only have the hash of its own `type`.",
     "custom_fields[0][type]"),
    (SESSIONS, custom(text={"minimum_length": 5, "maximum_length": 4}),
     "`minimum_length` can't be larger than `maximum_length`", "custom_fields[0][text][minimum_length]"),
    (SESSIONS, custom(type="numeric", numeric={"default_value": "a"}),
     "The `default_value` of a numeric field must only contain digits.", "custom_fields[0][numeric][default_value]"),
    (SESSIONS, dropdown("s", "s"), "Each option in custom_fields[0][dropdown] must have a unique `value`.",
     "custom_fields[0][dropdown][options]"),
    (SESSIONS, dropdown("s", default_value="m"), "The `default_value` must be the `value` of one of the options.",
     "custom_fields[0][dropdown][default_value]"),
    (CODES, {"promotion": None}, "Missing required param: promotion.", "promotion"),
    (CODES, {"coupon": "c"}, only("coupon", "promotion"), "coupon"),
    (CODES, {"promotion": {"type": "coupon"}}, "Missing required param: promotion[coupon].", "promotion[coupon]"),
    (CODES, {"restrictions": {"minimum_amount": 5}},
     "You must pass minimum_amount_currency when passing minimum_amount.", "restrictions[minimum_amount_currency]"),
    (CODES, {"restrictions": {"minimum_amount_currency": "usd"}},
     "You must pass minimum_amount when passing minimum_amount_currency.", "restrictions[minimum_amount]"),
    ("/v1/shipping_rates", {"fixed_amount": None}, "Missing required param: fixed_amount.", "fixed_amount"),
    (INVOICES, {"customer": None}, NO_CUSTOMER, "customer"),
    (INVOICES, {"collection_method": "send_invoice"}, "You must pass `days_until_due` or `due_date` with",
     "days_until_due"),
    *(
        (INVOICES, {name: 5}, f"`{name}` can only be used with `collection_method` `send_invoice`.", name)
        for name in ("days_until_due", "due_date")
    ),
    (ITEMS, {"customer": None}, NO_CUSTOMER, "customer"),
    (ITEMS, {"amount": None, "currency": None}, "Missing required param: amount.", "amount"),
    (ITEMS, {"currency": None}, "Missing required param: currency.", "currency"),
    (INTENTS, {**CARD, **DATA}, only("payment_method", "payment_method_data"), "payment_method"),
    (INTENTS, {"automatic_payment_methods": {"enabled": True}, "payment_method_types": ["card"]},
     only("automatic_payment_methods", "payment_method_types"), "automatic_payment_methods"),
    (INTENTS, {"automatic_payment_methods": {"enabled": True}, "confirmation_method": "manual"},
     only("automatic_payment_methods", "confirmation_method"), "automatic_payment_methods"),
    (INTENTS, {"error_on_requires_action": True}, unless("error_on_requires_action"), "error_on_requires_action"),
    (INTENTS, ACCEPTED, unless("mandate_data"), "mandate_data"),
    (INTENTS, {"off_session": True}, unless("off_session"), "off_session"),
    (INTENTS, BACK, unless("return_url"), "return_url"),
    (INTENTS, {"use_stripe_sdk": True}, unless("use_stripe_sdk"), "use_stripe_sdk"),
    (INTENTS, {"payment_method_types": ["card"], "statement_descriptor": "TEA"}, DESCRIPTOR, "statement_descriptor"),
    *(
        (call, {"mandate_data": {"customer_acceptance": {"type": "online"}}, "confirm": confirm},
         "Missing required param: mandate_data[customer_acceptance][online].",
         "mandate_data[customer_acceptance][online]")
        for call, confirm in ((INTENTS, True), (f"{INTENTS}/{{}}/confirm", None))
    ),
    *(
        (f"{INTENTS}/{{}}{action}", {**CARD, **DATA}, only("payment_method", "payment_method_data"), "payment_method")
        for action in ("", "/confirm")
    ),
    (f"{INTENTS}/{{}}", {"payment_method_types": ["card"], "statement_descriptor": "TEA"}, DESCRIPTOR,
     "statement_descriptor"),
    ("/v1/prices", {"unit_amount": None}, AMOUNT, None),
    ("/v1/prices", {"unit_amount_decimal": "5"}, only("unit_amount", "unit_amount_decimal"), "unit_amount"),
    ("/v1/prices", {"product_data": None}, PRODUCT, None),
    ("/v1/prices", {"product": "prod_1"}, only("product", "product_data"), "product"),
    ("/v1/prices", {"recurring": {"interval": "month", "usage_type": "metered"}},
     "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.", "recurring"),
    ("/v1/prices", {"recurring": {"interval": "year", "interval_count": 4}}, YEARS, "recurring[interval_count]"),
    ("/v1/products", {"default_price_data": {"currency": "usd"}}, AMOUNT, "default_price_data"),
    ("/v1/products", {"default_price_data": {"currency": "usd", "unit_amount": 1, "unit_amount_decimal": "1"}},
     only("unit_amount", "unit_amount_decimal"), "default_price_data[unit_amount]"),
    ("/v1/products", {"default_price_data": {"currency": "usd", "unit_amount": 1,
                                             "recurring": {"interval": "day", "interval_count": 1096}}},
     YEARS, "default_price_data[recurring][interval_count]"),
    ("/v1/coupons", {"percent_off": None}, "Must provide percent_off or amount_off.", None),
    ("/v1/coupons", {"amount_off": 500, "currency": "usd"},
     "Received both percent_off and amount_off parameters. Please pass in only one.", None),
    ("/v1/coupons", {"percent_off": None, "amount_off": 500}, "You must pass currency when passing amount_off",
     "currency"),
    ("/v1/coupons", {"duration": "repeating"},
     "The duration_in_months param must be set when creating a coupon with a repeating duration", "duration"),
    ("/v1/coupons", {"duration_in_months": 3},
     "The duration_in_months param can only be set when creating a coupon with a repeating duration",
     "duration_in_months"),
    ("/v1/refunds", {"payment_intent": "pi_1"}, only("charge", "payment_intent"), "charge"),
    ("/v1/refunds", {"charge": None},
     "One of the following params should be provided for this request: payment_intent or charge.", None),
    ("/v1/disputes/{}", {"evidence": dict.fromkeys(LONG_TEXTS, "x" * 20_000)},
     "The combined character count of all the evidence fields must be at most 150,000.", "evidence"),
]  # fmt: skip


def rules() -> Iterator[tuple[str, Rule]]:
    """Yield the rules of all calls and of the hashes in their parameters."""
    for each in RESOURCES:
        for route in each.routes():
            yield from ((route.path, rule) for rule in (*route.rules, *_inside(route.fields.values())))


def _inside(fields: Iterable[Field]) -> Iterator[Rule]:
    for field in fields:
        inner = field.item if isinstance(field, Array) else field
        if isinstance(inner, Hash):
            yield from (*inner.rules, *_inside(inner.fields.values()))


def test_every_rule_has_a_row() -> None:
    found = {(path, rule.message) for path, rule in rules()}
    shown = {
        (path, rule.message)
        for path, rule in rules()
        for call, _, message, param in ROWS
        if path == call and rule.message.replace("{path}", (param or "").rpartition("[")[0]).startswith(message)
    }
    assert found - shown == set()


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with Running() as running:
        yield running


def error_of(emulator: Running, call: str, params: dict[str, Any]) -> Any:
    full = {name: value for name, value in {**BASES.get(call, {}), **params}.items() if value is not None}
    client = emulator.client()
    if "/disputes/" in call:
        emulator.paid("4000000000000259")
        call = call.format(client.v1.disputes.list().data[0].id)
    target: Any = {**INTENT, "payment_method_types": ["card"]}
    path = call.format(client.v1.payment_intents.create(target).id) if "{}" in call else call
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.raw_request("post", path, **full)
    return caught.value


@pytest.mark.parametrize(("call", "params", "message", "param"), ROWS, ids=lambda value: str(value)[:60])
def test_a_broken_rule_is_refused_in_stripes_words(
    shared: Running, call: str, params: dict[str, Any], message: str, param: str | None
) -> None:
    error = error_of(shared, call, params)
    assert str(error.user_message).startswith(message)
    assert (error.http_status, error.param) == (400, param)


def confirmed(**more: Any) -> dict[str, Any]:
    return {**CARD, "confirm": True, **more}


def test_automatic_methods_need_a_return_url(shared: Running) -> None:
    client = shared.client().v1.payment_intents
    assert "you must provide a `return_url`" in str(error_of(shared, INTENTS, confirmed()))
    for valid in (BACK, {"payment_method_types": ["card"]}, {"use_stripe_sdk": True},
                 {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}):  # fmt: skip
        params: Any = {**INTENT, **confirmed(**valid)}
        assert client.create(params).status == "succeeded"
    intent = client.create({"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        client.confirm(intent.id)


def test_a_card_needs_a_statement_descriptor_suffix(shared: Running) -> None:
    params = confirmed(statement_descriptor="TEA", **BACK)
    assert "statement_descriptor_suffix" in str(error_of(shared, INTENTS, params))


def test_a_method_belongs_to_its_customer(shared: Running) -> None:
    client = shared.client().v1
    one, two = (client.customers.create({"email": f"{name}@example.com"}).id for name in ("one", "two"))
    method = client.payment_methods.attach("pm_card_visa", {"customer": one}).id
    wrong = error_of(shared, INTENTS, confirmed(payment_method=method, customer=two, **BACK))
    assert f"does not belong to the Customer you supplied {two}" in str(wrong)
    assert "belongs to a customer" in str(error_of(shared, INTENTS, confirmed(payment_method=method, **BACK)))
    params: Any = {**INTENT, **confirmed(payment_method=method, customer=one, **BACK)}
    assert [client.payment_intents.create(params).status for _ in range(2)] == ["succeeded"] * 2


def test_a_method_without_customer_is_used_once(shared: Running) -> None:
    client = shared.client().v1
    method = client.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    params: Any = {**INTENT, **confirmed(payment_method=method, **BACK)}
    assert client.payment_intents.create(params).status == "succeeded"
    assert "previously used" in str(error_of(shared, INTENTS, confirmed(payment_method=method, **BACK)))


def test_a_detached_method_is_not_used_again(shared: Running) -> None:
    client = shared.client().v1
    customer = client.customers.create({"email": "jenny@example.com"}).id
    method = client.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    client.payment_methods.detach(method)
    assert "was detached" in str(error_of(shared, INTENTS, confirmed(payment_method=method, **BACK)))


@pytest.mark.parametrize("event", ["charge.suceeded", "charge.*", "", "checkout.session"])
def test_webhook_endpoints_need_known_event_types(shared: Running, event: str) -> None:
    for path in ("/v1/webhook_endpoints", None):
        made = shared.api("POST", "/v1/webhook_endpoints", {"url": "http://127.0.0.1:1/", "enabled_events[]": "*"})
        target = path or f"/v1/webhook_endpoints/{made.json()['id']}"
        params = {"enabled_events[0]": event} | ({"url": "http://127.0.0.1:1/"} if path else {})
        answer = shared.api("POST", target, params)
        assert (answer.status, answer.json()["error"]["param"]) == (400, "enabled_events[0]")


def test_event_types_match_the_official_package() -> None:
    assert event_types.FILE.read_text() == event_types.text(), event_types.__doc__
