"""What can happen to one order at Stripe: generated histories, for hypothesis."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.unit.payments.webhook_sender import event_for


@dataclass(frozen=True)
class Step:
    """An event of a history: its file and the changes to its object."""

    name: str
    changes: tuple[tuple[str, Any], ...]

    def event(self, order_id: object, session_id: str, number: int) -> dict[str, Any]:
        """The event about an order; the number makes its id, so that a duplicate is the same event."""
        event = event_for(str(order_id), self.name, created=1_790_000_000 + number, **dict(self.changes))
        obj = event["data"]["object"]
        ids = {"checkout.session": session_id, "payment_intent": f"pi_{order_id}"}
        obj |= {"id": ids.get(obj["object"], obj["id"]), "payment_intent": f"pi_{order_id}"}
        return event | {"id": f"evt_{order_id}_{number}"}


def step(name: str = "checkout.session.completed", **changes: Any) -> Step:
    return Step(name, tuple(sorted(changes.items())))


def refund(number: int, amount: int, status: str) -> Step:
    kind = "refund.failed" if status == "failed" else "refund.updated"
    return step("refund.updated", type=kind, id=f"re_{number}", amount=amount, status=status)


def dispute(status: str) -> Step:
    return step("charge.dispute.created", type="charge.dispute.updated", status=status)


DECLINED = step("payment_intent.payment_failed")
PAID = step()
UNPAID = step(payment_status="unpaid")
SUCCEEDED = step(type="checkout.session.async_payment_succeeded")
FAILED = step(type="checkout.session.async_payment_failed", payment_status="unpaid")
MISFIT = step(amount_total=1)
EXPIRED = step(type="checkout.session.expired", status="expired", payment_status="unpaid")


@st.composite
def refunds(draw: st.DrawFn) -> list[Step]:
    """The lives of none, one or two refunds."""
    steps: list[Step] = []
    sum_so_far = 0
    for number, amount in enumerate(draw(st.sampled_from([[], [500], [2000], [500, 700], [2000, 2000]]))):
        sum_so_far += amount
        steps += [refund(number, amount, "pending"), step("charge.refunded", amount_refunded=sum_so_far)]
        steps += [refund(number, amount, end) for end in draw(st.sampled_from([[], ["succeeded"], ["failed"]]))]
    return steps


disputes = st.sampled_from(
    [[], ["needs_response"], ["needs_response", "won"], ["needs_response", "under_review", "lost"]]
)
endings = st.sampled_from([[PAID], [UNPAID, SUCCEEDED], [UNPAID, FAILED], [EXPIRED], [UNPAID], []])
misfits = st.sampled_from([[MISFIT], [UNPAID, MISFIT], [MISFIT, step(currency="eur")]])


@st.composite
def histories(draw: st.DrawFn, endings: st.SearchStrategy[list[Step]] = endings | misfits) -> list[Step]:
    """What happens to one order at Stripe, in the order in which it happens."""
    declines = [DECLINED] * draw(st.integers(0, 2))
    ending = draw(endings)
    later: list[Step] = []
    if ending and ending[-1] not in (UNPAID, FAILED, EXPIRED):
        later = draw(refunds()) + [dispute(status) for status in draw(disputes)]
    return declines + ending + later
