"""Objects have the same keys as the classes of the official package."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe._stripe_object import StripeObject

from stripe_emulator.resources import RESOURCES
from stripe_emulator.schema import Array, Only, Unsupported
from support import stripe_paths
from support.parameters import documentation
from support.running import SESSION, Running


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
    iban |= {"billing_details[name]": "Jenny Rosen", "billing_details[email]": "jenny@example.com"}
    yield emulator.api("POST", "/v1/payment_methods", iban).json(), stripe.PaymentMethod
    yield _mandate(emulator), stripe.Mandate
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:1", "enabled_events": ["topup.failed"]})
    yield last("/v1/webhook_endpoints"), stripe.WebhookEndpoint
    coupon = client.v1.coupons.create({"percent_off": 20})
    yield last("/v1/coupons"), stripe.Coupon
    client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    yield last("/v1/promotion_codes"), stripe.PromotionCode
    rate = client.v1.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False})
    yield last("/v1/tax_rates"), stripe.TaxRate
    post = {"display_name": "Post", "fixed_amount": {"amount": 500, "currency": "usd"}}
    line = {**SESSION["line_items"][0], "tax_rates": [rate.id], "adjustable_quantity": {"enabled": True}}
    emulator.paid(
        line_items=[line],
        discounts=[{"coupon": coupon.id}],
        shipping_options=[{"shipping_rate_data": post}],
        custom_fields=[{"key": "a", "type": "text", "label": {"type": "custom", "custom": "A"}, "optional": True}],
        after_expiration={"recovery": {"enabled": True}},
        invoice_creation={
            "enabled": True,
            "invoice_data": {"rendering_options": {"amount_tax_display": "exclude_tax"}},
        },
    )
    yield last("/v1/checkout/sessions", **{"expand[]": "data.total_details.breakdown"}), stripe.checkout.Session
    yield last("/v1/shipping_rates"), stripe.ShippingRate
    yield last("/v1/invoices"), stripe.Invoice
    yield last("/v1/invoices")["lines"]["data"][0], stripe.InvoiceLineItem
    payer = client.v1.customers.create({"email": "jenny@example.com"}).id
    client.v1.invoice_items.create({"customer": payer, "amount": 5, "currency": "usd"})
    yield last("/v1/invoiceitems"), stripe.InvoiceItem
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


def _mandate(emulator: Running) -> dict[str, Any]:
    price = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}}
    session = emulator.session(line_items=[{"price_data": price, "quantity": 1}])
    fields = {"method": "sepa_debit", "account-name": "Jenny Rosen", "iban": "AT611904300234573201"}
    emulator.confirm(session, **fields)
    charge = emulator.api("GET", "/v1/charges", {"limit": 1}).json()["data"][0]
    wanted = charge["payment_method_details"]["sepa_debit"]["mandate"]
    found: dict[str, Any] = emulator.api("GET", f"/v1/mandates/{wanted}").json()
    return found


CLASSES: tuple[Any, ...] = (
    stripe.checkout.Session, stripe.PaymentIntent, stripe.Charge, stripe.Customer, stripe.Event, stripe.LineItem,
    stripe.Mandate, stripe.Price, stripe.Refund, stripe.WebhookEndpoint, stripe.Coupon, stripe.Card,
    stripe.Subscription, stripe.SubscriptionItem, stripe.Plan, stripe.Balance, stripe.Account, stripe.Invoice,
)  # fmt: skip
ADAPTIVE = "POST /v1/checkout/sessions adaptive_pricing[enabled]"
CONNECT = "test_missing.py::test_another_account_is_named"
ACCOUNTS = "POST /v1/accounts/{}/external_accounts"
INTERNAL = "'internal use only'"
FAILED = "test_refunds.py::test_a_failed_refund_restores_the_charge"
# Declared keys that are omitted, by class, with the reason: "expanded" (present only when expanded), a call or a call's
# parameter that is not supported, a quotation from the package's documentation, or the test that covers the key.
OMITTED = {
    "Session": {"line_items": "expanded", "presentment_details": ADAPTIVE},
    "PaymentIntent": {
        "hooks": "POST /v1/payment_intents hooks", "presentment_details": ADAPTIVE,
        "payment_details": "POST /v1/payment_intents payment_details",
    },
    "Charge": {
        "authorization_code": "POST /v1/terminal/connection_tokens", "refunds": "expanded",
        "level3": "POST /v1/payment_intents amount_details", "transfer": "POST /v1/transfers",
    },
    "Customer": {
        "cash_balance": "expanded", "invoice_credit_balance": "expanded", "sources": "expanded",
        "subscriptions": "expanded", "tax": "expanded", "tax_ids": "expanded",
    },
    "Event": {"account": CONNECT, "context": CONNECT},
    "Invoice": {"confirmation_secret": "expanded", "payments": "GET /v1/invoice_payments"},
    "LineItem": {"discounts": "expanded", "taxes": "expanded"},
    "Mandate": {
        "multi_use": "test_honored.py::test_a_debit_for_future_use_has_a_mandate_for_more",
        "on_behalf_of": "POST /v1/payment_intents on_behalf_of",
    },
    "Price": {"currency_options": "expanded", "tiers": "expanded"},
    "Refund": {
        "failure_balance_transaction": FAILED, "failure_reason": FAILED, "presentment_details": ADAPTIVE,
        "description": "test_refunds.py::test_a_refund_to_a_bank_account_may_have_a_description",
        "instructions_email": "POST /v1/refunds instructions_email",
        "next_action": "POST /v1/refunds instructions_email",
        "pending_reason": "test_refunds.py::test_a_pending_refund_succeeds_later",
    },
    "WebhookEndpoint": {"secret": "test_webhook_endpoints.py::test_the_secret_is_shown_once"},
    "Coupon": {"applies_to": "expanded", "currency_options": "expanded"},
    "Card": {
        "account": ACCOUNTS, "available_payout_methods": ACCOUNTS, "currency": ACCOUNTS, "status": ACCOUNTS,
        "default_for_currency": ACCOUNTS, "description": INTERNAL, "iin": INTERNAL, "issuer": INTERNAL,
        "networks": "POST /v1/payment_methods card[networks]",
    },
    "Subscription": {
        "presentment_details": ADAPTIVE, "status_details": "POST /v1/subscriptions/{}/pause",
    },
    "SubscriptionItem": {"billed_until": "POST /v1/subscriptions items[0][billing_thresholds]"},
    "Plan": {"tiers": "POST /v1/prices tiers"},
    "Balance": {
        "connect_reserved": "POST /v1/transfers", "instant_available": "POST /v1/payouts",
        "issuing": "POST /v1/issuing/cards", "refund_and_dispute_prefunding": "POST /v1/topups",
    },
    "Account": {"company": "POST /v1/accounts", "groups": "POST /v1/accounts", "individual": "POST /v1/accounts"},
}  # fmt: skip
ROUTES = {f"{route.method} {route.path}": route for each in RESOURCES for route in each.routes()}


def _is_refused(why: str) -> bool:
    method, path, *name = why.split()
    call = f"{method} {path}"
    if not name:
        return call in json.loads(stripe_paths.FILE.read_text()) and call not in ROUTES
    fields: Any = ROUTES[call].fields
    *hashes, last = re.split(r"[\[\]]+", name[0].rstrip("]"))
    for each in (name for name in hashes if name != "0"):
        inner: Any = fields[each]
        inner = inner.item if isinstance(inner, Array) else inner
        fields = inner.fields
    return isinstance(fields[last], Unsupported | Only)


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, keys in OMITTED.items() for key in keys])
def test_a_key_is_omitted_for_a_reason(shared: Running, name: str, key: str) -> None:
    why = OMITTED[name][key]
    cls = next(cls for cls in CLASSES if cls.__name__ == name)
    if why == "expanded":
        included = {(each.kind, path) for each in RESOURCES for path in each.included}
        assert (cls.OBJECT_NAME, key) in included
    elif why.startswith("'"):
        assert why.strip("'") in documentation(cls, key)
    elif "::" in why:
        file, _, test = why.partition("::")
        (found,) = Path(__file__).parents[1].rglob(file)
        assert f"def {test}(" in found.read_text()
    else:
        assert _is_refused(why)


def test_every_declared_key_is_present(shared: Running) -> None:
    missing: dict[str, set[str]] = {}
    for value, cls in _made(shared):
        declared = {name for name in hints(cls) if not name.startswith("_")} - {"deleted", "OBJECT_NAME"}
        if cls is stripe.PaymentMethod:
            # One hash for each other type.
            declared -= {name for name in declared if name in str(hints(cls)["type"]) or name == "custom"}
        missing.setdefault(cls.__name__, declared).intersection_update(declared - set(value))
    assert {name: keys for name, keys in missing.items() if keys} == {name: set(why) for name, why in OMITTED.items()}


def test_objects_have_the_keys_of_their_class(shared: Running) -> None:
    found = [text for value, cls in _made(shared) for text in differences(value, cls, value["object"])]
    assert found == []


def test_every_event_type_exists_at_stripe(shared: Running) -> None:
    known = str(hints(stripe.Event)["type"])
    assert [kind for kind in set(shared.events()) if f"'{kind}'" not in known] == []
