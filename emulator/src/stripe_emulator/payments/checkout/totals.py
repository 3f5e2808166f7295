"""The sums of a Checkout Session. Nothing else computes them.

As at Stripe, a discount reduces items but not shipping, and tax is due on what is left, and on shipping. Amounts are
whole minor units. The discount and each tax are rounded half up to the smallest amount that can be paid in the currency
(`step`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

#: 100 percent. Percentages are whole numbers too: Stripe's have up to four decimal places.
HUNDRED_PERCENT = 1_000_000


def percentage(number: float | str) -> int:
    """Return a percentage as a whole number: 8.25 → 82500."""
    return int(Decimal(str(number)) * (HUNDRED_PERCENT // 100))


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate. An inclusive tax is a part of the price, an exclusive one is added to it."""

    percentage: int
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Charged:
    """What is charged for: an item or shipping. `subtotal` is its price; a discount may not apply to it."""

    subtotal: int
    rates: tuple[Rate, ...] = ()
    discountable: bool = True


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of one item, or of shipping. `taxes` has an amount for each of its rates, `added` those on top."""

    subtotal: int
    discount: int = 0
    taxes: tuple[int, ...] = ()
    added: int = 0

    @property
    def tax(self) -> int:
        """Return all taxes, those that the price includes too."""
        return sum(self.taxes)

    @property
    def total(self) -> int:
        """Return what is to be paid."""
        return self.subtotal - self.discount + self.added


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a session and of its parts."""

    items: tuple[Sums, ...]
    shipping: Sums

    @property
    def subtotal(self) -> int:
        """Return the price of the items."""
        return sum(each.subtotal for each in self.items)

    @property
    def discount(self) -> int:
        """Return what the discount takes off."""
        return sum(each.discount for each in self.items)

    @property
    def tax(self) -> int:
        """Return all taxes."""
        return sum(each.tax for each in self.items) + self.shipping.tax

    @property
    def total(self) -> int:
        """Return what is to be paid."""
        return sum(each.total for each in self.items) + self.shipping.total


def compute(
    items: Sequence[Charged],
    shipping: Charged | None = None,
    *,
    percent_off: int = 0,
    amount_off: int = 0,
    step: int = 1,
) -> Totals:
    """Return the sums. The discount is a percentage, or an amount in minor units."""
    prices = [each.subtotal if each.discountable else 0 for each in items]
    off = amount_off or rounded(sum(prices) * percent_off, HUNDRED_PERCENT, step)
    discounts = split(min(off, sum(prices)), prices, step)
    return Totals(
        tuple(_sums(each, discount, step) for each, discount in zip(items, discounts, strict=True)),
        _sums(shipping or Charged(0), 0, step),
    )


def _sums(charged: Charged, discount: int, step: int) -> Sums:
    base = charged.subtotal - discount
    # Exclusive taxes are due on the price without the taxes that it includes.
    whole = HUNDRED_PERCENT + sum(rate.percentage for rate in charged.rates if rate.inclusive)
    taxes = tuple(rounded(base * rate.percentage, whole, step) for rate in charged.rates)
    added = sum(tax for tax, rate in zip(taxes, charged.rates, strict=True) if not rate.inclusive)
    return Sums(charged.subtotal, discount, taxes, added)


def rounded(numerator: int, denominator: int, step: int = 1) -> int:
    """Return the multiple of `step` that is nearest to the fraction, the larger one of two. None is negative."""
    return (2 * numerator + denominator * step) // (2 * denominator * step) * step


def split(amount: int, weights: Sequence[int], step: int = 1) -> list[int]:
    """Divide an amount in proportion to the weights, in multiples of `step` ("largest remainder").

    No part is larger than its weight, if the amount is not larger than their sum.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    if amount % step or any(weight % step for weight in weights):
        step = 1
    units = amount // step
    parts = [units * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(units * weights[place] % whole))
    for place in by_remainder[: units - sum(parts)]:
        parts[place] += 1
    return [part * step for part in parts]
