"""Reconcile Stripe's objects with ours, independently of the logic in app.payments."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import stripe
import urllib3
from stripe.checkout import Session

from tests.support.emulator import KEY
from tests.support.endpoint import Received

MAIL = re.compile(r"^Message-ID: <((?:receipt-)?[0-9a-f-]{36})@", re.M)
RECEIPT = "receipt-"  # then the order's id; the ids of other emails are those of their messages
HARMLESS = {"won", "warning_needs_response", "warning_under_review", "warning_closed", "prevented"}
DELIVERABLE = {"paid", "partially_refunded"}
FAILED = {"failed", "canceled"}
# Statuses that are announced as `order.` and their name.
ANNOUNCED = {"processing", "failed", "expired", "canceled", "needs_review", "disputed"}
SECOND = "second_session"  # in the metadata of a session that the order did not create
OURS = """
import json
from app.payments.models import *
orders = Order.objects.values("pk", "status", "amount_paid", "amount_refunded", "stripe_session_id", "paid_at")
print(json.dumps({
    "orders": {str(order.pop("pk")): order for order in orders},
    "fulfillments": {str(each.pk): each.status for each in Fulfillment.objects.all()},
    "events": list(StripeEvent.objects.filter(processed_at__isnull=False).values_list("stripe_id", flat=True)),
    "refunds": {str(refund.pk): refund.status for refund in Refund.objects.all()},
    "messages": {str(each.pk): [each.channel, each.type, each.status] for each in Message.objects.all()},
    "parked": dict(StripeEvent.objects.filter(outcome="parked").values_list("stripe_id", "stripe_payment_intent_id")),
}, default=str))
"""


class Shop(Protocol):
    """A running installation whose Stripe is the emulator."""

    @property
    def emulator_url(self) -> str:
        """The emulator's base URL, without a trailing slash."""

    def manage(self, *arguments: str) -> str:
        """Run `manage.py ARGUMENTS`. Return its output."""


class Outcome(NamedTuple):
    """The expected state of an order; amounts in minor units."""

    status: str
    paid: int = 0
    refunded: int = 0
    delivered: bool = True  # False: it must never be fulfilled; otherwise the status decides


@dataclass
class Sent:
    """What left the shop: a folder of emails, and the calls of ORDER_WEBHOOK_URL that were accepted."""

    mails: Path
    calls: Callable[[], list[Received]]

    def mail_ids(self) -> Counter[str]:
        """Return the Message-ID of each email, copies included."""
        texts = (file.read_text(errors="replace") for file in self.mails.glob("*"))
        return Counter(found for text in texts for found in MAIL.findall(text))


@dataclass
class Reconciliation:
    """Differences by kind, with the ids concerned; empty lists mean that everything matches."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unfulfilled: list[str] = field(default_factory=list)
    by_status: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def matches(self) -> bool:
        """True if nothing is lost, duplicated, wrong or unfulfilled."""
        return not (self.lost or self.duplicated or self.wrong or self.unfulfilled)


def reconcile(shop: Shop, sent: Sent, promised: Mapping[str, Outcome | None]) -> Reconciliation:
    """Compare everything; `promised` holds the orders whose checkout got a 200.

    An outcome is given where Stripe's own objects do not show it.
    """
    ours = json.loads(shop.manage("shell", "--no-imports", "-v0", "-c", OURS))
    result = Reconciliation(by_status=Counter(order["status"] for order in ours["orders"].values()))
    result.lost += [f"order {order_id}" for order_id in sorted(promised.keys() - set(ours["orders"]))]
    delivered = _deliveries(shop, "delivered")
    answered = {entry["event"] for entry in delivered}
    result.lost += [f"event {event_id}" for event_id in sorted(answered - set(ours["events"]))]
    retried = sum(entry["tries"] > 1 for entry in delivered)
    result.deliveries.update({"delivered": len(delivered), "of these after a retry": retried})
    result.deliveries["dropped"] = len(_deliveries(shop, "dropped"))
    calls = urllib3.request("GET", f"{shop.emulator_url}/_emulator/requests").json()["data"]
    result.refusals.update(str(call["status"]) for call in calls if call["status"] in (429, 500, 503))
    sessions_of = sessions_by_order(shop)
    # A refund of another session's payment names no order, so its event stays parked.
    others = {intent_of(each) for sessions in sessions_of.values() for each in sessions if is_second(each)}
    result.wrong += [f"{event} is parked" for event, intent in ours["parked"].items() if intent not in others]
    for order_id, sessions in sessions_of.items():
        _compare(result, order_id, ours["orders"].get(order_id), sessions, promised.get(order_id))
    _compare_refunds(result, ours["refunds"], sessions_of)
    undelivered = {order_id for order_id, outcome in promised.items() if outcome and not outcome.delivered}
    mail_ids = sent.mail_ids()
    _compare_receipts(result, ours, mail_ids, undelivered)
    _compare_messages(result, ours, mail_ids, sent.calls())
    return result


def _compare(
    result: Reconciliation, order_id: str, order: Any, sessions: list[Session], outcome: Outcome | None
) -> None:
    own = [session for session in sessions if not is_second(session)]
    paid = [session for session in own if session.payment_status == "paid"]
    if len(paid) > 1:
        result.duplicated.append(f"{order_id} was paid {len(paid)} times")
    if paid and not (order and order["paid_at"]):
        result.lost.append(f"the payment of {order_id}")
    if order is None:
        result.lost.append(f"order {order_id}")
        return
    session = next((each for each in own if each.id == order["stripe_session_id"]), None)
    if session is None:
        if order["status"] not in ("pending", "expired"):
            result.wrong.append(f"{order_id} is {order['status']} without a session")
        return
    expected = outcome or expected_from(session)
    actual = Outcome(order["status"], order["amount_paid"], order["amount_refunded"], expected.delivered)
    if actual != expected:
        result.wrong.append(f"{order_id} is {actual}, at Stripe {expected}")


def _compare_refunds(result: Reconciliation, ours: dict[str, str], sessions_of: dict[str, list[Session]]) -> None:
    """Check that each refund of the shop was made once. (Their amounts are part of the order's total.)"""
    intents: list[Any] = [session.payment_intent for sessions in sessions_of.values() for session in sessions]
    refunds = [refund.to_dict() for intent in intents if intent for refund in intent.refunds]
    made = Counter(refund["metadata"].get("refund_id") for refund in refunds)
    result.duplicated += [
        f"refund {refund_id} was made {times} times" for refund_id, times in made.items() if refund_id and times > 1
    ]
    result.wrong += [
        f"refund {refund_id} is {status}"
        for refund_id, status in ours.items()
        if (status, made[refund_id]) != ("sent", 1)
    ]


def _compare_receipts(result: Reconciliation, ours: Any, mail_ids: Counter[str], undelivered: set[str]) -> None:
    receipts = Counter({id_.removeprefix(RECEIPT): n for id_, n in mail_ids.items() if id_.startswith(RECEIPT)})
    paid = {order_id for order_id, order in ours["orders"].items() if order["paid_at"]}
    due = {order_id for order_id, order in ours["orders"].items() if order["status"] in DELIVERABLE}
    done = {order_id for order_id, status in ours["fulfillments"].items() if status == "done"}
    unfinished = {order_id for order_id, status in ours["fulfillments"].items() if status in ("pending", "dead")}
    result.unfulfilled += sorted(due - set(receipts)) + sorted(due - done) + sorted(unfinished)
    result.duplicated += [f"a receipt for the unpaid {order_id}" for order_id in sorted(set(receipts) - paid)]
    result.wrong += [f"a receipt for the refunded {order_id}" for order_id in sorted(set(receipts) & undelivered)]
    # All copies carry the same Message-ID, so the buyer sees one. Only a killed worker may have sent a copy.
    result.repeated["receipts"] = receipts.total() - len(receipts)


def _compare_messages(result: Reconciliation, ours: Any, mail_ids: Counter[str], calls: list[Received]) -> None:
    """Check that the other system and the mailboxes know what happened to each order."""
    bodies = {headers["webhook-id"]: json.loads(body) for headers, body in calls}
    sent = bodies.keys() | mail_ids.keys()
    result.messages = Counter(f"{channel} {status}" for channel, _, status in ours["messages"].values())
    result.repeated["calls"] = len(calls) - len(bodies)
    result.wrong += [f"call {id_} is of no message" for id_ in bodies.keys() - ours["messages"].keys()]
    for id_, (channel, type_, status) in ours["messages"].items():
        if status in ("pending", "dead"):
            result.unfulfilled.append(f"message {id_}, {type_} by {channel}, is {status}")
        elif status == "done" and id_ not in sent:
            result.lost.append(f"message {id_}, {type_} by {channel}")
    told: dict[str, Counter[str]] = defaultdict(Counter)  # by order: how often each type, and the sum of refunds
    for body in bodies.values():
        order = told[body["data"]["id"]]
        order[body["type"]] += 1
        order["refunded"] += body["data"]["refund_amount"] * (-1 if body["type"] == "order.refund_failed" else 1)
    for order_id, order in ours["orders"].items():
        due = "paid" if order["status"] in DELIVERABLE else order["status"]
        if due in {"paid", *ANNOUNCED} and not told[order_id][f"order.{due}"]:
            result.lost.append(f"order.{due} of {order_id}")
        if told[order_id]["order.paid"] > 1:
            result.duplicated.append(f"order.paid of {order_id}")
        if told[order_id]["refunded"] != order["amount_refunded"]:
            result.wrong.append(f"refunds of {order_id}: told {told[order_id]['refunded']}")


def is_second(session: Session) -> bool:
    """Return whether it names the order but was not created for it."""
    return session.metadata is not None and SECOND in session.metadata


def intent_of(session: Session) -> str:
    """Return the id of its PaymentIntent, or an empty string."""
    intent: Any = session.payment_intent
    return intent.id if intent else ""


def expected_from(session: Session) -> Outcome:
    """Return the expected state according to Stripe's objects."""
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


def sessions_by_order(shop: Shop) -> dict[str, list[Session]]:
    """Return every Checkout Session at Stripe with its PaymentIntent, refunds and disputes."""
    client = stripe.StripeClient(KEY, base_addresses={"api": shop.emulator_url})
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


def _deliveries(shop: Shop, state: str) -> list[Any]:
    """Read the emulator's delivery log; `delivered` means that the webhook returned 200."""
    url = f"{shop.emulator_url}/_emulator/deliveries?state={state}&limit=100000"
    entries: list[Any] = urllib3.request("GET", url).json()["data"]
    return entries
