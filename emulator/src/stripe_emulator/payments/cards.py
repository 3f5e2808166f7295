"""Stripe's test cards ("Testing"): their numbers, PaymentMethods, tokens and outcomes."""

from __future__ import annotations

from dataclasses import dataclass

from stripe_emulator.jsontext import JSON


@dataclass(frozen=True, slots=True)
class Card:
    """A test card. `name` is the part after `pm_card_` and `tok_`; `decline` is the decline code.

    `authentication`: "required", "set_up" (required, except off session), "optional" (if requested), "none",
    "frictionless" (without the buyer), or "error" (the lookup fails, and the payment is declined). A card with both
    is declined after authentication.
    """

    number: str
    name: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: str | None = None
    authentication: str = "none"
    dispute: str | None = None
    disputes: int = 1
    fraud_warning: bool = False
    refund: str | None = None
    risk: str = "normal"
    checks: tuple[tuple[str, str], ...] = ()
    available_at_once: bool = False

    @property
    def face(self) -> JSON:
        """Return the properties that a PaymentMethod shows."""
        return {"brand": self.brand, "country": self.country, "funding": self.funding}


def _brands() -> list[Card]:
    rows = """
    4242424242424242 visa visa US credit|4000056655665556 visa_debit visa US debit
    5555555555554444 mastercard mastercard US credit|2223003122003222 mastercard_2 mastercard US credit
    5200828282828210 mastercard_debit mastercard US debit|5105105105105100 mastercard_prepaid mastercard US prepaid
    378282246310005 amex amex US credit|371449635398431 amex_2 amex US credit
    6011111111111117 discover discover US credit|6011000990139424 discover_2 discover US credit
    6011981111111113 discover_debit discover US debit|3056930009020004 diners diners US credit
    36227206271667 diners_14digits diners US credit|6555900000604105 bccard_dinacard discover US credit
    3566002020360505 jcb jcb JP credit|6200000000000005 unionpay unionpay CN credit
    6200000000000047 unionpay_debit unionpay CN debit|6205500000000000004 unionpay_19digits unionpay CN credit
    4000002500001001 visa_cartesBancaires visa FR debit|5555552500001001 mastercard_cartesBancaires mastercard FR debit
    5555050360000080 mastercard_debit_eftposAuCoBranded mastercard AU debit
    4000050360000001 visa_debit_eftposAuCoBranded visa AU debit
    5200007840000022 ae_mastercard mastercard AE credit|5555558265554449 gb_mastercard mastercard GB credit
    4000058260000005 gb_debit visa GB debit|3530111333300000 jp_jcb jcb JP credit
    4000007640000003 th_credit visa TH credit|4000057640000008 th_debit visa TH debit
    5062210000000009 mx_carnet unknown MX credit|4000051230000072 debit_visaFsaProductCode visa US debit
    5200828282828897 mastercard_debit_mastercardFsaProductCode mastercard US debit
    """
    rows_of = (row.split() for line in rows.strip().splitlines() for row in line.split("|"))
    return [Card(number, name, brand, country, funding) for number, name, brand, country, funding in rows_of]


def _countries() -> list[Card]:
    rows = """
    AE:4000007840000001 AR:4000000320000021 AT:4000000400000008 AU:4000000360000006 BE:4000000560000004
    BG:4000001000000000 BR:4000000760000002 BY:4000001120000005 CA:4000001240000000 CH:4000007560000009
    CL:4000001520000001 CN:4000001560000002 CO:4000001700000003 CR:4000001880000005 CY:4000001960000008
    CZ:4000002030000002 DE:4000002760000016 DK:4000002080000001 EC:4000002180000000 EE:4000002330000009
    ES:4000007240000007 FI:4000002460000001 FR:4000002500000003 GB:4000008260000000 GI:4000002920000005
    GR:4000003000000030 HK:4000003440000004 HR:4000001910000009 HU:4000003480000005 IE:4000003720000005
    IN:4000003560000008 IT:4000003800000008 JP:4000003920000003 LI:4000004380000004 LT:4000004400000000
    LU:4000004420000006 LV:4000004280000005 MT:4000004700000007 MX:4000004840008001 MY:4000004580000002
    NL:4000005280000002 NO:4000005780000007 NZ:4000005540000008 PA:4000005910000000 PE:4000006040000068
    PL:4000006160000005 PT:4000006200000007 PY:4000006000000066 RO:4000006420000001 SA:4000006820000007
    SE:4000007520000008 SG:4000007020000003 SI:4000007050000006 SK:4000007030000001 TW:4000001580000008
    UY:4000008580000003
    """
    pairs = (pair.split(":") for pair in rows.split())
    return [Card(number, country.lower(), country=country) for country, number in pairs]


def _declined(number: str, name: str, code: str) -> Card:
    return Card(number, name, decline=code)


_DECLINED = [
    _declined("4000000000000002", "chargeDeclined", "generic_decline"),
    _declined("4000000000009995", "chargeDeclinedInsufficientFunds", "insufficient_funds"),
    _declined("4000000000009987", "chargeDeclinedLostCard", "lost_card"),
    _declined("4000000000009979", "chargeDeclinedStolenCard", "stolen_card"),
    _declined("4000000000000069", "chargeDeclinedExpiredCard", "expired_card"),
    _declined("4000000000000127", "chargeDeclinedIncorrectCvc", "incorrect_cvc"),
    _declined("4000000000000119", "chargeDeclinedProcessingError", "processing_error"),
    _declined("4000000000006975", "chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"),
    _declined("4100000000000019", "radarBlock", "fraudulent"),
    _declined("4000000000004954", "riskLevelHighest", "fraudulent"),
    _declined("4000000000000341", "chargeCustomerFail", "generic_decline"),
]

_SECURE = [
    Card("4000002500003155", "authenticationRequiredOnSetup", authentication="set_up"),
    Card("4000002760003184", "authenticationRequired", authentication="required"),
    Card("4000003800000446", "authenticationRequiredSetupForOffSession", authentication="set_up"),
    Card(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        authentication="required",
        decline="insufficient_funds",
    ),
    Card("4000000000003220", "threeDSecure2Required", country="IE", authentication="required"),
    Card("4000008400000027", "threeDSecure2RequiredUs", authentication="required"),
    Card("4000000032200000", "threeDSecureFrictionless", authentication="frictionless"),
    Card("4000000000003063", "threeDSecureRequired", authentication="required"),
    Card(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        authentication="required",
        decline="generic_decline",
    ),
    Card("4000008400001280", "threeDSecureRequiredProcessingError", authentication="error"),
    Card("4000000000003055", "threeDSecureOptional", authentication="optional"),
    Card("4000000000003097", "threeDSecureOptionalProcessingError", authentication="optional"),
    Card("4000582600000094", "threeDSecureOutOfBand", country="GB", authentication="required"),
    Card("4000582600000045", "threeDSecureOneTimePasscode", country="GB", authentication="required"),
    Card("4000582600000102", "threeDSecureSingleSelect", country="GB", authentication="required"),
    Card("4000582600000110", "threeDSecureMultiSelect", country="GB", authentication="required"),
]


def _checks(**results: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"{name}_check", result) for name, result in results.items())


_FRAUD = [
    Card("4000000000009235", "riskLevelElevated", risk="elevated"),
    # These succeed: their scores only matter to Radar rules that are off by default.
    Card("4000008400000407", "highFraudDisputeScore"),
    Card("4000008400000159", "highEfwScore"),
    Card("4000008400001017", "radarDynamicRiskThreshold"),
    Card("4000008405600003", "adaptive3dsChallenge"),
    Card("4000058400307872", "cvcCheckFailElevatedRisk", funding="debit", risk="elevated", checks=_checks(cvc="fail")),
    Card(
        "4000058400306072",
        "avsZipFailElevatedRisk",
        funding="debit",
        risk="elevated",
        checks=_checks(address_postal_code="fail"),
    ),
    Card("4000000000000101", "cvcCheckFail", checks=_checks(cvc="fail")),
    Card("4000000000000036", "avsZipFail", checks=_checks(address_postal_code="fail")),
    Card("4000000000000028", "avsLine1Fail", checks=_checks(address_line1="fail")),
    Card("4000000000000010", "avsFail", checks=_checks(address_line1="fail", address_postal_code="fail")),
    Card(
        "4000000000000044",
        "avsUnchecked",
        checks=_checks(address_line1="unavailable", address_postal_code="unavailable"),
    ),
]

_AFTERWARDS = [
    Card("4000000000000259", "createDispute", dispute="fraudulent"),
    Card("4000000000002685", "createDisputeProductNotReceived", dispute="product_not_received"),
    Card("4000000000001976", "createDisputeInquiry", dispute="inquiry"),
    Card("4000000000005423", "createIssuerFraudRecord", fraud_warning=True),
    Card("4000000404000079", "createMultipleDisputes", dispute="fraudulent", disputes=2),
    Card("4000000404000038", "createCe3EligibleDispute", dispute="fraudulent"),
    Card("4000008400000779", "createComplianceDispute", dispute="fraudulent"),
    Card("5105008400000002", "createMastercardComplianceDispute", brand="mastercard", dispute="fraudulent"),
    Card("4000000001000043", "createAutoRepresentmentEligibleDispute", dispute="fraudulent"),
    # Prevented only for accounts that are enrolled in dispute resolution or deflection.
    Card("4000000404004816", "createRapidDisputeResolutionDispute", dispute="fraudulent"),
    Card("4000000404005649", "createCe3BlockDispute", dispute="fraudulent"),
    Card("5105000300000018", "createEthocaAlert", brand="mastercard", dispute="fraudulent"),
    Card("4000000000007726", "pendingRefund", refund="pending"),
    Card("4000000000005126", "refundFail", refund="fails"),
    Card("4000000000000077", "bypassPending", available_at_once=True),
    Card("4000003720000278", "bypassPendingInternational", country="IE", available_at_once=True),
]

#: All test cards, grouped as on Stripe's page.
GROUPS: tuple[tuple[str, list[Card]], ...] = (
    ("Brands", _brands()),
    ("Countries", _countries()),
    ("Declines", _DECLINED),
    ("Authentication", _SECURE),
    ("Fraud and checks", _FRAUD),
    ("Disputes and refunds", _AFTERWARDS),
)
ALL = tuple(card for _, group in GROUPS for card in group)
BY_NUMBER = {card.number: card for card in ALL}
_BY_NAME = {card.name: card for card in ALL}


#: Other names of the same cards.
_ALIASES = {
    "us": "visa",
    "amex_threeDSecureNotSupported": "amex",
    "chargeDeclinedFraudulent": "radarBlock",
    "debit_chargeDeclinedInsufficientFunds": "chargeDeclinedInsufficientFunds",
    "debit_visaHsaProductCode": "debit_visaFsaProductCode",
}


def by_name(name: str) -> Card | None:
    """Return the card for `visa`, or for `visa_chargeDeclined` and `us`, which Stripe also accepts."""
    short = name.removeprefix("visa_")
    return _BY_NAME.get(name) or _BY_NAME.get(_ALIASES.get(short, short))


def is_plausible(number: str) -> bool:
    """Verify a card number's check digit (Luhn) and length."""
    if not number.isdecimal() or not 12 <= len(number) <= 19:
        return False
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0
