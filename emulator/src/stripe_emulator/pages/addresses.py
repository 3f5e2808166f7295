"""The address fields of each country: whether it has states and postal codes, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class AddressFormat(NamedTuple):
    """A country's fields. A name that is empty means that the country has no such field."""

    state: str = ""
    states: Mapping[str, str] = {}
    postal_code: str = "Postal code"
    pattern: str = ""  # of a postal code
    example: str = "1010"


def _named(text: str) -> dict[str, str]:
    return dict(pair.strip().split(" ", 1) for pair in text.replace("\n", " ").split(","))


_US = _named(
    """AL Alabama, AK Alaska, AZ Arizona, AR Arkansas, CA California, CO Colorado, CT Connecticut, DE Delaware,
    DC District of Columbia, FL Florida, GA Georgia, HI Hawaii, ID Idaho, IL Illinois, IN Indiana, IA Iowa, KS Kansas,
    KY Kentucky, LA Louisiana, ME Maine, MD Maryland, MA Massachusetts, MI Michigan, MN Minnesota, MS Mississippi,
    MO Missouri, MT Montana, NE Nebraska, NV Nevada, NH New Hampshire, NJ New Jersey, NM New Mexico, NY New York,
    NC North Carolina, ND North Dakota, OH Ohio, OK Oklahoma, OR Oregon, PA Pennsylvania, RI Rhode Island,
    SC South Carolina, SD South Dakota, TN Tennessee, TX Texas, UT Utah, VT Vermont, VA Virginia, WA Washington,
    WV West Virginia, WI Wisconsin, WY Wyoming, PR Puerto Rico, AA Armed Forces Americas, AE Armed Forces Europe,
    AP Armed Forces Pacific"""
)
_CA = _named(
    """AB Alberta, BC British Columbia, MB Manitoba, NB New Brunswick, NL Newfoundland and Labrador,
    NT Northwest Territories, NS Nova Scotia, NU Nunavut, ON Ontario, PE Prince Edward Island, QC Quebec,
    SK Saskatchewan, YT Yukon"""
)
_AU = _named(
    """ACT Australian Capital Territory, NSW New South Wales, NT Northern Territory, QLD Queensland, SA South Australia,
    TAS Tasmania, VIC Victoria, WA Western Australia"""
)


def _each(countries: str, fields: AddressFormat) -> dict[str, AddressFormat]:
    return dict.fromkeys(countries.split(), fields)


_FORMATS: dict[str, AddressFormat] = {
    # Countries whose addresses have no postal code, or rarely one.
    **_each(
        """AG AO AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GN GQ GY IE JM KI KM KN LC ML
        MO MR MS MW NR NU PA QA RW SB SC SL SR SS ST SX TD TF TG TK TL TO TT TV UG VU YE ZW""",
        AddressFormat(postal_code=""),
    ),
    **_each("AT BE BG CH CY DK HU LU NO SI", AddressFormat(pattern=r"\d{4}")),
    **_each("DE EE FI FR HR LT RS TR UA", AddressFormat(pattern=r"\d{5}", example="10115")),
    **_each("CZ GR SE SK", AddressFormat(pattern=r"\d{3} ?\d{2}", example="110 00")),
    "AE": AddressFormat("Emirate", postal_code=""),
    "AU": AddressFormat("State", _AU, "Postcode", r"\d{4}", "2000"),
    "BR": AddressFormat("State", pattern=r"\d{5}-?\d{3}", example="01310-100"),
    "CA": AddressFormat("Province", _CA, pattern=r"[A-Z]\d[A-Z] ?\d[A-Z]\d", example="M5V 2T6"),
    "CN": AddressFormat("Province", pattern=r"\d{6}", example="100000"),
    "ES": AddressFormat("Province", pattern=r"\d{5}", example="28013"),
    "GB": AddressFormat(postal_code="Postcode", pattern=r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", example="SW1A 1AA"),
    "HK": AddressFormat("District", postal_code=""),
    "IN": AddressFormat("State", postal_code="PIN code", pattern=r"\d{3} ?\d{3}", example="110001"),
    "IT": AddressFormat("Province", pattern=r"\d{5}", example="28013"),
    "JP": AddressFormat("Prefecture", pattern=r"\d{3}-?\d{4}", example="100-0001"),
    "KR": AddressFormat("Province", pattern=r"\d{5}", example="28013"),
    "MX": AddressFormat("State", pattern=r"\d{5}", example="50000"),
    "MY": AddressFormat("State", pattern=r"\d{5}", example="50000"),
    "NL": AddressFormat(pattern=r"\d{4} ?[A-Z]{2}", example="1012 AB"),
    "NZ": AddressFormat(postal_code="Postcode", pattern=r"\d{4}"),
    "PL": AddressFormat(pattern=r"\d{2}-?\d{3}", example="00-001"),
    "PT": AddressFormat(pattern=r"\d{4}-?\d{3}", example="1000-001"),
    "SG": AddressFormat(pattern=r"\d{6}", example="018956"),
    "TH": AddressFormat("Province", pattern=r"\d{5}", example="28013"),
    "US": AddressFormat("State", _US, "ZIP code", r"\d{5}(-?\d{4})?", "10001"),
}
_OTHER = AddressFormat()


def format_of(country: str) -> AddressFormat:
    """Return the fields of a country."""
    return _FORMATS.get(country, _OTHER)


def is_postal_code(country: str, text: str) -> bool:
    """Return whether this can be a postal code of the country."""
    pattern = format_of(country).pattern
    return not pattern or re.fullmatch(pattern, text.upper()) is not None
