"""An order's state as facts that only ever grow.

Stripe delivers events at least once and in any order. So no event ever sets a status: it contributes facts, facts
are joined (`a | b`, which is commutative, associative and idempotent), and the status is a function of the joined
facts. Whatever arrives, in whatever order and however often, ends in the same state.
"""

from dataclasses import dataclass, field
from typing import Any, Self

SESSION_RANK = {"open": 0, "expired": 1, "complete": 2}
PAYMENT_RANK = {"unpaid": 0, "canceled": 1, "failed": 2, "paid": 3}
REFUND_RANK = {"pending": 0, "requires_action": 1, "succeeded": 2, "canceled": 3, "failed": 4}
DISPUTE_RANK = {
    status: rank
    for rank, status in enumerate(
        (
            "warning_needs_response",
            "warning_under_review",
            "needs_response",
            "under_review",
            "prevented",
            "warning_closed",
            "won",
            "lost",
        )
    )
}
HARMLESS_DISPUTES = {"prevented", "warning_closed", "won"}


@dataclass(frozen=True, order=True)
class Decline:
    """Why a payment attempt failed. The latest one is shown; no state depends on it."""

    created: int = 0  # seconds since the epoch
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known of one order's payment. Amounts are in the order's minor unit."""

    session: str = "open"
    payment: str = "unpaid"
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)  # id → amount, status
    refunded_at_least: int = 0  # the largest `amount_refunded` that a charge has shown
    disputes: dict[str, str] = field(default_factory=dict)  # id → status
    decline: Decline = Decline()
    mismatches: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()  # mismatches that a person has looked at and let pass

    def __or__(self, other: Self) -> "Facts":
        """Both sets of facts joined: of each, the one that is further along."""
        refunds = dict(self.refunds)
        for key, refund in other.refunds.items():
            refunds[key] = max(refunds.get(key, refund), refund, key=lambda r: (REFUND_RANK.get(r[1], 0), r))
        disputes = dict(self.disputes)
        for key, status in other.disputes.items():
            disputes[key] = max(disputes.get(key, status), status, key=lambda s: (DISPUTE_RANK.get(s, 0), s))
        return Facts(
            session=max(self.session, other.session, key=SESSION_RANK.__getitem__),
            payment=max(self.payment, other.payment, key=PAYMENT_RANK.__getitem__),
            refunds=refunds,
            refunded_at_least=max(self.refunded_at_least, other.refunded_at_least),
            disputes=disputes,
            decline=max(self.decline, other.decline),
            mismatches=self.mismatches | other.mismatches,
            accepted=self.accepted | other.accepted,
        )

    @property
    def open_mismatches(self) -> frozenset[str]:
        """What does not fit and was not accepted."""
        return self.mismatches - self.accepted

    @property
    def amount_refunded(self) -> int:
        """What went back to the buyer: refunds that have not failed, also those known only from the charge's sum."""
        failed = sum(amount for amount, status in self.refunds.values() if status in ("failed", "canceled"))
        known = sum(amount for amount, _ in self.refunds.values()) - failed
        return max(known, self.refunded_at_least - failed, 0)

    @property
    def is_paid(self) -> bool:
        """Whether the money was taken, whatever happened to it later."""
        return self.payment == "paid"

    def status(self, amount_total: int) -> str:
        """The order's status (a value of `Order.Status`) for an order of `amount_total`."""
        if self.open_mismatches:
            return "needs_review"
        if self.is_paid:
            return self._status_once_paid(amount_total)
        if self.payment == "failed" or self.session == "expired":
            return "failed" if self.payment == "failed" else "expired"
        if self.payment == "canceled":
            return "canceled"
        return "processing" if self.session == "complete" else "pending"

    def _status_once_paid(self, amount_total: int) -> str:
        if any(status not in HARMLESS_DISPUTES for status in self.disputes.values()):
            return "disputed"
        if self.amount_refunded and self.amount_refunded >= amount_total:
            return "refunded"
        return "partially_refunded" if self.amount_refunded else "paid"

    def to_json(self) -> dict[str, Any]:
        """The facts as JSON values; `from_json` reads them back."""
        return {
            "session": self.session,
            "payment": self.payment,
            "refunds": {key: list(refund) for key, refund in self.refunds.items()},
            "refunded_at_least": self.refunded_at_least,
            "disputes": self.disputes,
            "decline": [self.decline.created, self.decline.code, self.decline.message],
            "mismatches": sorted(self.mismatches),
            "accepted": sorted(self.accepted),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Facts":
        """The facts that `to_json` wrote; an empty dict gives those of a new order."""
        if not stored:
            return cls()
        return cls(
            session=stored["session"],
            payment=stored["payment"],
            refunds={key: (amount, status) for key, (amount, status) in stored["refunds"].items()},
            refunded_at_least=stored["refunded_at_least"],
            disputes=stored["disputes"],
            decline=Decline(*stored["decline"]),
            mismatches=frozenset(stored["mismatches"]),
            accepted=frozenset(stored.get("accepted", ())),  # orders of earlier versions have none
        )
