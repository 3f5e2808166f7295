"""The reckoning: what Stripe holds against what we hold. It knows nothing of app.payments' own way of deciding."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import stripe
import urllib3
from stripe.checkout import Session

from tests.support.emulator import KEY
from tests.support.stack import Stack

RECEIPT = re.compile(r"^Message-ID: <receipt-([0-9a-f-]{36})@", re.M)
HARMLESS = {"won", "warning_needs_response", "warning_under_review", "warning_closed", "prevented"}
DELIVERABLE = {"paid", "partially_refunded"}
FAILED = {"failed", "canceled"}
SECOND = "second_session"  # in the metadata of a session that is not the order's own
OURS = """
import json
from app.payments.models import *
orders = Order.objects.values("pk", "status", "amount_paid", "amount_refunded", "stripe_session_id", "paid_at")
print(json.dumps({
    "orders": {str(order.pop("pk")): order for order in orders},
    "fulfillments": {str(each.pk): each.status for each in Fulfillment.objects.all()},
    "events": list(StripeEvent.objects.filter(processed_at__isnull=False).values_list("stripe_id", flat=True)),
    "refunds": {str(refund.pk): refund.status for refund in Refund.objects.all()},
    "parked": dict(StripeEvent.objects.filter(outcome="parked").values_list("stripe_id", "stripe_payment_intent_id")),
}, default=str))
"""


class Outcome(NamedTuple):
    """What an order has to be, with amounts in minor units."""

    status: str
    paid: int = 0
    refunded: int = 0
    delivered: bool = True  # False: it must never have been; of others its status says whether it has to be


@dataclass
class Reckoning:
    """Each fault by its kind, with the ids of what it befell. Empty lists: everything is right."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unfulfilled: list[str] = field(default_factory=list)
    by_status: Counter[str] = field(default_factory=Counter)
    receipts_sent_again: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def is_right(self) -> bool:
        """Whether nothing is lost, doubled, wrong or unfulfilled."""
        return not (self.lost or self.doubled or self.wrong or self.unfulfilled)


def reckon(stack: Stack, mails: Path, promised: Mapping[str, Outcome | None]) -> Reckoning:
    """Compare everything; `promised` are the orders that buyers were answered 200 for.

    With an outcome, where Stripe's own objects do not tell it.
    """
    ours = json.loads(stack.manage("shell", "--no-imports", "-v0", "-c", OURS))
    result = Reckoning(by_status=Counter(order["status"] for order in ours["orders"].values()))
    result.lost += [f"order {order_id}" for order_id in sorted(promised.keys() - set(ours["orders"]))]
    delivered = _deliveries(stack, "delivered")
    answered = {entry["event"] for entry in delivered}
    result.lost += [f"event {event_id}" for event_id in sorted(answered - set(ours["events"]))]
    tried_again = sum(entry["tries"] > 1 for entry in delivered)
    result.deliveries.update({"delivered": len(delivered), "of these after another try": tried_again})
    result.deliveries["dropped"] = len(_deliveries(stack, "dropped"))
    calls = urllib3.request("GET", f"{stack.emulator_url}/_emulator/requests").json()["data"]
    result.refusals.update(str(call["status"]) for call in calls if call["status"] in (429, 500, 503))
    sessions_of = sessions_by_order(stack)
    # A refund of another session's payment names no order, so it waits for one that is never told.
    others = {intent_of(each) for sessions in sessions_of.values() for each in sessions if is_second(each)}
    result.wrong += [f"{event} is parked" for event, intent in ours["parked"].items() if intent not in others]
    for order_id, sessions in sessions_of.items():
        _compare(result, order_id, ours["orders"].get(order_id), sessions, promised.get(order_id))
    _compare_refunds(result, ours["refunds"], sessions_of)
    undelivered = {order_id for order_id, outcome in promised.items() if outcome and not outcome.delivered}
    _compare_receipts(result, ours, mails, undelivered)
    return result


def _compare(result: Reckoning, order_id: str, order: Any, sessions: list[Session], outcome: Outcome | None) -> None:
    own = [session for session in sessions if not is_second(session)]
    paid = [session for session in own if session.payment_status == "paid"]
    if len(paid) > 1:
        result.doubled.append(f"{order_id} was paid {len(paid)} times")
    if paid and not (order and order["paid_at"]):
        result.lost.append(f"the money for {order_id}")
    if order is None:
        result.lost.append(f"order {order_id}")
        return
    session = next((each for each in own if each.id == order["stripe_session_id"]), None)
    if session is None:
        if order["status"] not in ("pending", "expired"):
            result.wrong.append(f"{order_id} is {order['status']} without a session")
        return
    truth = outcome or truth_of(session)
    held = Outcome(order["status"], order["amount_paid"], order["amount_refunded"], truth.delivered)
    if held != truth:
        result.wrong.append(f"{order_id} is {held}, at Stripe {truth}")


def _compare_refunds(result: Reckoning, ours: dict[str, str], sessions_of: dict[str, list[Session]]) -> None:
    """Those that the shop asked for: each made once. (All of them are in the order's sum.)"""
    intents: list[Any] = [session.payment_intent for sessions in sessions_of.values() for session in sessions]
    refunds = [refund.to_dict() for intent in intents if intent for refund in intent.refunds]
    made = Counter(refund["metadata"].get("refund_id") for refund in refunds)
    result.doubled += [
        f"refund {refund_id} was made {times} times" for refund_id, times in made.items() if refund_id and times > 1
    ]
    result.wrong += [
        f"refund {refund_id} is {status}"
        for refund_id, status in ours.items()
        if (status, made[refund_id]) != ("sent", 1)
    ]


def _compare_receipts(result: Reckoning, ours: Any, mails: Path, undelivered: set[str]) -> None:
    receipts = Counter(receipts_in(mails))
    paid = {order_id for order_id, order in ours["orders"].items() if order["paid_at"]}
    owed = {order_id for order_id, order in ours["orders"].items() if order["status"] in DELIVERABLE}
    done = {order_id for order_id, status in ours["fulfillments"].items() if status == "done"}
    left = {order_id for order_id, status in ours["fulfillments"].items() if status in ("pending", "dead")}
    result.unfulfilled += sorted(owed - set(receipts)) + sorted(owed - done) + sorted(left)
    result.doubled += [f"a receipt for the unpaid {order_id}" for order_id in sorted(set(receipts) - paid)]
    result.wrong += [f"a receipt for the refunded {order_id}" for order_id in sorted(set(receipts) & undelivered)]
    # Each bears the same Message-ID, so the buyer sees one. Only a worker that was killed may have sent it again.
    result.receipts_sent_again = receipts.total() - len(receipts)


def is_second(session: Session) -> bool:
    """Whether it is not the order's own, though it names the order."""
    return session.metadata is not None and SECOND in session.metadata


def intent_of(session: Session) -> str:
    """The id of its PaymentIntent, if it has one; else nothing."""
    intent: Any = session.payment_intent
    return intent.id if intent else ""


def truth_of(session: Session) -> Outcome:
    """What an order has to be by Stripe's own objects."""
    intent: Any = session.payment_intent
    if session.status != "complete":
        return Outcome("expired" if session.status == "expired" else "pending")
    if session.payment_status != "paid":
        return Outcome("failed" if intent.status == "requires_payment_method" else "processing")
    paid: int = session.amount_total or 0
    refunded: int = sum(refund.amount for refund in intent.refunds if refund.status not in FAILED)
    if any(dispute.status not in HARMLESS for dispute in intent.disputes):
        return Outcome("disputed", paid, refunded)
    if refunded:
        return Outcome("refunded" if refunded == paid else "partially_refunded", paid, refunded)
    return Outcome("paid", paid)


def sessions_by_order(stack: Stack) -> dict[str, list[Session]]:
    """Every Checkout Session at Stripe, with its PaymentIntent, refunds and disputes in it."""
    client = stripe.StripeClient(KEY, base_addresses={"api": stack.emulator_url})
    found: dict[str, list[Session]] = defaultdict(list)
    refunds, disputes = defaultdict(list), defaultdict(list)
    for refund in client.v1.refunds.list({"limit": 100}).auto_paging_iter():
        refunds[refund.payment_intent].append(refund)
    for dispute in client.v1.disputes.list({"limit": 100}).auto_paging_iter():
        disputes[dispute.payment_intent].append(dispute)
    listing = client.v1.checkout.sessions.list({"limit": 100, "expand": ["data.payment_intent"]})
    for session in listing.auto_paging_iter():
        intent: Any = session.payment_intent
        if intent:
            intent.refunds, intent.disputes = refunds[intent.id], disputes[intent.id]
        found[str(session.client_reference_id)].append(session)
    return found


def _deliveries(stack: Stack, state: str) -> list[Any]:
    """From the emulator's delivery log; `delivered` means that the webhook has answered 200."""
    url = f"{stack.emulator_url}/_emulator/deliveries?state={state}&limit=10000"
    entries: list[Any] = urllib3.request("GET", url).json()["data"]
    return entries


def receipts_in(mails: Path) -> list[str]:
    """The order of each receipt that was sent, one entry for each time."""
    return [order_id for file in mails.glob("*") for order_id in RECEIPT.findall(file.read_text(errors="replace"))]
