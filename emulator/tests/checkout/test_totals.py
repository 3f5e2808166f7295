"""The sums of a session: properties of the arithmetic, and amounts that were computed by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_emulator.currencies import CURRENCIES
from stripe_emulator.payments.checkout.totals import (
    HUNDRED_PERCENT,
    Charged,
    Rate,
    compute,
    percentage,
    rounded,
    split,
)

STEPS = sorted({CURRENCIES[code].step for code in ("usd", "eur", "jpy", "kwd", "ugx", "huf")})
RATES = st.builds(Rate, st.integers(0, HUNDRED_PERCENT), st.booleans())


def charged(step: int) -> st.SearchStrategy[Charged]:
    prices = st.integers(0, 10**9).map(lambda units: units * step)
    return st.builds(Charged, prices, st.lists(RATES, max_size=3).map(tuple), st.booleans())


@st.composite
def orders(draw: st.DrawFn) -> tuple[int, list[Charged], Charged | None, int, int]:
    """Draw a step, items, shipping, and a discount that is a percentage or an amount."""
    step = draw(st.sampled_from(STEPS))
    items = draw(st.lists(charged(step), min_size=1, max_size=6))
    shipping = draw(st.none() | charged(step))
    if draw(st.booleans()):
        return step, items, shipping, draw(st.integers(0, HUNDRED_PERCENT)), 0
    return step, items, shipping, 0, draw(st.integers(1, 10**9)) * step


@given(orders())
def test_sums_add_up(order: tuple[int, list[Charged], Charged | None, int, int]) -> None:
    step, items, shipping, percent_off, amount_off = order
    totals = compute(items, shipping, percent_off=percent_off, amount_off=amount_off, step=step)
    added = sum(each.added for each in (*totals.items, totals.shipping))
    assert totals.total == totals.subtotal - totals.discount + totals.shipping.subtotal + added
    assert totals.tax == sum(sum(each.taxes) for each in (*totals.items, totals.shipping))
    assert totals.shipping.discount == 0
    for item, sums in zip(items, totals.items, strict=True):
        assert sums.subtotal == item.subtotal
        assert 0 <= sums.discount <= (item.subtotal if item.discountable else 0)
    amounts = [totals.total, totals.discount, totals.tax, *(each.total for each in totals.items)]
    assert [amount % step for amount in amounts] == [0] * len(amounts)


@given(orders())
def test_a_discount_is_within_half_a_step(order: tuple[int, list[Charged], Charged | None, int, int]) -> None:
    step, items, shipping, percent_off, amount_off = order
    totals = compute(items, shipping, percent_off=percent_off, amount_off=amount_off, step=step)
    base = sum(item.subtotal for item in items if item.discountable)
    exact = Fraction(base * percent_off, HUNDRED_PERCENT) if percent_off else Fraction(min(amount_off, base))
    assert abs(totals.discount - exact) <= Fraction(step, 2)


@given(orders())
def test_taxes_are_within_half_a_step(order: tuple[int, list[Charged], Charged | None, int, int]) -> None:
    step, items, shipping, percent_off, amount_off = order
    totals = compute(items, shipping, percent_off=percent_off, amount_off=amount_off, step=step)
    for item, sums in zip(items, totals.items, strict=True):
        base = sums.subtotal - sums.discount
        included = sum(rate.percentage for rate in item.rates if rate.inclusive)
        for rate, tax in zip(item.rates, sums.taxes, strict=True):
            exact = Fraction(base * rate.percentage, HUNDRED_PERCENT + included)
            assert abs(tax - exact) <= Fraction(step, 2)


@given(st.sampled_from(STEPS), st.lists(st.integers(0, 10**9), min_size=1, max_size=8), st.data())
def test_parts_are_in_proportion(step: int, units: list[int], data: st.DataObject) -> None:
    weights = [unit * step for unit in units]
    amount = data.draw(st.integers(0, sum(units))) * step
    parts = split(amount, weights, step)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert part % step == 0
        assert 0 <= part <= weight
        assert abs(part - Fraction(amount * weight, sum(weights) or 1)) < step


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), st.data())
def test_parts_add_up_for_amounts_that_can_not_be_paid(weights: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    parts = split(amount, weights, 100)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize(("numerator", "step", "expected"), [(5, 10, 10), (4, 10, 0), (15, 10, 20), (25, 1, 25)])
def test_halves_are_rounded_up(numerator: int, step: int, expected: int) -> None:
    assert rounded(numerator, 1, step) == expected


@pytest.mark.parametrize(
    ("currency", "price", "off", "tax", "inclusive", "expected"),
    [
        # 3 x 9.99 = 29.97; 15 % off is 4.4955, so 4.50; 8.875 % of 25.47 is 2.2605, so 2.26.
        ("usd", 999, 15, 8.875, False, (2997, 450, 226, 2773)),
        # 19 % included in 25.47 is 4.0666, so 4.07.
        ("eur", 999, 15, 19, True, (2997, 450, 407, 2547)),
        # 10 % of 1,500 less 7 % (105) is 139.5, so 140.
        ("jpy", 500, 7, 10, False, (1500, 105, 140, 1535)),
        # 3 x 1.230 = 3.690; a third off is 1.2299, so 1.230 (a multiple of 0.010); 5 % of 2.460 is 0.123, so 0.120.
        ("kwd", 1230, 33.33, 5, False, (3690, 1230, 120, 2580)),
        # 3 x 555 = 1,665 shillings; 10 % off is 166.5, so 167; 18 % of 1,498 is 269.64, so 270.
        ("ugx", 55_500, 10, 18, False, (166_500, 16_700, 27_000, 176_800)),
        # 27 % included in 900.45 is 191.4343, so 191.43: forints have fillér at Stripe.
        ("huf", 30_015, 0, 27, True, (90_045, 0, 19_143, 90_045)),
    ],
)
def test_sums_are_right_to_the_cent(
    currency: str, price: int, off: float, tax: float, *, inclusive: bool, expected: tuple[int, ...]
) -> None:
    item = Charged(3 * price, (Rate(percentage(tax), inclusive),))
    totals = compute([item], percent_off=percentage(off), step=CURRENCIES[currency].step)
    assert (totals.subtotal, totals.discount, totals.tax, totals.total) == expected


def test_exclusive_taxes_are_due_on_the_price_without_inclusive_ones() -> None:
    # 120.00 with 20 % included is 100.00; 10 % on top of that is 10.00.
    totals = compute([Charged(12_000, (Rate(percentage(20), inclusive=True), Rate(percentage(10))))])
    assert (totals.items[0].taxes, totals.total) == ((2000, 1000), 13_000)


def test_shipping_is_taxed_but_not_discounted() -> None:
    twenty = (Rate(percentage(20)),)
    totals = compute([Charged(10_000, twenty)], Charged(500, twenty), percent_off=percentage(50))
    assert (totals.discount, totals.tax, totals.total) == (5000, 1100, 6600)


def test_a_discount_of_an_amount_is_divided_among_the_items_it_is_for() -> None:
    items = [Charged(1000), Charged(2000, discountable=False), Charged(500)]
    totals = compute(items, amount_off=400)
    assert [each.discount for each in totals.items] == [267, 0, 133]
    assert compute(items, amount_off=9999).discount == 1500
