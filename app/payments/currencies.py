"""The currencies that Stripe charges in, and amounts as text.

Every amount is an integer in the currency's minor unit, as in Stripe's API; there is no float arithmetic. The table
follows Stripe's page "Supported currencies". What the page leaves open:

- A minimum is published for the currencies that Stripe settles in. Amounts in others must be worth about as much
  after conversion, which only Stripe can check; here their minimum is the smallest possible amount.
- A maximum depends on the payment method. The table has the limit for cards that every recent version of the page
  allows. The newest version allows twelve digits for most cards, and eight for most other payment methods. Stripe
  doesn't offer a method that can't handle the amount.
- Which of these currencies an account may use depends on its country. Stripe rejects the others.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from django.utils import formats


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
HUMAN = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,15}))?(?: *([A-Za-z]{3}))?")


class AmountError(ValueError):
    """Raised for an amount that can't be charged; the text is one sentence for people, `code` is stable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def is_known(currency: str) -> bool:
    """Return whether Stripe charges in `currency`, a lower-case ISO code."""
    return currency in CURRENCIES


def digits(currency: str) -> int:
    """Return how many digits of an amount in `currency` come after the decimal point; 2 if it is unknown."""
    return CURRENCIES.get(currency, Currency()).digits


def check_amount(amount: int, currency: str) -> None:
    """Check a price or an order's total, in minor units.

    Raises AmountError. Its code is `unknown_currency`, `invalid_amount` (not a whole number, or a fraction that the
    currency doesn't have), or Stripe's own `amount_too_small` or `amount_too_large`.
    """
    if not is_known(currency):
        raise AmountError("unknown_currency", f"Stripe has no currency {currency!r}. Use a code like usd or eur.")
    known = CURRENCIES[currency]
    if not isinstance(amount, int) or isinstance(amount, bool):
        example = f"{2000 * known.step} is {format_amount(2000 * known.step, currency)}"
        raise AmountError("invalid_amount", f"{amount!r} is not a whole number of minor units ({example}).")
    words = format_amount(amount, currency)
    if amount < known.minimum:
        least = format_amount(known.minimum, currency)
        raise AmountError("amount_too_small", f"{words} is below Stripe's minimum of {least}.")
    if amount > known.maximum:
        most = format_amount(known.maximum // known.step * known.step, currency)
        raise AmountError("amount_too_large", f"{words} is above Stripe's maximum of {most} for one payment.")
    if amount % known.step:
        raise AmountError("invalid_amount", f"{words} can't be charged: the smallest unit is {_unit(currency)}.")


def format_amount(amount: int, currency: str) -> str:
    """Return `20.00 USD` for `2000, "usd"`; UGX and ISK have no decimals, as their fractions are not in use."""
    places = digits(currency)
    whole, part = divmod(abs(amount), 10**places)
    shown = places and (part or CURRENCIES.get(currency, Currency()).step < 10**places)
    fraction = f".{part:0{places}}" if shown else ""
    return f"{'-' if amount < 0 else ''}{whole}{fraction} {currency.upper()}"


def localize_amount(amount: int, currency: str) -> str:
    """Return the amount as people write it in the active language: `1.234,50 EUR` in German."""
    number, _, code = format_amount(amount, currency).partition(" ")
    places = len(number.partition(".")[2])
    return f"{formats.number_format(Decimal(number), places, force_grouping=True)} {code}"


def parse_amount(text: str, currency: str) -> int:
    """Return the minor units for an amount as people write it (`20`, `20.00`, `20.00 USD`).

    Raises AmountError `invalid_amount` if it is not an amount in this currency. Does not check limits.
    """
    places = digits(currency)
    match = HUMAN.fullmatch(text.strip())
    if not match or (match[4] or currency).lower() != currency:
        example = format_amount(1234 * 10**places, currency).split()[0]
        raise AmountError("invalid_amount", f"Enter an amount in {currency.upper()}, like {example}.")
    sign, whole, fraction, _ = match.groups(default="")
    fraction = fraction.rstrip("0")
    minor = int(whole + fraction.ljust(places, "0")) if len(fraction) <= places else 0
    step = CURRENCIES.get(currency, Currency()).step
    if len(fraction) > places or minor % step:
        raise AmountError("invalid_amount", f"{text.strip()} can't be charged: the smallest unit is {_unit(currency)}.")
    return -minor if sign else minor


def _unit(currency: str) -> str:
    return format_amount(CURRENCIES.get(currency, Currency()).step, currency)
