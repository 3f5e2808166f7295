"""Generate everything that can happen to one order at Stripe, for hypothesis."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.unit.payments.webhook_sender import event_for

SESSION, INTENT = "cs_test_a1", "pi_own"
OTHER_SESSION, OTHER_INTENT = "cs_test_other", "pi_other"


@dataclass(frozen=True)
class Step:
    """An event of a history: its file and the changes to its object. A foreign event is about another session's payment
    for the order."""

    name: str
    changes: tuple[tuple[str, Any], ...]
    foreign: bool = False

    def event(self, order_id: object, number: int, *, session: str = SESSION, run: str = "") -> dict[str, Any]:
        """Return the event about an order; equal numbers make the same event, so repeating one makes a duplicate. `run`
        separates the ids of several orders in one database."""
        changes = dict(self.changes)
        event = event_for(str(order_id), self.name, created=1_790_000_000 + number, **changes)
        obj = event["data"]["object"]
        own, intent = (OTHER_SESSION + run, OTHER_INTENT + run) if self.foreign else (session, INTENT + run)
        obj["id"] = {"checkout.session": own, "payment_intent": intent}.get(obj["object"], obj["id"])
        if obj["object"] != "payment_intent":
            obj["payment_intent"] = changes.get("payment_intent", intent)
        return event | {"id": f"evt_{number}{run}"}


def step(name: str = "checkout.session.completed", *, foreign: bool = False, **changes: Any) -> Step:
    return Step(name, tuple(sorted(changes.items())), foreign)


def total(subtotal: int = 2000, *, discount: int = 0, tax: int = 0, shipping: int = 0, paid: int) -> dict[str, Any]:
    """Return a session's totals as Stripe reports them."""
    details = {"amount_discount": discount, "amount_tax": tax, "amount_shipping": shipping}
    return {"amount_subtotal": subtotal, "amount_total": paid, "total_details": details}


def refund(number: str, amount: int, status: str, *, foreign: bool = False) -> Step:
    kind = "refund.failed" if status == "failed" else "refund.updated"
    return step("refund.updated", type=kind, id=f"re_{number}", amount=amount, status=status, foreign=foreign)


def dispute(status: str, *, number: int = 1, foreign: bool = False) -> Step:
    kind = "charge.dispute.updated"
    return step("charge.dispute.created", type=kind, id=f"du_{number}", status=status, foreign=foreign)


DECLINED = step("payment_intent.payment_failed")
PAID = step()
UNPAID = step(payment_status="unpaid")
SUCCEEDED = step(type="checkout.session.async_payment_succeeded")
FAILED = step(type="checkout.session.async_payment_failed", payment_status="unpaid")
EXPIRED = step(type="checkout.session.expired", status="expired", payment_status="unpaid")
# The buyer's total differs from the catalog's, and is still right.
TOTALS = [
    total(discount=200, paid=1800),
    total(tax=380, paid=2380),
    total(tax=319, paid=2000),
    total(shipping=500, paid=2500),
    total(discount=500, tax=380, shipping=500, paid=2380),
]
FREE = step(payment_status="no_payment_required", payment_intent=None, **total(discount=2000, paid=0))
MISMATCH = step(**total(1, paid=1))
MISMATCHES = [
    [MISMATCH],
    [UNPAID, MISMATCH],
    [MISMATCH, step(currency="eur")],
    [step(**total(discount=500, paid=2000))],
]
# A second session for the order, opened by someone else, and what happens to its payment.
SECOND_PAID = step(foreign=True)
SECOND_HISTORIES = [
    [SECOND_PAID],
    [SECOND_PAID, refund("x", 2000, "pending", foreign=True), refund("x", 2000, "succeeded", foreign=True)],
    [SECOND_PAID, step("charge.refunded", amount_refunded=2000, foreign=True)],
    [SECOND_PAID, dispute("needs_response", number=9, foreign=True), dispute("lost", number=9, foreign=True)],
    [step("payment_intent.payment_failed", foreign=True), SECOND_PAID],
    [step(payment_status="unpaid", foreign=True), refund("x", 500, "succeeded", foreign=True)],  # never paid
    [step(type="checkout.session.expired", status="expired", payment_status="unpaid", foreign=True)],
    [step("payment_intent.payment_failed", type="payment_intent.canceled", status="canceled", foreign=True)],
]


@st.composite
def refunds(draw: st.DrawFn) -> list[Step]:
    """Return the histories of up to two refunds."""
    steps: list[Step] = []
    sum_so_far = 0
    for number, amount in enumerate(draw(st.sampled_from([[], [500], [2000], [500, 700], [2000, 2000]]))):
        sum_so_far += amount
        steps += [refund(str(number), amount, "pending"), step("charge.refunded", amount_refunded=sum_so_far)]
        steps += [refund(str(number), amount, end) for end in draw(st.sampled_from([[], ["succeeded"], ["failed"]]))]
    return steps


disputes = st.sampled_from(
    [
        [],
        ["needs_response"],
        ["needs_response", "won"],
        ["needs_response", "under_review", "lost"],
        ["needs_response", "lost", "won"],
        ["warning_needs_response", "warning_closed"],
        ["warning_needs_response", "needs_response", "lost"],
    ]
)
endings = st.sampled_from(
    [[PAID], [UNPAID, SUCCEEDED], [UNPAID, FAILED], [UNPAID, FAILED, SUCCEEDED], [EXPIRED], [UNPAID], [FREE], []]
    + [[step(**each)] for each in TOTALS]
)
mismatches = st.sampled_from(MISMATCHES)
nothing: st.SearchStrategy[list[Step]] = st.just([])
seconds = nothing | st.sampled_from(SECOND_HISTORIES)


@st.composite
def histories(
    draw: st.DrawFn,
    endings: st.SearchStrategy[list[Step]] = endings | mismatches,
    seconds: st.SearchStrategy[list[Step]] = seconds,
) -> list[Step]:
    """Return what happens to one order at Stripe, in chronological order."""
    declines = [DECLINED] * draw(st.integers(0, 2))
    ending = draw(endings)
    later: list[Step] = []
    if ending and ending[-1] not in (UNPAID, FAILED, EXPIRED, FREE):
        later = draw(refunds()) + [dispute(status) for status in draw(disputes)]
    return declines + ending + later + draw(seconds)
