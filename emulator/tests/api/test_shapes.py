"""Objects and parameters have the same keys as the classes of the official package."""

import inspect
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import stripe
import stripe.params as params_of
from stripe._stripe_object import StripeObject

from stripe_emulator.resources import RESOURCES
from stripe_emulator.routing.router import Route
from support.running import Running


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with Running() as running:
        yield running


def hints(cls: type) -> dict[str, Any]:
    """Return the class's annotations, inherited ones included."""
    return {name: hint for base in cls.__mro__ for name, hint in vars(base).get("__annotations__", {}).items()}


def differences(value: Any, cls: type[StripeObject], where: str) -> Iterator[str]:
    """Yield keys that the class does not have, and required keys that are missing, at any depth."""
    known = hints(cls)
    for key in value:
        if key not in known:
            yield f"{where}.{key} is not in {cls.__name__}"
    for key, hint in known.items():
        if not _optional(hint) and key not in value and not key.startswith("_"):
            yield f"{where}.{key} is missing"
    inner = {name: each for name, each in vars(cls).items() if inspect.isclass(each) and issubclass(each, StripeObject)}
    for key, item in value.items():
        nested = _nested(known.get(key), inner)
        for each in item if isinstance(item, list) else [item]:
            if nested and isinstance(each, dict):
                yield from differences(each, nested, f"{where}.{key}")


def _optional(hint: Any) -> bool:
    text = hint if isinstance(hint, str) else getattr(hint, "__forward_arg__", str(hint))
    return any(word in text for word in ("Optional[", "NoneType", "ClassVar", "NotRequired"))


def _nested(hint: Any, inner: Mapping[str, type[StripeObject]]) -> type[StripeObject] | None:
    text = str(hint)
    found = [each for name, each in inner.items() if f".{name}'" in text or f".{name}]" in text or f'.{name}"' in text]
    return found[0] if len(found) == 1 else None


def _made(emulator: Running) -> Iterator[tuple[dict[str, Any], type[StripeObject]]]:
    client = emulator.client()

    def last(path: str, **query: Any) -> dict[str, Any]:
        found: dict[str, Any] = emulator.api("GET", path, query).json()["data"][0]
        return found

    emulator.paid("4000000000000259", customer_creation="always", metadata={"a": "b"})
    emulator.confirm(emulator.session(), **{"card-number": "4000000000000002"})
    yield last("/v1/checkout/sessions"), stripe.checkout.Session
    yield last("/v1/checkout/sessions", status="complete"), stripe.checkout.Session
    yield last("/v1/payment_intents"), stripe.PaymentIntent
    yield last("/v1/charges"), stripe.Charge
    yield last("/v1/disputes"), stripe.Dispute
    yield last("/v1/customers"), stripe.Customer
    emulator.paid("4000000000005423")
    yield last("/v1/radar/early_fraud_warnings"), stripe.radar.EarlyFraudWarning
    yield last("/v1/balance_transactions"), stripe.BalanceTransaction
    yield last("/v1/events"), stripe.Event
    paid = emulator.paid()
    items = emulator.api("GET", f"/v1/checkout/sessions/{paid.id}/line_items").json()["data"][0]
    yield items, stripe.LineItem
    yield items["price"], stripe.Price
    product = client.v1.products.create({"name": "A", "default_price_data": {"currency": "usd", "unit_amount": 100}})
    yield last("/v1/products"), stripe.Product
    intent = paid.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    client.v1.refunds.create({"payment_intent": intent.id})
    yield last("/v1/refunds"), stripe.Refund
    method = emulator.api("GET", f"/v1/payment_methods/{intent.payment_method}").json()
    yield method, stripe.PaymentMethod
    iban = {"type": "sepa_debit", "sepa_debit[iban]": "AT611904300234573201"}
    yield emulator.api("POST", "/v1/payment_methods", iban).json(), stripe.PaymentMethod
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:1", "enabled_events": ["topup.failed"]})
    yield last("/v1/webhook_endpoints"), stripe.WebhookEndpoint
    coupon = client.v1.coupons.create({"percent_off": 20})
    yield last("/v1/coupons"), stripe.Coupon
    customer = emulator.api("POST", "/v1/customers", {"source": "tok_visa", "coupon": coupon.id}).json()
    yield emulator.api("GET", f"/v1/customers/{customer['id']}/sources").json()["data"][0], stripe.Card
    yield emulator.api("GET", f"/v1/customers/{customer['id']}").json()["discount"], stripe.Discount
    price = client.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 100, "recurring": {"interval": "month"}}
    )
    wanted = {"customer": customer["id"], "items[0][price]": price.id}
    subscription = emulator.api("POST", "/v1/subscriptions", wanted).json()
    yield subscription, stripe.Subscription
    yield subscription["items"]["data"][0], stripe.SubscriptionItem
    yield subscription["items"]["data"][0]["plan"], stripe.Plan
    yield emulator.api("GET", "/v1/balance").json(), stripe.Balance
    yield emulator.api("GET", "/v1/account").json(), stripe.Account


# Declared keys that are omitted, by class: expandable ones, and those of unsupported methods and features.
OMITTED = {
    "Session": {"line_items", "presentment_details"},
    "PaymentIntent": {"hooks", "managed_payments", "payment_details", "payment_record", "presentment_details"},
    "Charge": {"authorization_code", "level3", "refunds", "transfer"},
    "Dispute": {"network_reason_code"},
    "Customer": {"cash_balance", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids"},
    "Event": {"account", "context"},
    "LineItem": {"discounts", "taxes"},
    "Price": {"currency_options", "tiers"},
    "Refund": {"description", "failure_balance_transaction", "failure_reason", "instructions_email", "next_action",
               "pending_reason", "presentment_details"},
    "WebhookEndpoint": {"secret"},
    "Coupon": {"applies_to", "currency_options"},
    "Card": {"account", "available_payout_methods", "currency", "default_for_currency", "description", "iin", "issuer",
             "networks", "status"},
    "Subscription": {"managed_payments", "presentment_details", "status_details"},
    "SubscriptionItem": {"billed_until", "current_trial"},
    "Plan": {"tiers"},
    "Balance": {"connect_reserved", "instant_available", "issuing", "refund_and_dispute_prefunding"},
    "Account": {"company", "groups", "individual"},
}  # fmt: skip


def test_every_declared_key_is_present(shared: Running) -> None:
    missing: dict[str, set[str]] = {}
    for value, cls in _made(shared):
        declared = {name for name in hints(cls) if not name.startswith("_")} - {"deleted", "OBJECT_NAME"}
        if cls is stripe.PaymentMethod:
            # One hash for each other type.
            declared -= {name for name in declared if name in str(hints(cls)["type"]) or name == "custom"}
        missing.setdefault(cls.__name__, declared).intersection_update(declared - set(value))
    assert {name: keys for name, keys in missing.items() if keys} == OMITTED


def test_objects_have_the_keys_of_their_class(shared: Running) -> None:
    found = [text for value, cls in _made(shared) for text in differences(value, cls, value["object"])]
    assert found == []


# The TypedDict of each route's parameters.
PARAMETERS = {
    "POST /v1/checkout/sessions": params_of.checkout.SessionCreateParams,
    "GET /v1/checkout/sessions": params_of.checkout.SessionListParams,
    "POST /v1/payment_intents": params_of.PaymentIntentCreateParams,
    "POST /v1/payment_intents/{}": params_of.PaymentIntentUpdateParams,
    "POST /v1/payment_intents/{}/confirm": params_of.PaymentIntentConfirmParams,
    "POST /v1/payment_intents/{}/capture": params_of.PaymentIntentCaptureParams,
    "POST /v1/payment_intents/{}/cancel": params_of.PaymentIntentCancelParams,
    "GET /v1/payment_intents": params_of.PaymentIntentListParams,
    "POST /v1/payment_methods": params_of.PaymentMethodCreateParams,
    "POST /v1/charges": params_of.ChargeCreateParams,
    "POST /v1/charges/{}": params_of.ChargeUpdateParams,
    "POST /v1/charges/{}/capture": params_of.ChargeCaptureParams,
    "GET /v1/charges": params_of.ChargeListParams,
    "POST /v1/refunds": params_of.RefundCreateParams,
    "GET /v1/refunds": params_of.RefundListParams,
    "POST /v1/disputes/{}": params_of.DisputeUpdateParams,
    "GET /v1/disputes": params_of.DisputeListParams,
    "GET /v1/radar/early_fraud_warnings": params_of.radar.EarlyFraudWarningListParams,
    "POST /v1/products": params_of.ProductCreateParams,
    "POST /v1/products/{}": params_of.ProductUpdateParams,
    "GET /v1/products": params_of.ProductListParams,
    "POST /v1/prices": params_of.PriceCreateParams,
    "POST /v1/prices/{}": params_of.PriceUpdateParams,
    "GET /v1/prices": params_of.PriceListParams,
    "POST /v1/customers": params_of.CustomerCreateParams,
    "POST /v1/customers/{}": params_of.CustomerUpdateParams,
    "GET /v1/customers": params_of.CustomerListParams,
    "POST /v1/coupons": params_of.CouponCreateParams,
    "POST /v1/webhook_endpoints": params_of.WebhookEndpointCreateParams,
    "POST /v1/webhook_endpoints/{}": params_of.WebhookEndpointUpdateParams,
    "GET /v1/events": params_of.EventListParams,
    "GET /v1/balance_transactions": params_of.BalanceTransactionListParams,
}
# Parameters of older API versions that the CLI's triggers still send.
OLDER = {
    "POST /v1/payment_intents": {"payment_method_types"},
    "POST /v1/payment_intents/{}": {"payment_method_types"},
    "POST /v1/payment_intents/{}/confirm": {"payment_method_types"},
    "POST /v1/checkout/sessions": {"payment_method_types"},
    "POST /v1/customers": {"coupon"},
    "POST /v1/customers/{}": {"coupon"},
}


def _routes() -> dict[str, Route]:
    return {f"{route.method} {route.path}": route for each in RESOURCES for route in each.routes()}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_match_stripes(name: str) -> None:
    theirs = set(typing.cast(Any, PARAMETERS[name]).__annotations__)
    ours = set(_routes()[name].fields)
    # Client options, not parameters of the API.
    theirs -= {
        "api_key",
        "idempotency_key",
        "stripe_account",
        "stripe_context",
        "stripe_version",
        "max_network_retries",
        "headers",
        "content_type",
    }
    assert ours - theirs - OLDER.get(name, set()) == set()
    assert theirs - ours == set()


def test_every_event_type_exists_at_stripe(shared: Running) -> None:
    known = str(hints(stripe.Event)["type"])
    assert [kind for kind in set(shared.events()) if f"'{kind}'" not in known] == []
