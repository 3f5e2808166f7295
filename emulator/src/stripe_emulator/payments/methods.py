"""PaymentMethods: from a test name (`pm_card_visa`), a token, a card number or an IBAN."""

from __future__ import annotations

from datetime import UTC, datetime

from stripe_emulator.account.context import Context
from stripe_emulator.errors import invalid_request, missing_resource, not_supported
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.payment_method import card_hash, new_payment_method, sepa_hash, us_hash
from stripe_emulator.payments import bank_accounts, cards
from stripe_emulator.payments.declines import refused
from stripe_emulator.storage.entity import Entity

#: Prefixes of what Stripe takes for a legacy source, and this emulator does not: bank accounts and sources.
_OTHER_SOURCES = ("btok_", "ba_", "src_")
_UNKNOWN = cards.Card("", "", decline="test_mode_live_card")


def find(context: Context, wanted: str, param: str = "payment_method") -> Entity:
    """Return the stored PaymentMethod, or a new one for a test name. Raises `StripeError`."""
    entity = context.get("payment_method", wanted)
    if entity:
        return entity
    for prefix in ("pm_card_", "tok_"):
        if wanted.startswith(prefix) and (card := cards.by_name(wanted.removeprefix(prefix))):
            return from_card(context, card)
    if account := bank_accounts.by_name(wanted.removeprefix("pm_")):
        return from_us_account(context, account.number, "110000000", {})
    if wanted.startswith(_OTHER_SOURCES):
        raise not_supported(f"`{param}={wanted}`", param=param)
    raise missing_resource("PaymentMethod", wanted, param=param, in_path=False)


def attach(context: Context, entity: Entity, customer: str) -> None:
    """Attach a PaymentMethod to a customer, unless it already is: `payment_method.attached`."""
    if entity.data["customer"] is None:
        entity.data["customer"] = customer
        context.save(entity)
        context.emit("payment_method.attached", entity.data)


def card_of(entity: Entity) -> cards.Card:
    """Return the test card behind a stored PaymentMethod or card."""
    return cards.BY_NUMBER.get(entity.private.get("number", ""), _UNKNOWN)


def from_card(context: Context, card: cards.Card, billing: JSON | None = None) -> Entity:
    """Create a PaymentMethod for a test card, valid for three more years."""
    year = datetime.fromtimestamp(context.now(), UTC).year + 3
    own = card_hash(card.number, card.face, 12, year, checks={**_CHECKED, **dict(card.checks)})
    method = new_payment_method("card", own, billing or {}, context.now())
    return context.add("payment_method", method, {"number": card.number})


_CHECKED = {"cvc_check": "pass"}


def from_number(context: Context, given: JSON, billing: JSON) -> Entity:
    """Create a PaymentMethod from number, exp_month, exp_year and cvc. Raises `StripeError`.

    Only Stripe's own test numbers are stored. Of any other number, only the last four digits are kept.
    """
    number = "".join(given["number"].split()).replace("-", "")
    check_card(context, number, given)
    card = cards.BY_NUMBER.get(number, _UNKNOWN)
    checks = {"cvc_check": "pass" if given.get("cvc") else None, **dict(card.checks)}
    if (billing.get("address") or {}).get("postal_code"):
        checks.setdefault("address_postal_code_check", "pass")
    own = card_hash(number, card.face, given["exp_month"], _year(given["exp_year"]), checks=checks)
    method = new_payment_method("card", own, billing, context.now())
    return context.add("payment_method", method, {"number": card.number})


def check_card(context: Context, number: str, given: JSON) -> None:
    """Check number, expiry and CVC as a card form does. Raises `StripeError`."""
    if not cards.is_plausible(number):
        raise refused("incorrect_number")
    if not 1 <= given["exp_month"] <= 12:
        raise refused("invalid_expiry_month")
    today = datetime.fromtimestamp(context.now(), UTC)
    year = _year(given["exp_year"])
    if (year, given["exp_month"]) < (today.year, today.month) or year > today.year + 50:
        raise refused("invalid_expiry_year")
    cvc = given.get("cvc")
    if cvc is not None and not (cvc.isdecimal() and len(cvc) in (3, 4)):
        raise refused("invalid_cvc")


def _year(year: int) -> int:
    return year + 2000 if year < 100 else year


def from_iban(context: Context, iban: str, billing: JSON) -> Entity:
    """Create a SEPA PaymentMethod. Raises `StripeError` if the check digits are wrong."""
    compact = "".join(iban.split()).upper()
    if not bank_accounts.is_iban(compact):
        message = "The IBAN you provided is invalid."
        raise invalid_request(message, param="sepa_debit[iban]", code="invalid_bank_account_iban")
    method = new_payment_method("sepa_debit", sepa_hash(compact), billing, context.now())
    return context.add("payment_method", method, {"account": compact})


def from_us_account(context: Context, number: str, routing: str, billing: JSON) -> Entity:
    """Create a US bank account PaymentMethod. Raises `StripeError` for invalid numbers."""
    if not bank_accounts.is_routing_number(routing):
        message = "Invalid routing number for US. The number must be 9 digits and pass its checksum."
        raise invalid_request(message, param="us_bank_account[routing_number]", code="routing_number_invalid")
    if not (number.isdecimal() and 4 <= len(number) <= 17):
        message = "You must use a valid test bank account number when making transfers in test mode."
        raise invalid_request(message, param="us_bank_account[account_number]", code="account_number_invalid")
    method = new_payment_method("us_bank_account", us_hash(number, routing), billing, context.now())
    return context.add("payment_method", method, {"account": number})
