"""The parameters of an order's Checkout Session (Stripe: "Create a Checkout Session")."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from app.config.checkout import MAX_LIFETIME, ShippingOption
from app.payments.models import Order, OrderItem
from app.payments.session_options import customize_session
from app.payments.stripe.events import INSTALLATION, MAX_METADATA
from app.web.problems import Problem

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

Params = dict[str, Any]

# A session lives for CHECKOUT_LIFETIME_MINUTES after the end of the step in which it is created, plus a margin. So
# calls that are repeated within a step are identical, and a later one still exceeds Stripe's minimum.
STEP, MARGIN = timedelta(minutes=10), timedelta(minutes=1)
AUTOMATIC = ("automatic", "automatic_async")
SAMPLE_URL = "https://shop.example/return/"


def build(
    order: Order,
    *,
    installation: str,
    success_url: str,
    cancel_url: str,
    more_metadata: Mapping[str, str] | None = None,
) -> "SessionCreateParams":
    """Return the session's parameters: a function of the order alone, so that repeated calls are identical.

    Raises Problem 400 if there is no shipping option in the order's currency, and ImproperlyConfigured if
    `customize_session` changes what the order relies on.
    """
    ours = {"order_id": str(order.pk), INSTALLATION: installation, **(more_metadata or {})}
    if order.reference:
        ours["reference"] = order.reference
    # The limit is for both together. The session keeps all of the integrator's keys, as client_reference_id also names
    # the order; the payment, which has no other reference, keeps all of ours. (It is not a copy of the session's.)
    metadata = {**dict(islice(ours.items(), MAX_METADATA - len(order.metadata))), **order.metadata}
    of_payment = {**ours, **dict(islice(order.metadata.items(), MAX_METADATA - len(ours)))}
    params: Params = {
        **deepcopy(settings.CHECKOUT.params),
        "mode": "payment",
        "client_reference_id": str(order.pk),
        "metadata": {**metadata},
        "payment_intent_data": {"metadata": {**of_payment}},
        "line_items": [_line_item(order, item) for item in order.lines],
        "success_url": success_url,
        "cancel_url": cancel_url,
    }
    if order.customer_email:
        params["customer_email"] = order.customer_email
    if options := shipping_options(order.currency):
        params["shipping_options"] = options
    if settings.CHECKOUT.lifetime < MAX_LIFETIME:
        params["expires_at"] = int(_expires_at(order.created_at).timestamp())
    expected = {name: params[name] for name in ("mode", "client_reference_id", "success_url", "cancel_url")}
    expected |= {"metadata": metadata, "payment_intent_data.metadata": of_payment}
    customized = cast(Params, customize_session(order, cast("SessionCreateParams", params)))
    if broken := next(_broken(order, customized, expected), ""):
        raise ImproperlyConfigured(f"customize_session (app/payments/session_options.py) {broken}")
    return cast("SessionCreateParams", customized)


def shipping_options(currency: str) -> list[Params]:
    """Return the ways to ship an order in this currency; raises Problem 400 if only orders in others can be shipped."""
    options: tuple[ShippingOption, ...] = settings.CHECKOUT.shipping
    usable = [option for option in options if option.currency in ("", currency)]
    if options and not usable:
        detail = f"There is no shipping option in {currency.upper()}. Add one to CHECKOUT_SHIPPING_OPTIONS (.env)."
        raise Problem(400, "no_shipping_option", detail)
    return [_shipping_option(option) for option in usable]


def lets_buyer_change_lines(params: "SessionCreateParams") -> bool:
    """Return whether the buyer can change the lines on the payment page, so that they must be read back."""
    found = cast(Params, params)
    adjustable = any((line.get("adjustable_quantity") or {}).get("enabled") for line in found["line_items"])
    return adjustable or bool(found.get("optional_items"))


def longest_life() -> timedelta:
    """Return the time after which a session that was opened with its order has expired."""
    lifetime = timedelta(minutes=settings.CHECKOUT.lifetime)
    return lifetime if settings.CHECKOUT.lifetime == MAX_LIFETIME else lifetime + STEP + MARGIN


def check() -> None:
    """Try `customize_session` with a sample order. Raises ImproperlyConfigured with the reason if it can't be used."""
    shipped_in = [option.currency for option in settings.CHECKOUT.shipping if option.currency]
    order = Order(currency=(shipped_in or [settings.DEFAULT_PRODUCT_CURRENCY])[0], amount_total=4000)
    order.lines = [OrderItem(order=order, sku="default", name="Demo product", unit_amount=2000, quantity=2)]
    try:
        build(order, installation=uuid.uuid4().hex[:12], success_url=SAMPLE_URL, cancel_url=f"{SAMPLE_URL}?canceled=1")
    except (ImproperlyConfigured, Problem) as error:
        raise ImproperlyConfigured(str(error)) from None
    except Exception as error:
        name = "customize_session (app/payments/session_options.py)"
        raise ImproperlyConfigured(f"{name} failed for a sample order: {type(error).__name__}: {error}") from error


def _line_item(order: Order, item: OrderItem) -> Params:
    if item.stripe_price_id:
        return {"price": item.stripe_price_id, "quantity": item.quantity}
    price: Params = {
        "currency": order.currency,
        "unit_amount": item.unit_amount,
        "product_data": {"name": item.name, "metadata": {"sku": item.sku}},
    }
    if settings.CHECKOUT.tax_behavior:
        price["tax_behavior"] = settings.CHECKOUT.tax_behavior
    return {"price_data": price, "quantity": item.quantity}


def _shipping_option(option: ShippingOption) -> Params:
    if option.stripe_id:
        return {"shipping_rate": option.stripe_id}
    amount = {"amount": option.amount, "currency": option.currency}
    rate: Params = {"display_name": option.name, "type": "fixed_amount", "fixed_amount": amount}
    if settings.CHECKOUT.tax_behavior:
        rate["tax_behavior"] = settings.CHECKOUT.tax_behavior
    return {"shipping_rate_data": rate}


def _expires_at(created_at: datetime) -> datetime:
    end_of_step = created_at + ((timezone.now() - created_at) // STEP + 1) * STEP
    longest = timedelta(minutes=MAX_LIFETIME) - STEP - MARGIN
    return end_of_step + min(timedelta(minutes=settings.CHECKOUT.lifetime), longest) + MARGIN


# What the order and its payment rely on ------------------------------------------------------------------------------


def _broken(order: Order, params: Params, expected: Params) -> Iterator[str]:
    """Yield what `customize_session` must not do, with the parameter's name."""
    found = params | {"payment_intent_data.metadata": (params.get("payment_intent_data") or {}).get("metadata")}
    for name, value in expected.items():
        if isinstance(value, dict):
            if not value.items() <= (found.get(name) or {}).items():
                yield f"changes {name}: add keys, but keep those of the order."
        elif found.get(name) != value:
            yield f"changes {name}: the app needs it as it is."
    for name, refused, why in RULES:
        if refused(params, order):
            yield f"sets {name}: {why}"
    lines = params.get("line_items") or []
    if len(lines) != len(order.lines) or not all(map(_is_line, lines, [order] * len(lines), order.lines)):
        yield "changes line_items: prices and quantities come from the catalog. (The buyer may change quantities.)"


def _is_line(line: Params, order: Order, item: OrderItem) -> bool:
    ours = _line_item(order, item)
    price, expected = line.get("price_data") or {}, ours.get("price_data") or {}
    names = ("currency", "unit_amount", "unit_amount_decimal", "recurring")
    same_price = line.get("price") == ours.get("price") and all(price.get(n) == expected.get(n) for n in names)
    return same_price and line.get("quantity") == item.quantity


def _captures_later(params: Params, _order: Order) -> bool:
    return (params.get("payment_intent_data") or {}).get("capture_method", AUTOMATIC[0]) not in AUTOMATIC


def _method_captures_later(params: Params, _order: Order) -> bool:
    methods = (params.get("payment_method_options") or {}).values()
    return any((method or {}).get("capture_method", AUTOMATIC[0]) not in AUTOMATIC for method in methods)


CAPTURE = "the order would count as paid before the money is captured. Remove it."
RULES: tuple[tuple[str, Callable[[Params, Order], bool], str], ...] = (
    ("payment_intent_data.capture_method", _captures_later, CAPTURE),
    ("payment_method_options.*.capture_method", _method_captures_later, CAPTURE),
    (
        "ui_mode",
        lambda params, order: params.get("ui_mode", "hosted_page") not in ("hosted", "hosted_page"),
        "the API returns the URL of Stripe's own page. Remove it.",
    ),
    (
        "after_expiration",
        lambda params, order: bool(params.get("after_expiration")),
        "a recovered session would be a second one for the order. Remove it.",
    ),
    (
        "currency",
        lambda params, order: params.get("currency", order.currency) != order.currency,
        "the order's currency is its products'. Remove it.",
    ),
)
