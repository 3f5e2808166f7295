"""The pages' languages, and how each locale writes amounts (as in Unicode's CLDR, which browsers use too)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from stripe_emulator.currencies import CURRENCIES, decimals, symbol_of

_GAP = "\u00a0"
_THIN = "\u202f"


class Format(NamedTuple):
    """How a locale writes amounts. Numbers with fewer digits than `grouped_from` are not grouped."""

    decimal: str = "."
    group: str = ","
    symbol_first: bool = True
    gap: str = ""
    grouped_from: int = 4


def _each(locales: str, how: Format) -> dict[str, Format]:
    return dict.fromkeys(locales.split(), how)


#: By locale of Stripe's; the others write amounts as English does.
_FORMATS: Mapping[str, Format] = {
    **_each("da de el hr it ro sl vi", Format(",", ".", symbol_first=False, gap=_GAP)),
    "es": Format(",", ".", symbol_first=False, gap=_GAP, grouped_from=5),
    **_each("id nl pt-BR", Format(",", ".", gap=_GAP)),
    "tr": Format(",", "."),
    "fr": Format(",", _THIN, symbol_first=False, gap=_GAP),
    **_each("cs fi fr-CA hu lt nb ru sk sv", Format(",", _GAP, symbol_first=False, gap=_GAP)),
    **_each("bg et lv pl pt", Format(",", _GAP, symbol_first=False, gap=_GAP, grouped_from=5)),
}
_ENGLISH = Format()


@dataclass(frozen=True, slots=True)
class Locale:
    """A locale of a page. `language` is that of its texts: English, if they are not translated."""

    tag: str
    language: str
    texts: Mapping[str, str]

    def text(self, english: str, **values: object) -> str:
        """Return a text in the page's language; `{name}` in it is replaced by the value."""
        text = self.texts.get(english, english)
        return text.format(**values) if values else text

    def money(self, amount: int, currency: str) -> str:
        """Return an amount as the locale writes it: 123456, "eur" → "1.234,56 €" in German."""
        how = _FORMATS.get(self.tag, _ENGLISH)
        number = f"{abs(amount) / 10 ** CURRENCIES[currency].digits:,.{decimals(amount, currency)}f}"
        whole, _, fraction = number.partition(".")
        group = how.group if len(whole.replace(",", "")) >= how.grouped_from else ""
        number = whole.replace(",", group) + (how.decimal + fraction if fraction else "")
        symbol = symbol_of(currency)
        # A code is always set apart from the number.
        gap = how.gap if symbol else _GAP
        name = symbol or currency.upper()
        sign = "−" if amount < 0 else ""
        return f"{sign}{name}{gap}{number}" if how.symbol_first else f"{sign}{number}{gap}{name}"

    def percentage(self, number: float) -> str:
        """Return a percentage as the locale writes it: 8.25 → "8,25 %" in German."""
        how = _FORMATS.get(self.tag, _ENGLISH)
        return f"{number:g}".replace(".", how.decimal) + (_GAP if how.decimal == "," else "") + "%"


@cache
def _texts(language: str) -> Mapping[str, str]:
    """Return the translations of the English texts."""
    found: dict[str, str] = json.loads(files(__package__).joinpath(f"texts/{language}.json").read_bytes())
    return found


TRANSLATED = ("de", "es")


@cache
def locale(tag: str) -> Locale:
    """Return the locale for one of Stripe's."""
    language = tag.partition("-")[0]
    translated = language in TRANSLATED
    return Locale(tag, language if translated else "en", _texts(language) if translated else {})


_LIKE_ENGLISH = "en en-GB es-419 fil hi-IN ja ko ms mt th zh zh-HK zh-TW"
_KNOWN = {each.lower(): each for each in (*_FORMATS, *_LIKE_ENGLISH.split())}


def locale_of(wanted: str | None, accepted: str) -> Locale:
    """Return a session's locale: `wanted`, or for "auto" the first known one of the browser's (`Accept-Language`)."""
    if wanted and wanted != "auto":
        return locale(wanted)
    for tag in _by_preference(accepted):
        if found := _KNOWN.get(tag) or _KNOWN.get(tag.partition("-")[0]):
            return locale(found)
    return locale("en")


def _by_preference(accepted: str) -> Iterator[str]:
    """Yield the language tags of an `Accept-Language` header in lower case, the most wanted first (RFC 9110)."""
    found = []
    for part in accepted[:500].lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            found.append((-float(weight or 1), tag))
        except ValueError:
            continue
    yield from (tag for _, tag in sorted(found, key=lambda each: each[0]))
