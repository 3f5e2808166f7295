"""What Stripe's objects say about an order: which order they belong to, and which facts they hold.

Events render at the endpoint's or the account's API version, not ours, so everything is read tolerantly: a missing
or unexpected value is no fact, never an error.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.payments.state import SESSION_RANK, Decline, Facts

StripeObject = dict[str, Any]

MAX_ID = 255  # characters (Stripe: "Upgrades: what changes does Stripe consider backwards-compatible")
MAX_EMAIL = 254  # characters (RFC 5321)
MAX_TEXT = 1000  # characters
MAX_AMOUNT = 10**15  # minor units; far above any payment, and a sum of many still fits the database


@dataclass(frozen=True)
class Reference:
    """The ids by which an object of Stripe's names an order of ours; empty where it does not."""

    order_id: uuid.UUID | None = None
    session_id: str = ""
    payment_intent_id: str = ""


def id_of(value: Any) -> str:
    """The id in a field that holds an id, an expanded object, or nothing."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and is_id(value) else ""


def is_id(value: str) -> bool:
    """Whether this can be an id or a name of Stripe's: short, of printable ASCII."""
    return 0 < len(value) <= MAX_ID and value.isascii() and value.isprintable()


def _text(value: Any) -> str:
    """A text as every database can hold it: JSON may name NUL and half a surrogate pair, they may not."""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()[:MAX_TEXT]


def _amount(value: Any) -> int:
    """An amount in minor units; 0 for what is none."""
    return value if isinstance(value, int) and 0 <= value <= MAX_AMOUNT else 0


def reference_of(obj: StripeObject) -> Reference:
    """The reference held by a Checkout Session, PaymentIntent, charge, refund or dispute."""
    kind = obj.get("object")
    metadata = obj.get("metadata")
    named = metadata.get("order_id") if isinstance(metadata, dict) else None
    if kind == "checkout.session":
        named = named or obj.get("client_reference_id")
    return Reference(
        order_id=_uuid(named),
        session_id=id_of(obj) if kind == "checkout.session" else "",
        payment_intent_id=id_of(obj) if kind == "payment_intent" else id_of(obj.get("payment_intent")),
    )


def email_of(obj: StripeObject) -> str:
    """The address that the buyer gave on Stripe's page; empty where the object is no session or has none."""
    details = obj.get("customer_details")
    email = details.get("email") if isinstance(details, dict) else None
    return email if isinstance(email, str) and "@" in email and len(email) <= MAX_EMAIL and is_id(email) else ""


def facts_of(obj: StripeObject, *, event_type: str = "", created: int = 0) -> Facts:
    """The facts in an object of Stripe's; `event_type` and `created` (seconds) are those of the event around it."""
    if event_type == "checkout.session.async_payment_failed":
        return Facts(session="complete", payment="failed")
    read = READERS.get(str(obj.get("object")))
    return read(obj, created) if read else Facts()


def _session(session: StripeObject, created: int) -> Facts:
    status = session.get("status")
    paid = session.get("payment_status") in ("paid", "no_payment_required")
    facts = Facts(
        session=status if status in SESSION_RANK else "open",
        payment="paid" if paid and status == "complete" else "unpaid",
    )
    intent = session.get("payment_intent")
    if isinstance(intent, dict):  # expanded: we asked for it
        facts |= _payment_intent(intent, created)
        if facts.session == "complete" and intent.get("status") == "requires_payment_method":
            facts |= Facts(payment="failed")  # an asynchronous method that did not bring the money
    return facts


def _payment_intent(intent: StripeObject, created: int) -> Facts:
    error = intent.get("last_payment_error")
    decline = Decline()
    if isinstance(error, dict):
        code = error.get("decline_code") or error.get("code") or "payment_failed"
        decline = Decline(created, _text(code)[:64], _text(error.get("message") or ""))
    facts = Facts(decline=decline, payment="canceled" if intent.get("status") == "canceled" else "unpaid")
    charge = intent.get("latest_charge")
    return facts | _charge(charge, created) if isinstance(charge, dict) else facts


def _charge(charge: StripeObject, _created: int) -> Facts:
    return Facts(refunded_at_least=_amount(charge.get("amount_refunded")))


def _refund(refund: StripeObject, _created: int) -> Facts:
    amount, status = _amount(refund.get("amount")), refund.get("status")
    if not amount or not isinstance(status, str):
        return Facts()
    return Facts(refunds={id_of(refund): (amount, _text(status))})


def _dispute(dispute: StripeObject, _created: int) -> Facts:
    status = dispute.get("status")
    return Facts(disputes={id_of(dispute): _text(status)}) if isinstance(status, str) else Facts()


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except (TypeError, ValueError, AttributeError):
        return None


READERS: dict[str, Callable[[StripeObject, int], Facts]] = {
    "checkout.session": _session,
    "payment_intent": _payment_intent,
    "charge": _charge,
    "refund": _refund,
    "dispute": _dispute,
}
