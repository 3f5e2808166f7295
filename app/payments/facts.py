"""An order's state as facts that only ever grow.

Stripe delivers events at least once and in any order. So no event ever sets a status: it contributes facts, facts
are joined (`a | b`, which is commutative, associative and idempotent: a join-semilattice), and the status is a
function of the joined facts. Whatever arrives, in whatever order and however often, ends in the same state.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Self, TypeVar

Value = TypeVar("Value")

SESSION_RANK = {"open": 0, "expired": 1, "complete": 2}
PAYMENT_RANK = {"unpaid": 0, "failed": 1, "paid": 2}
REFUND_RANK = {"pending": 0, "requires_action": 1, "succeeded": 2, "canceled": 3, "failed": 4}
# A bank can return a lost dispute's money later (Stripe: "Dispute statuses"), so won is the last word.
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
# Statuses in which the buyer is owed what was bought.
DELIVERABLE = frozenset({"paid", "partially_refunded"})


class Decline(NamedTuple):
    """Why a payment attempt failed. The latest one is shown; no status depends on it."""

    created: int = 0  # seconds since the epoch
    code: str = ""
    message: str = ""


class Amounts(NamedTuple):
    """What a completed Checkout Session says was bought, in the order's minor unit (Stripe: "The Checkout Session
    object": `amount_subtotal`, `total_details`, `amount_total`)."""

    subtotal: int = 0
    discount: int = 0
    tax: int = 0
    shipping: int = 0
    total: int = 0

    @property
    def add_up(self) -> bool:
        """Whether the total follows from the rest; tax may be part of the prices already."""
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
    """What is known of one PaymentIntent. Amounts are in minor units."""

    canceled: bool = False
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)  # id → amount, status
    refunded_at_least: int = 0  # the largest `amount_refunded` that a charge has shown
    disputes: dict[str, str] = field(default_factory=dict)  # id → status
    decline: Decline = NO_DECLINE

    def __or__(self, other: Self) -> "PaymentFacts":
        """Join both: of each fact, the one that is further along."""
        return PaymentFacts(
            canceled=self.canceled or other.canceled,
            refunds=_join(self.refunds, other.refunds, _further_refund),
            refunded_at_least=max(self.refunded_at_least, other.refunded_at_least),
            disputes=_join(self.disputes, other.disputes, _further_dispute),
            decline=max(self.decline, other.decline),
        )

    @property
    def amount_refunded(self) -> int:
        """What went back to the buyer: refunds that have not failed, also those known only from the charge's sum."""
        failed = sum(amount for amount, status in self.refunds.values() if status in ("failed", "canceled"))
        known = sum(amount for amount, _ in self.refunds.values()) - failed
        return max(known, self.refunded_at_least - failed, 0)

    @property
    def is_disputed(self) -> bool:
        """Whether a bank has the money, or decides about it."""
        return any(status not in HARMLESS_DISPUTES for status in self.disputes.values())


@dataclass(frozen=True)
class Facts:
    """What Stripe has told of one order.

    `intent` is the PaymentIntent of the order's own Checkout Session. Facts of every PaymentIntent that names the
    order are kept under that intent's id, but only those of its own count: a refund of somebody else's payment is no
    refund of this order, whichever of them is heard of first. Under "" is what was stored before the two were told
    apart.
    """

    session: str = "open"
    payment: str = "unpaid"
    intent: str = ""
    amounts: Amounts = NO_AMOUNTS
    payments: dict[str, PaymentFacts] = field(default_factory=dict)
    mismatches: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()  # mismatches that a person has looked at and closed
    returned: frozenset[str] = frozenset()  # … and closed by a refund: for as long as all the money is back

    def __or__(self, other: Self) -> "Facts":
        """Join both: of each fact, the one that is further along."""
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
        """Whether the money was taken, whatever happened to it later."""
        return self.payment == "paid"

    @cached_property
    def own(self) -> PaymentFacts:
        """The facts of the order's own payment."""
        return self.payments.get("", PaymentFacts()) | self.payments.get(self.intent, PaymentFacts())

    @cached_property
    def attempts(self) -> PaymentFacts:
        """The facts of the own payment or, while that is not known yet, of all attempts to pay this order."""
        if self.intent:
            return self.own
        joined = PaymentFacts()
        for payment in self.payments.values():
            joined |= payment
        return joined

    @property
    def amount_refunded(self) -> int:
        """What went back to the buyer, in minor units."""
        return self.own.amount_refunded

    def amount_paid(self, asked: int) -> int:
        """What the buyer paid, in minor units, for an order that `asked` for so much; 0 before that."""
        if not self.is_paid:
            return 0
        return self.amounts.total if any(self.amounts) else asked

    def is_returned(self, asked: int) -> bool:
        """Whether all that the buyer paid has gone back, for an order that `asked` for so much."""
        return self.is_paid and self.amount_refunded >= self.amount_paid(asked)

    def open_mismatches(self, asked: int) -> frozenset[str]:
        """Return what does not match and nobody has closed, for an order that `asked` for so much."""
        return self.mismatches - self.accepted - (self.returned if self.is_returned(asked) else frozenset())

    def status(self, asked: int) -> str:
        """Return the order's status (a value of `Order.Status`) for an order that `asked` for so much."""
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
        # What cost nothing has nothing to give back, unless somebody decided that it shall not be delivered.
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
    """Read facts that were stored as those of one payment. Only a completed session has told which one that was."""
    payment = _payment_from_json({"canceled": stored["payment"] == "canceled"} | stored)
    own = stored["session"] == "complete"
    return Facts(
        session=stored["session"],
        payment="unpaid" if payment.canceled else stored["payment"],
        intent=intent if own else "",
        amounts=Amounts(*stored.get("amounts", ())),  # filled in by migration 0007
        # A canceled order stays so, though nobody can say whose payment that was.
        payments={"" if own or payment.canceled else intent: payment} if payment != PaymentFacts() else {},
        mismatches=frozenset(stored["mismatches"]),
        accepted=frozenset(stored.get("accepted", ())),
    )


def only(intent: str, **facts: Any) -> Facts:
    """Return one PaymentIntent's facts (the fields of `PaymentFacts`) as facts of an order."""
    payment = replace(PaymentFacts(), **facts)
    return Facts(payments={intent: payment}) if intent and payment != PaymentFacts() else Facts()
