"""The rates of automatic tax: a plain table by country and state, for tests.

It has the general rate of each place, without local taxes, reduced rates, thresholds or exemptions. Other places have
no tax, as if the shop were not registered there.
"""

from __future__ import annotations

from typing import NamedTuple


class Tax(NamedTuple):
    """One tax of a place: its name for buyers, Stripe's type, its percentage, and who levies it."""

    name: str
    type: str
    percentage: float
    level: str = "country"


def _each(name: str, kind: str, rates: str) -> dict[str, tuple[Tax, ...]]:
    pairs = (pair.split(":") for pair in rates.split())
    return {country: (Tax(name, kind, float(rate)),) for country, rate in pairs}


_COUNTRIES: dict[str, tuple[Tax, ...]] = {
    **_each(
        "VAT",
        "vat",
        """AT:20 BE:21 BG:20 CY:19 CZ:21 DE:19 DK:25 EE:24 ES:21 FI:25.5 FR:20 GR:24 HR:25 HU:27 IE:23 IT:22 LT:21 LU:17
        LV:21 MT:18 NL:21 PL:23 PT:23 RO:21 SE:25 SI:22 SK:23 AE:5 BH:10 CH:8.1 CL:19 CO:19 EG:14 GB:20 IS:24 KE:16
        KR:10 LI:8.1 MX:16 NG:7.5 NO:25 OM:5 PE:18 PH:12 RS:20 SA:15 TH:7 TR:20 UA:20 UG:18 VN:10 ZA:15""",
    ),
    **_each("GST", "gst", "AU:10 IN:18 NZ:15 SG:9"),
    **_each("JCT", "jct", "JP:10"),
}


def _sales(rates: str) -> dict[str, tuple[Tax, ...]]:
    pairs = (pair.split(":") for pair in rates.split())
    return {state: (Tax("Sales tax", "sales_tax", float(rate), "state"),) for state, rate in pairs}


_GST = Tax("GST", "gst", 5.0)
_STATES: dict[str, dict[str, tuple[Tax, ...]]] = {
    # Alaska, Delaware, Montana, New Hampshire and Oregon have no state sales tax.
    "US": _sales(
        """AL:4 AR:6.5 AZ:5.6 CA:7.25 CO:2.9 CT:6.35 DC:6 FL:6 GA:4 HI:4 IA:6 ID:6 IL:6.25 IN:7 KS:6.5 KY:6 LA:5 MA:6.25
        MD:6 ME:5.5 MI:6 MN:6.875 MO:4.225 MS:7 NC:4.75 ND:5 NE:5.5 NJ:6.625 NM:4.875 NV:6.85 NY:4 OH:5.75 OK:4.5 PA:6
        RI:7 SC:6 SD:4.2 TN:7 TX:6.25 UT:4.85 VA:5.3 VT:6 WA:6.5 WI:5 WV:6 WY:4"""
    ),
    "CA": {
        **dict.fromkeys(("AB", "NT", "NU", "YT"), (_GST,)),
        **dict.fromkeys(("NB", "NL", "PE"), (Tax("HST", "hst", 15.0, "state"),)),
        "NS": (Tax("HST", "hst", 14.0, "state"),),
        "ON": (Tax("HST", "hst", 13.0, "state"),),
        "BC": (_GST, Tax("PST", "pst", 7.0, "state")),
        "MB": (_GST, Tax("RST", "rst", 7.0, "state")),
        "SK": (_GST, Tax("PST", "pst", 6.0, "state")),
        "QC": (_GST, Tax("QST", "qst", 9.975, "state")),
    },
}

#: Countries whose taxes depend on the state.
WITH_STATES = frozenset(_STATES)


def taxes(country: str, state: str | None) -> tuple[Tax, ...]:
    """Return the taxes of a place; empty if there are none."""
    if country in _STATES:
        return _STATES[country].get((state or "").upper(), ())
    return _COUNTRIES.get(country, ())
