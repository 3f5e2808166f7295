"""The CHECKOUT_… variables."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from app.config.checkout import CheckoutOptions, ShippingOption, checkout_options
from app.config.env import Environment


@pytest.mark.parametrize(
    ("variables", "params"),
    [
        ({}, {}),
        ({"CHECKOUT_PROMOTION_CODES": "0", "CHECKOUT_PHONE": "no", "CHECKOUT_BILLING_ADDRESS": "auto"}, {}),
        ({"CHECKOUT_PROMOTION_CODES": "1"}, {"allow_promotion_codes": True}),
        (
            {"CHECKOUT_SHIPPING_COUNTRIES": "US, CA"},
            {"shipping_address_collection": {"allowed_countries": ["US", "CA"]}},
        ),
        ({"CHECKOUT_AUTOMATIC_TAX": "yes"}, {"automatic_tax": {"enabled": True}}),
        ({"CHECKOUT_PHONE": "1"}, {"phone_number_collection": {"enabled": True}}),
        ({"CHECKOUT_BILLING_ADDRESS": "required"}, {"billing_address_collection": "required"}),
        ({"CHECKOUT_INVOICE": "1"}, {"invoice_creation": {"enabled": True}}),
        ({"CHECKOUT_LOCALE": "EN-gb"}, {"locale": "en-GB"}),
        ({"CHECKOUT_TEXT": "Grüße, **Ada**"}, {"custom_text": {"submit": {"message": "Grüße, **Ada**"}}}),
        ({"CHECKOUT_PAYMENT_METHODS": "card, sepa_debit"}, {"payment_method_types": ["card", "sepa_debit"]}),
    ],
)
def test_each_option_is_stripes_parameter(variables: dict[str, str], params: dict[str, Any]) -> None:
    assert checkout_options(Environment(variables)) == CheckoutOptions(params)


def test_shipping_options_have_a_name_and_a_price() -> None:
    text = "Standard 5.00 USD, Next  day 15 usd, Standard 700 JPY, Pickup 0 USD, Kurier 2.500 KWD, shr_1Abc"
    assert checkout_options(Environment({"CHECKOUT_SHIPPING_OPTIONS": text})).shipping == (
        ShippingOption("Standard", 500, "usd"),
        ShippingOption("Next day", 1500, "usd"),
        ShippingOption("Standard", 700, "jpy"),
        ShippingOption("Pickup", 0, "usd"),
        ShippingOption("Kurier", 2500, "kwd"),
        ShippingOption(stripe_id="shr_1Abc"),
    )


def test_the_other_options() -> None:
    options = checkout_options(Environment({"CHECKOUT_TAX_BEHAVIOR": "Exclusive", "CHECKOUT_LIFETIME_MINUTES": "45"}))
    assert (options.tax_behavior, options.lifetime) == ("exclusive", 45)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("CHECKOUT_PROMOTION_CODES", "maybe", "use 1 or 0"),
        ("CHECKOUT_SHIPPING_COUNTRIES", "US,Germany", "contains 'Germany': use two-letter codes"),
        ("CHECKOUT_SHIPPING_COUNTRIES", "us", "contains 'us'"),
        ("CHECKOUT_SHIPPING_OPTIONS", "Standard 5.00", "contains 'Standard 5.00': use a name and a price"),
        ("CHECKOUT_SHIPPING_OPTIONS", "5.00 USD", "use a name and a price"),
        ("CHECKOUT_SHIPPING_OPTIONS", "Standard 5.00 XXX", "use a name and a price"),
        ("CHECKOUT_SHIPPING_OPTIONS", "Standard 5.005 USD", "use a name and a price"),
        ("CHECKOUT_SHIPPING_OPTIONS", "Standard -5.00 USD", "use a name and a price"),
        ("CHECKOUT_SHIPPING_OPTIONS", "Standard 1.50 UGX", "use a name and a price"),
        ("CHECKOUT_SHIPPING_OPTIONS", ",".join(f"Way{n} {n}.00 USD" for n in range(1, 7)), "more than 5 options"),
        ("CHECKOUT_SHIPPING_OPTIONS", "shr_1,shr_2,shr_3,shr_4,shr_5,Express 5 USD", "more than 5 options"),
        ("CHECKOUT_BILLING_ADDRESS", "always", "use one of AUTO, REQUIRED"),
        ("CHECKOUT_TAX_BEHAVIOR", "added", "use one of ACCOUNT, INCLUSIVE, EXCLUSIVE"),
        ("CHECKOUT_LOCALE", "klingon", "use one of auto, bg"),
        ("CHECKOUT_LIFETIME_MINUTES", "29", "from 30 to 1440"),
        ("CHECKOUT_LIFETIME_MINUTES", "1441", "from 30 to 1440"),
        ("CHECKOUT_TEXT", "x" * 1201, "has 1201 characters: Stripe allows 1200"),
        ("CHECKOUT_PAYMENT_METHODS", "card,Apple Pay", "contains 'Apple Pay': use Stripe's types"),
    ],
)
def test_an_unusable_option_is_refused_by_name(name: str, value: str, error: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} .*") as refused:
        checkout_options(Environment({name: value}))
    assert error in str(refused.value)


@pytest.mark.parametrize(("value", "days"), [("", 0), ("0", 0), ("31", 31), ("400", 400)])
def test_personal_data_is_kept_for_a_number_of_days(value: str, days: int) -> None:
    assert Environment({"KEEP_PERSONAL_DATA_DAYS": value}).days("KEEP_PERSONAL_DATA_DAYS", low=31) == days


@pytest.mark.parametrize("value", ["1", "30", "-1", "x"])
def test_a_too_short_retention_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="KEEP_PERSONAL_DATA_DAYS is"):
        Environment({"KEEP_PERSONAL_DATA_DAYS": value}).days("KEEP_PERSONAL_DATA_DAYS", low=31)
