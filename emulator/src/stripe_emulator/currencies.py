"""Currencies: their decimals and the smallest and largest charge."""

from __future__ import annotations

#: "Supported currencies".
CURRENCIES = frozenset({
    "usd", "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd", "bdt", "bgn",
    "bhd", "bif", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad", "cdf", "chf", "clp", "cny",
    "cop", "crc", "cve", "czk", "djf", "dkk", "dop", "dzd", "egp", "etb", "eur", "fjd", "fkp", "gbp", "gel",
    "ghs", "gip", "gmd", "gnf", "gtq", "gyd", "hkd", "hnl", "hrk", "htg", "huf", "idr", "ils", "inr", "isk",
    "jmd", "jod", "jpy", "kes", "kgs", "khr", "kmf", "krw", "kwd", "kyd", "kzt", "lak", "lbp", "lkr", "lrd",
    "lsl", "mad", "mdl", "mga", "mkd", "mmk", "mnt", "mop", "mro", "mur", "mvr", "mwk", "mxn", "myr", "mzn",
    "nad", "ngn", "nio", "nok", "npr", "nzd", "omr", "pab", "pen", "pgk", "php", "pkr", "pln", "pyg", "qar",
    "ron", "rsd", "rub", "rwf", "sar", "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "std", "szl",
    "thb", "tjs", "tnd", "top", "try", "ttd", "twd", "tzs", "uah", "ugx", "uyu", "uzs", "vnd", "vuv", "wst",
    "xaf", "xcd", "xcg", "xof", "xpf", "yer", "zar", "zmw",
})  # fmt: skip

#: "Zero-decimal currencies".
ZERO_DECIMAL = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof",
    "xpf",
})  # fmt: skip
#: "Three-decimal currencies".
THREE_DECIMAL = frozenset({
    "bhd", "jod", "kwd", "omr", "tnd",
})  # fmt: skip

#: "Minimum and maximum charge amounts", in minor units. Other currencies: the equivalent of 50 US cents,
#: which an emulator without exchange rates takes as one minor unit.
MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300,
    "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
MAXIMUM = 99_999_999

_SYMBOLS = {
    "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "krw": "₩", "aud": "A$", "cad": "CA$",
    "nzd": "NZ$", "brl": "R$", "mxn": "MX$", "hkd": "HK$", "cny": "CN¥", "ils": "₪", "vnd": "₫",
}  # fmt: skip


def decimals(currency: str) -> int:
    """Return how many digits of an amount in minor units are behind the point."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def display(amount: int, currency: str) -> str:
    """Format an amount: 1999, "usd" → "$19.99"; 500, "jpy" → "¥500"; 1000, "chf" → "CHF 10.00"."""
    places = decimals(currency)
    number = f"{abs(amount) / 10**places:,.{places}f}"
    symbol = _SYMBOLS.get(currency, currency.upper() + "\u00a0")
    return f"{'−' if amount < 0 else ''}{symbol}{number}"


def least(currency: str) -> int:
    """Return the smallest amount that can be charged, in minor units."""
    return MINIMUM.get(currency, 1)
