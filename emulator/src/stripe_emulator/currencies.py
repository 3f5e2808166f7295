"""Currencies: their codes, decimals, and minimum and maximum amounts.

The table follows Stripe's page "Supported currencies". Amounts in currencies without a published minimum must be worth
about 50 US cents. The emulator has no exchange rates, so their minimum here is the smallest possible amount.
"""

from __future__ import annotations

from typing import NamedTuple


class Currency(NamedTuple):
    """Stripe's decimals and limits of a currency; all but `digits` are in minor units."""

    digits: int = 2  # of an amount, after the decimal point
    step: int = 1  # amounts are multiples of it
    minimum: int = 1  # of one payment
    maximum: int = 99_999_999  # of one payment


def _each(codes: str, currency: Currency) -> dict[str, Currency]:
    return dict.fromkeys(codes.split(), currency)


TEN_DIGITS = 9_999_999_999

CURRENCIES: dict[str, Currency] = {
    # "Supported presentment currencies" with two decimals and no special limits.
    **_each(
        """afn all amd ang aoa awg azn bam bbd bdt bmd bnd bob bsd bwp byn bzd cdf cny crc cve dop dzd egp etb fjd fkp
        gel ghs gip gmd gtq gyd hnl hrk htg jmd kes kgs khr kyd kzt lak lkr lrd lsl mad mdl mkd mmk mnt mop mro mur mvr
        mwk mzn nad ngn nio npr pab pen pgk pkr qar rsd sar sbd scr shp sle sos srd std szl tjs top try ttd twd tzs uah
        uyu uzs wst xcd xcg yer zmw""",
        Currency(),
    ),
    # "Zero-decimal currencies".
    **_each("bif clp djf gnf kmf mga pyg rwf vnd vuv xaf xof xpf", Currency(digits=0)),
    "jpy": Currency(digits=0, minimum=50, maximum=TEN_DIGITS),
    "krw": Currency(digits=0, minimum=50),
    # "Three-decimal currencies": card networks require the last digit to be 0.
    **_each("bhd jod kwd omr tnd", Currency(digits=3, step=10, minimum=10)),
    # "Special cases": their fractions are not in use, but Stripe counts them: 5 UGX is 500.
    **_each("isk ugx", Currency(step=100, minimum=100)),
    # "Minimum and maximum charge amounts".
    **_each("ars aud brl cad chf eur ils nzd php rub sgd usd zar", Currency(minimum=50)),
    "aed": Currency(minimum=200),
    "bgn": Currency(minimum=100),
    "cop": Currency(minimum=50, maximum=TEN_DIGITS),
    "czk": Currency(minimum=1500),
    "dkk": Currency(minimum=250),
    "gbp": Currency(minimum=30),
    "hkd": Currency(minimum=400),
    "huf": Currency(minimum=17500, maximum=TEN_DIGITS),
    "idr": Currency(minimum=50, maximum=999_999_999_999),
    "inr": Currency(minimum=50, maximum=999_999_999),
    "lbp": Currency(maximum=99_999_999_999),
    "mxn": Currency(minimum=1000),
    "myr": Currency(minimum=200),
    "nok": Currency(minimum=300),
    "pln": Currency(minimum=200),
    "ron": Currency(minimum=200),
    "sek": Currency(minimum=300),
    "thb": Currency(minimum=1000),
}

_SYMBOLS = {
    "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "krw": "₩", "aud": "A$", "cad": "CA$",
    "nzd": "NZ$", "brl": "R$", "mxn": "MX$", "hkd": "HK$", "cny": "CN¥", "ils": "₪", "vnd": "₫",
}  # fmt: skip


def symbol_of(currency: str) -> str | None:
    """Return the currency's symbol; None if its code is used instead."""
    return _SYMBOLS.get(currency)


def decimals(amount: int, currency: str) -> int:
    """Return how many decimals an amount is shown with: without cents in currencies where they are not in use."""
    places, step, *_ = CURRENCIES[currency]
    return 0 if step == 10**places and amount % step == 0 else places


def display(amount: int, currency: str) -> str:
    """Format an amount: 1999, "usd" → "$19.99"; 500, "ugx" → "UGX 5"; 1000, "chf" → "CHF 10.00"."""
    number = f"{abs(amount) / 10 ** CURRENCIES[currency].digits:,.{decimals(amount, currency)}f}"
    symbol = symbol_of(currency) or currency.upper() + "\u00a0"
    return f"{'−' if amount < 0 else ''}{symbol}{number}"


class Money(NamedTuple):
    """An amount in a message: pages write it as in their locale, everything else as `display` does."""

    amount: int
    currency: str

    def __str__(self) -> str:
        return display(self.amount, self.currency)


def fraction_error(amount: int, currency: str) -> str:
    """Return the error message for an amount with a fraction that is not in use; empty if there is none."""
    step = CURRENCIES[currency].step
    return f"Invalid amount: {currency} amounts must be evenly divisible by {step}." if amount % step else ""
