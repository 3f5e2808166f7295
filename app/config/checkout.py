"""The options of the payment page, from the CHECKOUT_… variables: Stripe's parameters for every Checkout Session."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from app.config.env import Environment

MIN_LIFETIME, MAX_LIFETIME = 30, 24 * 60  # minutes (Stripe: "Create a Checkout Session", `expires_at`)
MAX_SHIPPING_OPTIONS = 5  # of one session
MAX_TEXT = 1200  # characters (`custom_text`)
SHIPPING_RATE = re.compile(r"shr_\w+", re.ASCII)
LOCALES = (
    *("auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hi-IN"),
    *("hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk"),
    *("sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW"),
)


@dataclass(frozen=True)
class ShippingOption:
    """A way to ship: a name and its price in minor units, or the id of a Shipping Rate at Stripe (`shr_…`)."""

    name: str = ""
    amount: int = 0
    currency: str = ""
    stripe_id: str = ""


@dataclass(frozen=True)
class CheckoutOptions:
    """The options. `params` are the same for each session; the others depend on the order."""

    params: dict[str, Any] = field(default_factory=dict)
    shipping: tuple[ShippingOption, ...] = ()
    tax_behavior: str = ""  # of prices: inclusive, exclusive, or empty for the account's default
    lifetime: int = MAX_LIFETIME  # minutes until a session expires


def checkout_options(env: Environment) -> CheckoutOptions:
    """Return the options. Raises ImproperlyConfigured with the variable's name."""
    params: dict[str, Any] = {}
    if env.boolean("CHECKOUT_PROMOTION_CODES"):
        params["allow_promotion_codes"] = True
    if countries := _words(env, "CHECKOUT_SHIPPING_COUNTRIES", "[A-Z]{2}", "two-letter codes like US,CA"):
        params["shipping_address_collection"] = {"allowed_countries": countries}
    if env.boolean("CHECKOUT_AUTOMATIC_TAX"):
        params["automatic_tax"] = {"enabled": True}
    if env.boolean("CHECKOUT_PHONE"):
        params["phone_number_collection"] = {"enabled": True}
    if env.boolean("CHECKOUT_INVOICE"):
        params["invoice_creation"] = {"enabled": True}
    if (billing := env.choice("CHECKOUT_BILLING_ADDRESS", "AUTO", ("AUTO", "REQUIRED"))) != "AUTO":
        params["billing_address_collection"] = billing.lower()
    if locale := env.text("CHECKOUT_LOCALE"):
        params["locale"] = _locale(locale)
    if text := env.text("CHECKOUT_TEXT"):
        params["custom_text"] = {"submit": {"message": _text(text)}}
    if types := _words(env, "CHECKOUT_PAYMENT_METHODS", "[a-z][a-z0-9_]*", "Stripe's types, like card,sepa_debit"):
        params["payment_method_types"] = types
    tax_behavior = env.choice("CHECKOUT_TAX_BEHAVIOR", "ACCOUNT", ("ACCOUNT", "INCLUSIVE", "EXCLUSIVE")).lower()
    return CheckoutOptions(
        params,
        _shipping_options(env),
        "" if tax_behavior == "account" else tax_behavior,
        env.integer("CHECKOUT_LIFETIME_MINUTES", MAX_LIFETIME, low=MIN_LIFETIME, high=MAX_LIFETIME),
    )


def _words(env: Environment, name: str, pattern: str, example: str) -> list[str]:
    words = env.items(name)
    if wrong := next((word for word in words if not re.fullmatch(pattern, word)), ""):
        raise ImproperlyConfigured(f"{name} contains {wrong!r}: use {example}.")
    return words


def _locale(locale: str) -> str:
    known = {each.lower(): each for each in LOCALES}
    if locale.lower() not in known:
        raise ImproperlyConfigured(f"CHECKOUT_LOCALE is {locale!r}: use one of {', '.join(LOCALES)}.")
    return known[locale.lower()]


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ImproperlyConfigured(f"CHECKOUT_TEXT has {len(text)} characters: Stripe allows {MAX_TEXT}.")
    return text


def _shipping_options(env: Environment) -> tuple[ShippingOption, ...]:
    name, options = "CHECKOUT_SHIPPING_OPTIONS", []
    for item in env.items(name):
        priced = None if SHIPPING_RATE.fullmatch(item) else env.named_price(name, item)
        options.append(ShippingOption(*priced) if priced else ShippingOption(stripe_id=item))
    # A Shipping Rate can be in every currency.
    counts = Counter(option.currency for option in options)
    for currency, count in counts.items():
        if count + (counts[""] if currency else 0) > MAX_SHIPPING_OPTIONS:
            raise ImproperlyConfigured(f"{name} has more than {MAX_SHIPPING_OPTIONS} options for one currency.")
    return tuple(options)
