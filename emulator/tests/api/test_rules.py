"""Combinations of parameters that Stripe refuses, rule by rule."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from stripe_emulator.resources import RESOURCES
from stripe_emulator.schema.rules import Rule
from support import event_types
from support.running import SESSION, Running

INTENT: dict[str, Any] = {"amount": 1000, "currency": "usd"}
BACK = {"return_url": "https://shop.test/back"}
CARD = {"payment_method": "pm_card_visa"}
# By message: the call, and parameters that break the rule.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "You may only specify one of these parameters: allow_promotion_codes, discounts.": (
        "session", {"allow_promotion_codes": False, "discounts": [{"coupon": "c"}]}),
    "You may only specify one of these parameters: customer, customer_email.": (
        "session", {"customer": "cus_1", "customer_email": "a@example.com"}),
    "You may only specify one of these parameters: customer, customer_creation.": (
        "session", {"customer": "cus_1", "customer_creation": "always"}),
    "`customer_update` can only be used with `customer`.": ("session", {"customer_update": {"name": "auto"}}),
    "You may only specify one of these parameters: payment_method_types, excluded_payment_method_types.": (
        "session", {"payment_method_types": ["card"], "excluded_payment_method_types": ["card"]}),
    "You may only specify one of these parameters: payment_method_types, allowed_payment_method_types.": (
        "session", {"payment_method_types": ["card"], "allowed_payment_method_types": ["card"]}),
    "`payment_method_collection` can only be used in `subscription` mode.": (
        "session", {"payment_method_collection": "always"}),
    "`submit_type` can only be `subscribe` in `subscription` mode.": ("session", {"submit_type": "subscribe"}),
    "You may only specify one of these parameters: payment_method, payment_method_data.": (
        "intent", {**CARD, "payment_method_data": {"type": "card", "card": {"token": "tok_visa"}}}),
    "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.": (
        "intent", {"automatic_payment_methods": {"enabled": True}, "payment_method_types": ["card"]}),
    "You may only specify a `error_on_requires_action` if you set `confirm` to true.": (
        "intent", {"error_on_requires_action": True}),
    "You may only specify a `mandate_data` if you set `confirm` to true.": (
        "intent", {"mandate_data": {"customer_acceptance": {"type": "offline"}}}),
    "You may only specify a `off_session` if you set `confirm` to true.": ("intent", {"off_session": True}),
    "You may only specify a `return_url` if you set `confirm` to true.": ("intent", BACK),
    "You may only specify a `use_stripe_sdk` if you set `confirm` to true.": ("intent", {"use_stripe_sdk": True}),
    "`statement_descriptor` is not supported for card payments. Use `statement_descriptor_suffix` instead.": (
        "intent", {"payment_method_types": ["card"], "statement_descriptor": "TEA"}),
}  # fmt: skip


def rules() -> list[Rule]:
    found = {rule.message: rule for each in RESOURCES for route in each.routes() for rule in route.rules}
    return list(found.values())


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with Running() as running:
        yield running


def error_of(emulator: Running, call: str, params: dict[str, Any]) -> stripe.StripeError:
    client, full = emulator.client().v1, (SESSION if call == "session" else INTENT) | params
    create: Any = client.checkout.sessions.create if call == "session" else client.payment_intents.create
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(full)
    return caught.value


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.message)
def test_a_broken_rule_is_refused_in_stripes_words(shared: Running, rule: Rule) -> None:
    error: Any = error_of(shared, *EXAMPLES[rule.message])
    assert rule.message in str(error)
    assert error.param == rule.param


def confirmed(**more: Any) -> dict[str, Any]:
    return {**CARD, "confirm": True, **more}


def test_automatic_methods_need_a_return_url(shared: Running) -> None:
    client = shared.client().v1.payment_intents
    assert "you must provide a `return_url`" in str(error_of(shared, "intent", confirmed()))
    for valid in (BACK, {"payment_method_types": ["card"]}, {"use_stripe_sdk": True},
                 {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}):  # fmt: skip
        params: Any = {**INTENT, **confirmed(**valid)}
        assert client.create(params).status == "succeeded"
    intent = client.create({"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        client.confirm(intent.id)


def test_a_card_needs_a_statement_descriptor_suffix(shared: Running) -> None:
    params = confirmed(statement_descriptor="TEA", **BACK)
    assert "statement_descriptor_suffix" in str(error_of(shared, "intent", params))


def test_a_method_belongs_to_its_customer(shared: Running) -> None:
    client = shared.client().v1
    one, two = (client.customers.create({"email": f"{name}@example.com"}).id for name in ("one", "two"))
    method = client.payment_methods.attach("pm_card_visa", {"customer": one}).id
    wrong = error_of(shared, "intent", confirmed(payment_method=method, customer=two, **BACK))
    assert f"does not belong to the Customer you supplied {two}" in str(wrong)
    assert "belongs to a customer" in str(error_of(shared, "intent", confirmed(payment_method=method, **BACK)))
    params: Any = {**INTENT, **confirmed(payment_method=method, customer=one, **BACK)}
    assert [client.payment_intents.create(params).status for _ in range(2)] == ["succeeded"] * 2


def test_a_method_without_customer_is_used_once(shared: Running) -> None:
    client = shared.client().v1
    method = client.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    params: Any = {**INTENT, **confirmed(payment_method=method, **BACK)}
    assert client.payment_intents.create(params).status == "succeeded"
    assert "previously used" in str(error_of(shared, "intent", confirmed(payment_method=method, **BACK)))


def test_a_detached_method_is_not_used_again(shared: Running) -> None:
    client = shared.client().v1
    customer = client.customers.create({"email": "jenny@example.com"}).id
    method = client.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    client.payment_methods.detach(method)
    assert "was detached" in str(error_of(shared, "intent", confirmed(payment_method=method, **BACK)))


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
