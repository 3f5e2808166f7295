"""Stripe's errors for declined cards ("Card errors", "Decline codes")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stripe_emulator.errors import StripeError, card_error
from stripe_emulator.jsontext import JSON

_DOCS = "https://stripe.com/docs/error-codes/"


@dataclass(frozen=True, slots=True)
class Decline:
    """A decline. `code` is the error's, `decline_code` the issuer's; `seller` is the `seller_message` in `outcome`."""

    code: str
    decline_code: str | None
    message: str
    seller: str = "The bank did not return any further details with this decline."
    param: str | None = None


def _card(decline_code: str, message: str = "Your card was declined.", seller: str = "") -> Decline:
    return Decline(
        "card_declined", decline_code, message, seller or f"The bank returned the decline code `{decline_code}`."
    )


_TOO_OFTEN = "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."

DECLINES: Mapping[str, Decline] = {
    "generic_decline": Decline("card_declined", "generic_decline", "Your card was declined."),
    "insufficient_funds": _card("insufficient_funds", "Your card has insufficient funds."),
    "lost_card": _card("lost_card"),
    "stolen_card": _card("stolen_card"),
    "card_velocity_exceeded": _card("card_velocity_exceeded", _TOO_OFTEN),
    "fraudulent": _card("fraudulent", seller="Stripe blocked this payment as too risky."),
    "authentication_required": Decline(
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
    "test_mode_live_card": _card(
        "test_mode_live_card",
        "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of "
        "valid test cards, visit: https://stripe.com/docs/testing.",
    ),
    "expired_card": Decline("expired_card", "expired_card", "Your card has expired.", param="exp_month"),
    "incorrect_cvc": Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", param="cvc"),
    "processing_error": Decline(
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    "incorrect_number": Decline("incorrect_number", None, "Your card number is incorrect.", param="number"),
    "invalid_expiry_month": Decline(
        "invalid_expiry_month", None, "Your card's expiration month is invalid.", param="exp_month"
    ),
    "invalid_expiry_year": Decline(
        "invalid_expiry_year", None, "Your card's expiration year is invalid.", param="exp_year"
    ),
    "invalid_cvc": Decline("invalid_cvc", None, "Your card's security code is invalid.", param="cvc"),
    "payment_intent_authentication_failure": Decline(
        "payment_intent_authentication_failure",
        None,
        "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
    ),
    "payment_intent_payment_attempt_failed": Decline(
        "payment_intent_payment_attempt_failed", None, "The payment failed."
    ),
    "debit_failed": Decline(
        "payment_intent_payment_attempt_failed",
        None,
        "The bank account could not be debited: the bank refused the payment.",
    ),
    "account_closed": Decline("payment_method_customer_decline", None, "The customer's bank account has been closed."),
    "no_account": Decline("payment_method_customer_decline", None, "The customer's bank account could not be located."),
    "debit_not_authorized": Decline(
        "payment_method_customer_decline",
        None,
        "The customer has notified their bank that this payment was unauthorized.",
    ),
    "debit_insufficient_funds": Decline(
        "payment_method_provider_decline", "insufficient_funds", "The customer's account has insufficient funds."
    ),
}


def error_hash(decline: Decline, *, charge: str | None, method: JSON | None) -> JSON:
    """Build the hash that is both a request's error and a PaymentIntent's `last_payment_error`."""
    error: JSON = {"charge": charge} if charge else {}
    if decline.decline_code in ("insufficient_funds", "generic_decline", "card_velocity_exceeded"):
        error["advice_code"] = "try_again_later"
    error |= {"code": decline.code}
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    error |= {"doc_url": _DOCS + decline.code.replace("_", "-"), "message": decline.message}
    if decline.param:
        error["param"] = decline.param
    if method:
        error["payment_method"] = method
    kind = "card_error" if method is None or method["type"] == "card" else "invalid_request_error"
    return error | {"type": kind}


def refused(code: str) -> StripeError:
    """Return a 402 for card details that are rejected before any payment."""
    return card_error(402, error_hash(DECLINES[code], charge=None, method=None))
