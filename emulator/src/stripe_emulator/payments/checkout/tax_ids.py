"""The tax IDs that a buyer can enter, by country: Stripe's types and their formats ("Collect customer tax IDs")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class TaxIdType(NamedTuple):
    """A type of tax ID. `example` is shown to the buyer."""

    type: str
    name: str
    pattern: str
    example: str


def _eu(prefix: str, rest: str, example: str) -> TaxIdType:
    return TaxIdType("eu_vat", "VAT", f"{prefix}{rest}", f"{prefix}{example}")


_TYPES: Mapping[str, TaxIdType] = {
    "AT": _eu("AT", r"U\d{8}", "U12345678"),
    "AU": TaxIdType("au_abn", "ABN", r"\d{11}", "12345678912"),
    "BE": _eu("BE", r"[01]\d{9}", "0123456789"),
    "BG": _eu("BG", r"\d{9,10}", "0123456789"),
    "BR": TaxIdType("br_cnpj", "CNPJ", r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}", "01.234.456/5432-10"),
    "CA": TaxIdType("ca_bn", "BN", r"\d{9}", "123456789"),
    "CH": TaxIdType("ch_vat", "VAT", r"CHE-?\d{3}\.?\d{3}\.?\d{3} ?(MWST|TVA|IVA)", "CHE-123.456.789 MWST"),
    "CY": _eu("CY", r"\d{8}[A-Z]", "12345678Z"),
    "CZ": _eu("CZ", r"\d{8,10}", "1234567890"),
    "DE": _eu("DE", r"\d{9}", "123456789"),
    "DK": _eu("DK", r"\d{8}", "12345678"),
    "EE": _eu("EE", r"\d{9}", "123456789"),
    "ES": _eu("ES", r"[A-Z0-9]\d{7}[A-Z0-9]", "A1234567Z"),
    "FI": _eu("FI", r"\d{8}", "12345678"),
    "FR": _eu("FR", r"[A-Z0-9]{2}\d{9}", "AB123456789"),
    "GB": TaxIdType("gb_vat", "VAT", r"GB(\d{9}|\d{12})", "GB123456789"),
    "GR": _eu("EL", r"\d{9}", "123456789"),
    "HR": _eu("HR", r"\d{11}", "12345678912"),
    "HU": _eu("HU", r"\d{8}", "12345678"),
    "IE": _eu("IE", r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}", "1234567AB"),
    "IN": TaxIdType("in_gst", "GSTIN", r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]", "12ABCDE3456FGZH"),
    "IT": _eu("IT", r"\d{11}", "12345678912"),
    "JP": TaxIdType("jp_trn", "Registration number", r"T\d{13}", "T1234567891234"),
    "LT": _eu("LT", r"(\d{9}|\d{12})", "123456789123"),
    "LU": _eu("LU", r"\d{8}", "12345678"),
    "LV": _eu("LV", r"\d{11}", "12345678912"),
    "MT": _eu("MT", r"\d{8}", "12345678"),
    "MX": TaxIdType("mx_rfc", "RFC", r"[A-Z&Ñ]{3,4}\d{6}[A-Z0-9]{3}", "ABC010203AB9"),
    "NL": _eu("NL", r"[A-Z0-9+*]{9}B[A-Z0-9+*]{2}", "123456789B12"),
    "NO": TaxIdType("no_vat", "VAT", r"\d{9}MVA", "123456789MVA"),
    "NZ": TaxIdType("nz_gst", "GST", r"\d{8,9}", "123456789"),
    "PL": _eu("PL", r"\d{10}", "1234567890"),
    "PT": _eu("PT", r"\d{9}", "123456789"),
    "RO": _eu("RO", r"\d{2,10}", "1234567891"),
    "SE": _eu("SE", r"\d{12}", "123456789123"),
    "SG": TaxIdType("sg_gst", "GST", r"(M\d{8}[A-Z]|\d{9}[A-Z])", "M12345678X"),
    "SI": _eu("SI", r"\d{8}", "12345678"),
    "SK": _eu("SK", r"\d{10}", "1234567891"),
    "US": TaxIdType("us_ein", "EIN", r"\d{2}-?\d{7}", "12-3456789"),
    "ZA": TaxIdType("za_vat", "VAT", r"4\d{9}", "4123456789"),
}


def type_of(country: str) -> TaxIdType | None:
    """Return the type of tax IDs of a country; None if it is not supported."""
    return _TYPES.get(country)


def normalized(kind: TaxIdType, text: str) -> str | None:
    """Return a tax ID in capital letters, without spaces at its ends; None if it has another format."""
    value = text.strip().upper()
    return value if re.fullmatch(kind.pattern, value) else None
