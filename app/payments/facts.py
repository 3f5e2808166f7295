"""An order's state as facts that only grow.

Stripe delivers events at least once and in any order. So no event sets a status: it adds facts, facts are joined
(`a | b`, which is commutative, associative and idempotent: a join-semilattice), and the status is a function of the
joined facts. The same events in any order, repeated or not, give the same state.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Self, TypeVar

Value = TypeVar("Value")

SESSION_RANK = {"open": 0, "expired": 1, "complete": 2}
PAYMENT_RANK = {"unpaid": 0, "failed": 1, "paid": 2}
REFUND_RANK = {"pending": 0, "requires_action": 1, "succeeded": 2, "canceled": 3, "failed": 4}
# A bank can return a lost dispute's money later (Stripe: "Dispute statuses"), so `won` ranks last.
DISPUTE_RANK = {
    status: rank
    for rank, status in enumerate(
        (
            "warning_needs_response",
            "warning_under_review",
            "warning_closed",
            "needs_response",
            "under_review",
            "prevented",
            "lost",
            "won",
        )
    )
}
# An inquiry (`warning_…`) takes no money, and may never become a dispute (Stripe: "Inquiries").
HARMLESS_DISPUTES = {"warning_needs_response", "warning_under_review", "warning_closed", "prevented", "won"}
# Statuses in which the order is to be fulfilled.
DELIVERABLE = frozenset({"paid", "partially_refunded"})


class Decline(NamedTuple):
    """The reason why a payment attempt failed. The latest one is shown; the status does not depend on it."""

    created: int = 0  # seconds since the epoch
    code: str = ""
    message: str = ""


class Amounts(NamedTuple):
    """The amounts of a completed Checkout Session, in the order's minor unit.

    Stripe: "The Checkout Session object": `amount_subtotal`, `total_details`, `amount_total`.
    """

    subtotal: int = 0
    discount: int = 0
    tax: int = 0
    shipping: int = 0
    total: int = 0

    @property
    def add_up(self) -> bool:
        """Return whether the total follows from the rest; tax may already be part of the prices."""
        untaxed = self.subtotal - self.discount + self.shipping
        return 0 <= self.total - untaxed <= self.tax


NO_DECLINE, NO_AMOUNTS = Decline(), Amounts()


def _join(a: dict[str, Value], b: dict[str, Value], join: Callable[[Value, Value], Value]) -> dict[str, Value]:
    if not b:
        return a
    return a | {key: join(a[key], value) if key in a else value for key, value in b.items()}


def _further_refund(a: tuple[int, str], b: tuple[int, str]) -> tuple[int, str]:
    return max(a, b, key=lambda refund: (REFUND_RANK.get(refund[1], 0), refund))


def _further_dispute(a: str, b: str) -> str:
    return max(a, b, key=lambda status: (DISPUTE_RANK.get(status, 0), status))


@dataclass(frozen=True)
class PaymentFacts:
    """The facts of one PaymentIntent. Amounts are in minor units."""

    canceled: bool = False
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)  # id → amount, status
    refunded_at_least: int = 0  # the largest `amount_refunded` of a charge so far
    disputes: dict[str, str] = field(default_factory=dict)  # id → status
    decline: Decline = NO_DECLINE

    def __or__(self, other: Self) -> "PaymentFacts":
        """Join both: keep the version of each fact that is further along."""
        return PaymentFacts(
            canceled=self.canceled or other.canceled,
            refunds=_join(self.refunds, other.refunds, _further_refund),
            refunded_at_least=max(self.refunded_at_least, other.refunded_at_least),
            disputes=_join(self.disputes, other.disputes, _further_dispute),
            decline=max(self.decline, other.decline),
        )

    @cached_property
    def amount_refunded(self) -> int:
        """Return the amount refunded: refunds that have not failed, including those known only from a charge's sum."""
        failed = sum(amount for amount, status in self.refunds.values() if status in ("failed", "canceled"))
        known = sum(amount for amount, _ in self.refunds.values()) - failed
        return max(known, self.refunded_at_least - failed, 0)

    @property
    def is_disputed(self) -> bool:
        """Return whether a bank has taken the money back or is deciding whether to."""
        return any(status not in HARMLESS_DISPUTES for status in self.disputes.values())


NO_PAYMENT_FACTS = PaymentFacts()


@dataclass(frozen=True)
class Facts:
    """The facts of one order.

    `intent` is the PaymentIntent of the order's own Checkout Session. `payments` has the facts of every PaymentIntent
    that names the order, but only those of `intent` count. So a refund of another payment is not a refund of this
    order, whichever event arrives first. The key "" has facts stored before payments were distinguished.
    """

    session: str = "open"
    payment: str = "unpaid"
    intent: str = ""
    amounts: Amounts = NO_AMOUNTS
    payments: dict[str, PaymentFacts] = field(default_factory=dict)
    mismatches: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()  # mismatches that a person accepted
    returned: frozenset[str] = frozenset()  # mismatches closed by a refund: while everything is refunded

    def __or__(self, other: Self) -> "Facts":
        """Join both: keep the version of each fact that is further along."""
        return Facts(
            session=max(self.session, other.session, key=SESSION_RANK.__getitem__),
            payment=max(self.payment, other.payment, key=PAYMENT_RANK.__getitem__),
            intent=max(self.intent, other.intent),
            amounts=max(self.amounts, other.amounts),
            payments=_join(self.payments, other.payments, PaymentFacts.__or__),
            mismatches=self.mismatches | other.mismatches,
            accepted=self.accepted | other.accepted,
            returned=self.returned | other.returned,
        )

    @property
    def is_paid(self) -> bool:
        """Return whether the payment succeeded, whatever happened later."""
        return self.payment == "paid"

    @cached_property
    def own(self) -> PaymentFacts:
        """Return the facts of the order's own payment."""
        return self.payments.get("", NO_PAYMENT_FACTS) | self.payments.get(self.intent, NO_PAYMENT_FACTS)

    @cached_property
    def attempts(self) -> PaymentFacts:
        """Return the facts of the own payment or, while it is unknown, of all attempts to pay this order."""
        if self.intent:
            return self.own
        joined = NO_PAYMENT_FACTS
        for payment in self.payments.values():
            joined |= payment
        return joined

    @property
    def amount_refunded(self) -> int:
        """Return the amount refunded, in minor units."""
        return self.own.amount_refunded

    def amount_paid(self, asked: int) -> int:
        """Return the amount paid, in minor units, for an order whose total is `asked`; 0 before the payment."""
        if not self.is_paid:
            return 0
        return self.amounts.total if any(self.amounts) else asked

    def is_returned(self, asked: int) -> bool:
        """Return whether everything is refunded, for an order whose total is `asked`."""
        return self.is_paid and self.amount_refunded >= self.amount_paid(asked)

    def open_mismatches(self, asked: int) -> frozenset[str]:
        """Return the mismatches that nobody has closed, for an order whose total is `asked`."""
        unaccepted = self.mismatches - self.accepted
        return unaccepted - self.returned if unaccepted and self.is_returned(asked) else unaccepted

    def status(self, asked: int) -> str:
        """Return the status (a value of `Order.Status`) of an order whose total is `asked`."""
        if self.open_mismatches(asked):
            return "needs_review"
        if self.is_paid:
            return self._status_once_paid(asked)
        if self.payment == "failed" or self.session == "expired":
            return "failed" if self.payment == "failed" else "expired"
        if self.own.canceled:
            return "canceled"
        return "processing" if self.session == "complete" else "pending"

    def _status_once_paid(self, asked: int) -> str:
        if self.own.is_disputed:
            return "disputed"
        # An order that cost nothing has nothing to refund, unless a person decided not to fulfill it.
        if self.is_returned(asked) and (self.amount_refunded or self.returned - self.accepted):
            return "refunded"
        return "partially_refunded" if self.amount_refunded else "paid"

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON values; `from_json` reads them back."""
        return {
            "session": self.session,
            "payment": self.payment,
            "intent": self.intent,
            "amounts": list(self.amounts),
            "payments": {key: _payment_to_json(payment) for key, payment in self.payments.items()},
            "mismatches": sorted(self.mismatches),
            "accepted": sorted(self.accepted),
            "returned": sorted(self.returned),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any], *, intent: str = "") -> "Facts":
        """Return the facts that `to_json` wrote; an empty dict gives those of a new order.

        `intent` is the order's PaymentIntent, for orders of the first version, whose facts do not name it.
        """
        if not stored:
            return cls()
        if "payments" not in stored:
            return _from_first_version(stored, intent)
        return cls(
            session=stored["session"],
            payment=stored["payment"],
            intent=stored["intent"],
            amounts=Amounts(*stored["amounts"]),
            payments={key: _payment_from_json(payment) for key, payment in stored["payments"].items()},
            mismatches=frozenset(stored["mismatches"]),
            accepted=frozenset(stored["accepted"]),
            returned=frozenset(stored.get("returned", ())),
        )


def _payment_to_json(payment: PaymentFacts) -> dict[str, Any]:
    return {
        "canceled": payment.canceled,
        "refunds": {key: list(refund) for key, refund in payment.refunds.items()},
        "refunded_at_least": payment.refunded_at_least,
        "disputes": payment.disputes,
        "decline": list(payment.decline),
    }


def _payment_from_json(stored: dict[str, Any]) -> PaymentFacts:
    return PaymentFacts(
        canceled=stored["canceled"],
        refunds={key: (amount, status) for key, (amount, status) in stored["refunds"].items()},
        refunded_at_least=stored["refunded_at_least"],
        disputes=stored["disputes"],
        decline=Decline(*stored["decline"]),
    )


def _from_first_version(stored: dict[str, Any], intent: str) -> Facts:
    """Return facts that were stored as those of one payment. Only a completed session says which payment that was."""
    payment = _payment_from_json({"canceled": stored["payment"] == "canceled"} | stored)
    own = stored["session"] == "complete"
    return Facts(
        session=stored["session"],
        payment="unpaid" if payment.canceled else stored["payment"],
        intent=intent if own else "",
        amounts=Amounts(*stored.get("amounts", ())),  # filled in by migration 0007
        # A canceled order stays canceled, although the payment is unknown.
        payments={"" if own or payment.canceled else intent: payment} if payment != NO_PAYMENT_FACTS else {},
        mismatches=frozenset(stored["mismatches"]),
        accepted=frozenset(stored.get("accepted", ())),
    )


def only(intent: str, **facts: Any) -> Facts:
    """Return one PaymentIntent's facts (the fields of `PaymentFacts`) as facts of an order."""
    payment = PaymentFacts(**facts)
    return Facts(payments={intent: payment}) if intent and payment != NO_PAYMENT_FACTS else Facts()
