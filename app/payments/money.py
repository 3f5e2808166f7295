"""Amounts in words. Amounts are integers in the currency's minor unit everywhere; nothing is ever divided as float."""

# Stripe: "Zero-decimal currencies" and "Three-decimal currencies".
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())  # noqa: SIM905
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())  # noqa: SIM905


def minor_digits(currency: str) -> int:
    """How many digits of an amount in `currency` (lower-case ISO code) come after the decimal point."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def format_amount(amount: int, currency: str) -> str:
    """`2000, "usd"` → `20.00 USD`; `amount` is in minor units."""
    digits = minor_digits(currency)
    if not digits:
        return f"{amount} {currency.upper()}"
    whole, part = divmod(amount, 10**digits)
    return f"{whole}.{part:0{digits}} {currency.upper()}"
