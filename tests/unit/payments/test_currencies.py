"""Stripe's currencies: how amounts are counted, limited, formatted and parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments.currencies import (
    CURRENCIES,
    AmountError,
    check_amount,
    digits,
    format_amount,
    is_known,
    parse_amount,
)
from stripe_emulator import currencies as emulator_currencies

currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.integers(min_value=-(10**13), max_value=10**13)


def code_of(amount: int, currency: str) -> str:
    """Return the error code for the amount, or an empty string."""
    try:
        check_amount(amount, currency)
    except AmountError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (2000, "usd", "20.00 USD"),
        (5, "eur", "0.05 EUR"),
        (500, "jpy", "500 JPY"),
        (500, "ugx", "5 UGX"),
        (500, "isk", "5 ISK"),
        (550, "isk", "5.50 ISK"),  # Stripe refuses it, but it must not be hidden
        (5120, "kwd", "5.120 KWD"),
        (150_000_000, "idr", "1500000.00 IDR"),
        (17500, "huf", "175.00 HUF"),
        (80000, "twd", "800.00 TWD"),
        (-550, "usd", "-5.50 USD"),
        (-5, "usd", "-0.05 USD"),
        (100, "xyz", "1.00 XYZ"),
    ],
)
def test_amounts_have_stripes_decimals(amount: int, currency: str, text: str) -> None:
    assert format_amount(amount, currency) == text


@given(currencies, amounts)
def test_a_formatted_amount_is_parsed_back(currency: str, amount: int) -> None:
    amount -= amount % CURRENCIES[currency].step
    text = format_amount(amount, currency)
    assert parse_amount(text, currency) == parse_amount(text.split()[0], currency) == amount


@given(currencies, amounts)
def test_a_chargeable_amount_survives_formatting_and_parsing(currency: str, amount: int) -> None:
    if not code_of(amount, currency):
        assert parse_amount(format_amount(amount, currency), currency) == amount


@given(currencies, st.text(max_size=20) | st.from_regex(r"-?[0-9]{0,4}[.,]?[0-9]{0,5}( [A-Z]{3})?", fullmatch=True))
def test_any_input_is_an_amount_or_a_clear_error(currency: str, text: str) -> None:
    try:
        text = format_amount(parse_amount(text, currency), currency)
    except AmountError as error:
        text = str(error)
    assert currency.upper() in text


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("20", "usd", 2000),
        (" 20.5 ", "usd", 2050),
        ("20.500", "usd", 2050),
        ("20 USD", "usd", 2000),
        ("20 usd", "usd", 2000),
        ("5", "ugx", 500),
        ("5.00", "ugx", 500),
        ("5.12", "kwd", 5120),
        ("500", "jpy", 500),
    ],
)
def test_common_notations_are_parsed(text: str, currency: str, amount: int) -> None:
    assert parse_amount(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "error_text"),
    [
        ("", "usd", "Enter an amount in USD, like 1234.00."),
        ("1,000", "usd", "Enter an amount in USD, like 1234.00."),
        ("1e5", "usd", "Enter an amount in USD"),
        ("٣", "usd", "Enter an amount in USD"),
        ("20 EUR", "usd", "Enter an amount in USD"),
        ("9" * 5000, "usd", "Enter an amount in USD"),
        ("five", "ugx", "Enter an amount in UGX, like 1234."),
        ("20.005", "usd", "20.005 can't be charged: the smallest unit is 0.01 USD."),
        ("5.50", "ugx", "the smallest unit is 1 UGX."),
        ("5.125", "kwd", "the smallest unit is 0.010 KWD."),
        ("5.5", "jpy", "the smallest unit is 1 JPY."),
    ],
)
def test_an_invalid_amount_is_refused(text: str, currency: str, error_text: str) -> None:
    with pytest.raises(AmountError) as refused:
        parse_amount(text, currency)
    assert error_text in str(refused.value)
    assert refused.value.code == "invalid_amount"


@given(currencies)
def test_the_limits_match_stripes(currency: str) -> None:
    _, step, minimum, maximum = CURRENCIES[currency]
    most = maximum // step * step
    assert code_of(minimum, currency) == code_of(most, currency) == ""
    assert code_of(minimum - step, currency) == code_of(0, currency) == "amount_too_small"
    assert code_of(most + step, currency) == "amount_too_large"


@given(currencies, amounts)
def test_too_small_fractions_are_refused(currency: str, amount: int) -> None:
    if amount % CURRENCIES[currency].step:
        assert code_of(amount, currency) in ("invalid_amount", "amount_too_small", "amount_too_large")


@pytest.mark.parametrize(
    ("amount", "currency", "error_text"),
    [
        (10, "usd", "0.10 USD is below Stripe's minimum of 0.50 USD."),
        (10**8, "usd", "1000000.00 USD is above Stripe's maximum of 999999.99 USD for one payment."),
        (5125, "kwd", "5.125 KWD can't be charged: the smallest unit is 0.010 KWD."),
        (10**9, "kwd", "above Stripe's maximum of 99999.990 KWD"),
        (550, "ugx", "5.50 UGX can't be charged: the smallest unit is 1 UGX."),
        (2000, "xyz", "Stripe has no currency 'xyz'."),
        (2000, "USD", "Stripe has no currency 'USD'."),
        (4.5, "usd", "4.5 is not a whole number of minor units (2000 is 20.00 USD)."),
        (True, "usd", "True is not a whole number"),
        ("450", "usd", "'450' is not a whole number"),
        (None, "ugx", "None is not a whole number of minor units (200000 is 2000 UGX)."),
    ],
)
def test_an_invalid_amount_is_explained(amount: int, currency: str, error_text: str) -> None:
    with pytest.raises(AmountError) as refused:
        check_amount(amount, currency)
    assert error_text in str(refused.value)


@pytest.mark.parametrize(("amount", "currency"), [(150_000_000, "idr"), (100_000_001, "huf"), (50, "jpy"), (30, "gbp")])
def test_a_chargeable_amount_is_not_refused(amount: int, currency: str) -> None:
    check_amount(amount, currency)


def test_an_unknown_currency_has_two_decimals() -> None:
    assert not is_known("xyz")
    assert digits("xyz") == 2


def test_the_emulator_has_the_same_table() -> None:
    mine = {code: tuple(known) for code, known in CURRENCIES.items()}
    assert mine == {code: tuple(known) for code, known in emulator_currencies.CURRENCIES.items()}
