"""Read Stripe's objects into typed records.

Events have the endpoint's or the account's API version, not ours. So the types of all values are checked, and a missing
or unexpected value results in no fact, never in an error.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.payments.facts import SESSION_RANK, Amounts, Decline, Facts, only
from app.payments.stripe.event_types import EVENT_TYPES

StripeObject = dict[str, Any]

MAX_ID = 255  # characters (Stripe: "Upgrades: what changes does Stripe consider backwards-compatible")
MAX_EMAIL = 254  # characters (RFC 5321)
MAX_PHONE = 40  # characters; an international number has 15 digits (ITU-T E.164)
MAX_TEXT = 1000  # characters
MAX_AMOUNT = 10**15  # minor units; far above any payment, while sums still fit the database
LAST_SECOND = 2**33  # since the epoch; in the year 2242


# Stripe: "Address".
ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
# The metadata of the doctor's sessions.
PURPOSE, CHECK = "purpose", "doctor"
# The metadata with the installation that an order belongs to (app.web.installation).
INSTALLATION = "installation"
OUR_METADATA = ("order_id", INSTALLATION, "reference", PURPOSE)
MAX_METADATA = 50  # keys of one object


@dataclass(frozen=True, slots=True)
class Reference:
    """The ids by which a Stripe object names an order; empty if it does not."""

    order_ids: tuple[uuid.UUID, ...] = ()
    session_id: str = ""
    payment_intent_id: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A Checkout Session's values as Stripe sent them, to compare with its order."""

    id: str
    url: str
    email: str
    phone: str
    shipping: str  # JSON: the name and the address; "{}" if the buyer entered none
    livemode: Any
    currency: Any
    names: tuple[Any, ...]  # the orders that it names: first client_reference_id, which can't be changed later


@dataclass(frozen=True, slots=True)
class Event:
    """New facts about an order: from one of Stripe's events, a response of its API, or a decision in the admin.

    Only Stripe's events have an `id`, and only they are stored.
    """

    reference: Reference
    facts: Facts
    session: Session | None = None
    id: str = ""
    type: str = ""
    created: int = 0  # seconds since the epoch
    livemode: bool = False
    payload: str = ""
    source: str = ""
    error: str = ""  # why it could not be read; it then has no facts
    is_check: bool = False  # from a doctor's check, whose order is deleted afterwards
    installation: str = ""  # that created the session, the payment or the refund; empty if it does not say

    @property
    def is_about_orders(self) -> bool:
        """Return whether it can be about an order."""
        return not self.id or self.type in EVENT_TYPES

    @property
    def is_our_payment(self) -> bool:
        """Return whether it reports that one of our sessions was paid: ours name the order in both fields."""
        names = self.session.names if self.session else ()
        return self.facts.is_paid and names == tuple(str(order_id) for order_id in self.reference.order_ids) * 2

    @property
    def may_be_ours(self) -> bool:
        """Return whether it can belong to a still unknown order: it names an order, or only a payment."""
        names_a_payment = self.reference.payment_intent_id and not self.reference.session_id
        return bool(self.reference.order_ids or names_a_payment)


def read_event(event: StripeObject, payload: str, source: str) -> Event:
    """Read a verified event. `payload` is its JSON as received; `source` is a value of `StripeEvent.Source`.

    Never raises: an event that can't be read becomes a record with an `error`, which is stored.
    """
    kept: dict[str, Any] = {
        "id": event["id"],
        "type": event["type"],
        "created": _created(event.get("created")),
        "livemode": event.get("livemode") is True,
        "payload": payload,
        "source": source,
    }
    try:
        return _read(event["data"]["object"], **kept)
    except Exception as error:
        return Event(Reference(), Facts(), **kept, error=f"{type(error).__name__}: {error}"[:MAX_TEXT])


def read_object(obj: StripeObject) -> Event:
    """Read an object from Stripe's API: a Checkout Session, PaymentIntent, charge, refund or dispute."""
    return _read(obj)


def _read(obj: StripeObject, *, type: str = "", created: int = 0, **kept: Any) -> Event:  # noqa: A002
    is_session = obj.get("object") == "checkout.session"
    if type == "checkout.session.async_payment_failed":
        intent = id_of(obj.get("payment_intent"))
        facts = Facts(session="complete", payment="failed", intent=intent, amounts=_amounts(obj))
    else:
        read = READERS.get(_word(obj.get("object")))
        facts = read(obj, created) if read else Facts()
    session = _session_details(obj) if is_session else None
    metadata = obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Event(
        _reference(obj),
        facts,
        session,
        type=type,
        created=created,
        is_check=metadata.get(PURPOSE) == CHECK and not facts.is_paid,
        installation=_word(metadata.get(INSTALLATION)),
        **kept,
    )


def id_of(value: Any) -> str:
    """Return the id in a field that holds an id, an expanded object, or nothing."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and is_id(value) else ""


def time_of(seconds: Any) -> datetime | None:
    """Return the time in a field that holds seconds since the epoch; None if it does not."""
    return datetime.fromtimestamp(seconds, UTC) if type(seconds) is int and 0 < seconds < LAST_SECOND else None


def due_by(dispute: StripeObject) -> datetime | None:
    """Return when a dispute needs a response (Stripe: "The Dispute object", `evidence_details.due_by`), if known."""
    details = dispute.get("evidence_details")
    return time_of(details.get("due_by")) if isinstance(details, dict) else None


def is_id(value: str) -> bool:
    """Return whether this can be one of Stripe's ids or names: short printable ASCII."""
    return 0 < len(value) <= MAX_ID and value.isascii() and value.isprintable()


def _reference(obj: StripeObject) -> Reference:
    is_session = obj.get("object") == "checkout.session"
    own = id_of(obj)
    is_intent = obj.get("object") == "payment_intent"
    return Reference(
        order_ids=tuple(dict.fromkeys(order_id for name in _names(obj) if (order_id := _uuid(name)))),
        session_id=own if is_session else "",
        payment_intent_id=own if is_intent else id_of(obj.get("payment_intent")),
    )


def _names(obj: StripeObject) -> tuple[Any, ...]:
    """Return the orders that the object names: client_reference_id first, as other programs also write metadata."""
    metadata = obj.get("metadata")
    named = metadata.get("order_id") if isinstance(metadata, dict) else None
    return (obj.get("client_reference_id"), named) if obj.get("object") == "checkout.session" else (named,)


def _session_details(session: StripeObject) -> Session:
    return Session(
        id=id_of(session),
        url=_text(session.get("url")) if isinstance(session.get("url"), str) else "",
        email=_email(session),
        phone=_line(_details(session).get("phone"), MAX_PHONE),
        shipping=_shipping(session),
        livemode=session.get("livemode"),
        currency=session.get("currency"),
        names=_names(session),
    )


def _email(session: StripeObject) -> str:
    """Return the email address that the buyer entered on Stripe's page; it may be non-ASCII (RFC 6531)."""
    email = _details(session).get("email")
    usable = isinstance(email, str) and "@" in email and len(email) <= MAX_EMAIL and email.isprintable()
    return str(email) if usable and _text(email) == email else ""


def _details(session: StripeObject) -> StripeObject:
    details = session.get("customer_details")
    return details if isinstance(details, dict) else {}


def _shipping(session: StripeObject) -> str:
    """Return the name and the address to ship to, as JSON. API versions before 2025-03-31 have them elsewhere."""
    collected = session.get("collected_information")
    found = collected.get("shipping_details") if isinstance(collected, dict) else None
    found = found or session.get("shipping_details") or session.get("shipping")
    if not isinstance(found, dict):
        return "{}"
    address = found.get("address")
    address = address if isinstance(address, dict) else {}
    lines = {part: line for part in ADDRESS if (line := _line(address.get(part)))}
    kept = {"name": _line(found.get("name")), "address": lines}
    return json.dumps({name: value for name, value in kept.items() if value})


def _session(session: StripeObject, created: int) -> Facts:
    status = _word(session.get("status"))
    complete = status == "complete"
    paid = complete and session.get("payment_status") in ("paid", "no_payment_required")
    facts = Facts(
        session=status if status in SESSION_RANK else "open",
        payment="paid" if paid else "unpaid",
        intent=id_of(session.get("payment_intent")),
        amounts=_amounts(session) if complete else Amounts(),
    )
    intent = session.get("payment_intent")
    if isinstance(intent, dict):  # expanded: we asked for it
        facts |= _payment_intent(intent, created)
        if complete and intent.get("status") == "requires_payment_method":
            facts |= Facts(payment="failed")  # a delayed payment method that failed
    return facts


def _amounts(session: StripeObject) -> Amounts:
    total = _amount(session.get("amount_total"))
    subtotal = session.get("amount_subtotal")
    details = session.get("total_details")
    details = details if isinstance(details, dict) else {}
    return Amounts(
        # API versions before 2020-08-27 have no subtotal, and it equals the total.
        subtotal=total if subtotal is None else _amount(subtotal),
        discount=_amount(details.get("amount_discount")),
        tax=_amount(details.get("amount_tax")),
        shipping=_amount(details.get("amount_shipping")),
        total=total,
    )


def _payment_intent(intent: StripeObject, created: int) -> Facts:
    error = intent.get("last_payment_error")
    decline = Decline()
    if isinstance(error, dict):
        code = error.get("decline_code") or error.get("code") or "payment_failed"
        decline = Decline(created, _text(code)[:64], _text(error.get("message") or ""))
    facts = only(id_of(intent), decline=decline, canceled=intent.get("status") == "canceled")
    charge = intent.get("latest_charge")
    return facts | _charge(charge, created) if isinstance(charge, dict) else facts


def _charge(charge: StripeObject, _created: int) -> Facts:
    return only(_paid_by(charge), refunded_at_least=_amount(charge.get("amount_refunded")))


def _refund(refund: StripeObject, _created: int) -> Facts:
    amount, status = _amount(refund.get("amount")), _word(refund.get("status"))
    return only(_paid_by(refund), refunds={id_of(refund): (amount, status)}) if amount and status else Facts()


def _dispute(dispute: StripeObject, _created: int) -> Facts:
    status = _word(dispute.get("status"))
    return only(_paid_by(dispute), disputes={id_of(dispute): status}) if status else Facts()


def _paid_by(obj: StripeObject) -> str:
    return id_of(obj.get("payment_intent"))


def _text(value: Any) -> str:
    """Return text that every database can store: JSON may contain NUL and lone surrogates, databases may not."""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()[:MAX_TEXT]


def _line(value: Any, longest: int = MAX_ID) -> str:
    """Return text on one line; an empty string if it is too long, or no text."""
    line = " ".join(_word(value).split())
    return line if len(line) <= longest and line.isprintable() else ""


def _word(value: Any) -> str:
    return _text(value) if isinstance(value, str) else ""


def _amount(value: Any) -> int:
    """Return an amount in minor units; 0 if it is not one."""
    return value if type(value) is int and 0 <= value <= MAX_AMOUNT else 0


def _created(value: Any) -> int:
    """Return when an event happened, in seconds since the epoch; 0 if unknown."""
    return value if type(value) is int and 0 <= value < 2**62 else 0


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
