"""Buyers who insist: each goes through one story, whatever breaks on the way, and tells what it was promised."""

import json
import random
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import CalledProcessError
from typing import Any, TypeVar

import stripe
import urllib3
from stripe.checkout import Session
from stripe.params import CouponCreateParams

from tests.chaos.ledger import SECOND, Outcome
from tests.support.emulator import KEY
from tests.support.stack import Stack
from tests.unit.payments.webhook_sender import event_for, sign

TIMEOUT_S = 240.0  # for one step; a system that is killed every few seconds has to let everyone through by then
FAILED_CONFIRMATION = 402

# Test PaymentMethods ("Testing") and what happens after the payment; how many of a hundred buyers do it.
STORIES = {
    "pays": 25,
    "is declined, then pays": 8,
    "is declined and leaves": 6,
    "pays by debit": 6,
    "pays by debit that fails": 4,
    "pays by debit that stays open": 2,
    "closes the page": 4,
    "never pays": 4,
    "gets all back": 6,
    "gets a part back": 6,
    "gets a part back from the shop": 3,
    "disputes": 2,
    "disputes, and the shop wins": 3,
    "disputes, and the shop loses": 3,
    "asks the bank": 2,
    "uses a coupon": 3,
    "uses a coupon and gets all back": 2,
    "pays tax and shipping": 3,
    "is refunded before the payment is heard of": 3,
    "pays a second session too": 2,
    "pays a second session instead": 2,
}
CARDS = {
    "pays by debit": "pm_usBankAccount_success",
    "pays by debit that fails": "pm_usBankAccount_insufficientFunds",
    "pays by debit that stays open": "pm_usBankAccount_processing",
    "disputes": "pm_card_createDispute",
    "disputes, and the shop wins": "pm_card_createDispute",
    "disputes, and the shop loses": "pm_card_createDispute",
    "asks the bank": "pm_card_createDisputeInquiry",
}
# What decides a dispute ("Testing": "Evidence"), and how.
EVIDENCE = {
    "disputes, and the shop wins": ("winning_evidence", "won"),
    "disputes, and the shop loses": ("losing_evidence", "lost"),
}
TOTAL, PART = 2000, 700  # minor units
# A shop that gives some buyers a coupon: to their sessions, which the catalog knows nothing of.
COUPON: CouponCreateParams = {"id": "CHAOS", "amount_off": 200, "currency": "usd", "duration": "once"}
COUPON_ADDRESSES = "coupon-"  # they begin so
# The emulator has no parameters for these, so signed events tell of them.
TAX, SHIPPING = 165, 500
T = TypeVar("T")


class GaveUpError(AssertionError):
    """A buyer did not get through in time."""


@dataclass
class Buyer:
    """One purchase. `promised` is what the shop answered 200 with."""

    story: str
    stack: Stack
    random: random.Random
    http: urllib3.PoolManager
    promised: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None  # of an order that Stripe's objects do not tell about
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def session_id(self) -> str:
        """The Checkout Session, read from the address of the payment page."""
        return str(self.promised["checkout_url"]).rpartition("/")[2]

    @property
    def stripe(self) -> stripe.StripeClient:
        """The official client, pointed at the emulator: what the dashboard does."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.stack.emulator_url})

    def live(self) -> None:
        """The story from the first click to its end. Raises GaveUpError."""
        self._think()
        self.promised = insist(self._checkout, "check out")
        self._think()
        if self.story == "never pays":
            return
        if self.story == "closes the page":
            insist(self._expire, "expire")
        elif self.story == "pays tax and shipping":
            self._pay_more_than_asked()
        elif self.story == "is refunded before the payment is heard of":
            self._be_refunded_first()
        elif "second session" in self.story:
            self._pay_a_second_session()
        else:
            self._pay()

    def _pay(self) -> None:
        if "declined" in self.story:
            insist(lambda: self._confirm("pm_card_visa_chargeDeclined"), "be declined")
        if self.story != "is declined and leaves":
            insist(lambda: self._confirm(CARDS.get(self.story, "pm_card_visa")), "pay")
            self._look_at_the_order()
        if self.story == "gets a part back from the shop":
            insist(self._is("paid"), "see the order paid")
            insist(self._refund_by_the_shop, "get the money back")
        elif "back" in self.story:
            insist(lambda: self._refund(self._session(), part="part" in self.story), "get the money back")
        if self.story in EVIDENCE:
            insist(self._answer_the_dispute, "dispute")

    def _pay_more_than_asked(self) -> None:
        total = TOTAL + TAX + SHIPPING
        details = {"amount_discount": 0, "amount_tax": TAX, "amount_shipping": SHIPPING}
        self._tell("checkout.session.completed", id=self.session_id, amount_total=total, total_details=details)
        self.outcome = Outcome("paid", total, 0)
        if self.random.random() < 0.5:
            self._tell("refund.updated", id=f"re_{self.key}", amount=PART)
            self.outcome = Outcome("partially_refunded", total, PART)

    def _be_refunded_first(self) -> None:
        """Its refund names nothing but the payment, which nobody knows yet."""
        self._tell("refund.updated", id=f"re_{self.key}", amount=TOTAL)
        self._tell("checkout.session.completed", id=self.session_id)
        self.outcome = Outcome("refunded", TOTAL, TOTAL, delivered=False)

    def _pay_a_second_session(self) -> None:
        """Made for the same order, as people do in a dashboard or with a script. A person of the shop sorts it out."""
        if "too" in self.story:
            insist(lambda: self._confirm("pm_card_visa"), "pay")
            insist(self._is("paid"), "see the order paid")
        second = insist(self._open_second_session, "open a second session")
        insist(lambda: self._confirm("pm_card_visa", second.id), "pay a second session")
        insist(self._is("needs_review"), "have the order reviewed")
        insist(lambda: self._refund(self._session(second.id)), "get the money back")
        decision, status = ("accept", "paid") if "too" in self.story else ("cancel", "expired")
        insist(lambda: self._decide(decision, status), f"{decision} the order")

    def _think(self) -> None:
        time.sleep(self.random.uniform(0, 1))  # people do

    def _checkout(self) -> Any:
        address = f"{COUPON_ADDRESSES if 'coupon' in self.story else ''}{self.key}@example.com"
        body = {"customer_email": address}
        headers = {"Idempotency-Key": self.key}
        answer = self.http.request("POST", f"{self.stack.url}/api/checkout/", json=body, headers=headers)
        return answer.json() if answer.status == 200 else None

    def _confirm(self, method: str, session_id: str = "") -> bool:
        """The buyer presses Pay; an answer that was lost is looked up before anybody presses again."""
        url = f"{self.stack.emulator_url}/v1/payment_pages/{session_id or self.session_id}/confirm"
        headers = {"Authorization": f"Bearer {KEY}"}
        fields = {"payment_method": method}
        answer = self.http.request_encode_body("POST", url, fields, headers, encode_multipart=False)
        if answer.status in (200, FAILED_CONFIRMATION):
            return True
        return self._session(session_id).status != "open"

    def _expire(self) -> bool:
        if self._session().status == "open":
            self.stripe.v1.checkout.sessions.expire(self.session_id)
        return self._session().status != "open"

    def _refund(self, session: Session, *, part: bool = False) -> bool:
        """Once, in the dashboard, where people look before they press again."""
        payment: Any = session.payment_intent
        if not self.stripe.v1.refunds.list({"payment_intent": payment}).data:
            amount = PART if part else session.amount_total or 0
            self.stripe.v1.refunds.create({"payment_intent": payment, "amount": amount})
        return True

    def _answer_the_dispute(self) -> bool:
        payment: Any = self._session().payment_intent
        evidence, verdict = EVIDENCE[self.story]
        [dispute] = self.stripe.v1.disputes.list({"payment_intent": payment}).data
        if dispute.status == "needs_response":
            dispute = self.stripe.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}})
        return dispute.status == verdict

    def _open_second_session(self) -> Session:
        order_id = self.promised["order_id"]
        metadata = {"order_id": order_id, SECOND: "1"}
        price: Any = {"currency": "usd", "unit_amount": TOTAL, "product_data": {"name": "The same once more"}}
        return self.stripe.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "client_reference_id": order_id,
                "metadata": metadata,
                "payment_intent_data": {"metadata": metadata},
                "line_items": [{"price_data": price, "quantity": 1}],
                "success_url": "https://shop.example.com/",
            }
        )

    def _decide(self, decision: str, status: str) -> bool:
        """By a person, who looks whether the order has come to that."""
        code = f"from app.payments import review; review.{decision}({self.promised['order_id']!r})"
        with suppress(CalledProcessError):
            self.stack.manage("shell", "--no-imports", "-v0", "-c", code)
        return self._is(status)()

    def _tell(self, name: str, **changes: Any) -> None:
        """A signed event of the order's payment; like Stripe it comes again until it is answered 200."""
        event = event_for(self.promised["order_id"], name, payment_intent=f"pi_{self.key}", metadata={}, **changes)
        body, url = json.dumps(event), f"{self.stack.url}/stripe-webhook/"

        def deliver() -> bool:
            headers = {"Stripe-Signature": sign(body)}
            return self.http.request("POST", url, body=body, headers=headers).status == 200

        insist(deliver, f"be told of {name}")

    def _is(self, status: str) -> Callable[[], bool]:
        """Look whether the order is so."""
        return lambda: bool(self.http.request("GET", self.promised["status_url"]).json()["status"] == status)

    def _refund_by_the_shop(self) -> bool:
        """By our own command. Its id makes a repeat harmless; what Stripe did not answer is left to the worker."""
        words = ("refund", self.promised["order_id"], "--amount", str(PART), "--id", self.key)
        try:
            self.stack.manage(*words)
        except CalledProcessError as error:
            return "already requested" in error.stderr or "is saved" in error.stderr
        return True

    def _session(self, session_id: str = "") -> Session:
        return self.stripe.v1.checkout.sessions.retrieve(session_id or self.session_id)

    def _look_at_the_order(self) -> None:
        """The return page, which asks a few times; it may come before the webhook."""
        for _ in range(self.random.randint(0, 3)):
            attempt(lambda: self.http.request("GET", self.promised["status_url"]))
            time.sleep(0.3)


def draw_stories(count: int, dice: random.Random) -> list[str]:
    """So many stories: each at least once if there is room, the others by their weight."""
    names = list(STORIES)
    drawn = names[:count] + dice.choices(names, list(STORIES.values()), k=max(0, count - len(names)))
    dice.shuffle(drawn)
    return drawn


def insist(act: Callable[[], T], what: str) -> T:
    """What `act` gives once it gives something, however often it has to be tried."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if result := attempt(act):
            return result
        time.sleep(0.2)
    raise GaveUpError(f"nobody let a buyer {what} within {TIMEOUT_S:g} s")


def attempt(act: Callable[[], T]) -> T | None:
    """Return the result of `act`, or None if there is no answer or not the expected one."""
    try:
        return act()
    except (urllib3.exceptions.HTTPError, stripe.StripeError, ValueError):
        return None
