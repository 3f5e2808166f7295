"""Buyers who retry: each follows one story, whatever fails on the way, and records what the shop confirmed."""

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

TIMEOUT_S = 240.0  # for one step, in a system that is killed every few seconds
FAILED_CONFIRMATION = 402

# Each story with its weight per hundred buyers.
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
    "is refunded before the payment arrives": 3,
    "also pays a second session": 2,
    "pays only a second session": 2,
}
CARDS = {  # test PaymentMethods ("Testing")
    "pays by debit": "pm_usBankAccount_success",
    "pays by debit that fails": "pm_usBankAccount_insufficientFunds",
    "pays by debit that stays open": "pm_usBankAccount_processing",
    "disputes": "pm_card_createDispute",
    "disputes, and the shop wins": "pm_card_createDispute",
    "disputes, and the shop loses": "pm_card_createDispute",
    "asks the bank": "pm_card_createDisputeInquiry",
}
# The evidence that decides a dispute ("Testing": "Evidence"), and the result.
EVIDENCE = {
    "disputes, and the shop wins": ("winning_evidence", "won"),
    "disputes, and the shop loses": ("losing_evidence", "lost"),
}
TOTAL, PART = 2000, 700  # minor units
# The shop gives some buyers a coupon, which applies to their sessions and is unknown to the catalog.
COUPON: CouponCreateParams = {"id": "CHAOS", "amount_off": 200, "currency": "usd", "duration": "once"}
COUPON_ADDRESSES = "coupon-"  # their prefix
# The emulator has no parameters for these, so the tests send signed events.
TAX, SHIPPING = 165, 500
T = TypeVar("T")


class GaveUpError(AssertionError):
    """A buyer's step did not succeed in time."""


@dataclass
class Buyer:
    """One purchase. `promised` is the response of the checkout."""

    story: str
    stack: Stack
    random: random.Random
    http: urllib3.PoolManager
    promised: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None  # set if Stripe's objects do not show it
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def session_id(self) -> str:
        """The Checkout Session's id, read from the payment page's URL."""
        return str(self.promised["checkout_url"]).rpartition("/")[2]

    @property
    def stripe(self) -> stripe.StripeClient:
        """The official client, pointed at the emulator; does what the dashboard does."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.stack.emulator_url})

    def live(self) -> None:
        """Play the story to its end. Raise GaveUpError if a step does not succeed in time."""
        self._think()
        self.promised = retry(self._checkout, "check out")
        self._think()
        if self.story == "never pays":
            return
        if self.story == "closes the page":
            retry(self._expire, "expire")
        elif self.story == "pays tax and shipping":
            self._pay_more_than_requested()
        elif self.story == "is refunded before the payment arrives":
            self._refund_before_payment()
        elif "second session" in self.story:
            self._pay_a_second_session()
        else:
            self._pay()

    def _pay(self) -> None:
        if "declined" in self.story:
            retry(lambda: self._confirm("pm_card_visa_chargeDeclined"), "be declined")
        if self.story != "is declined and leaves":
            retry(lambda: self._confirm(CARDS.get(self.story, "pm_card_visa")), "pay")
            self._poll_the_order()
        if self.story == "gets a part back from the shop":
            retry(self._is("paid"), "see the paid order")
            retry(self._refund_by_the_shop, "get the money back")
        elif "back" in self.story:
            retry(lambda: self._refund(self._session(), part="part" in self.story), "get the money back")
        if self.story in EVIDENCE:
            retry(self._answer_the_dispute, "dispute")

    def _pay_more_than_requested(self) -> None:
        total = TOTAL + TAX + SHIPPING
        details = {"amount_discount": 0, "amount_tax": TAX, "amount_shipping": SHIPPING}
        self._deliver("checkout.session.completed", id=self.session_id, amount_total=total, total_details=details)
        self.outcome = Outcome("paid", total, 0)
        if self.random.random() < 0.5:
            self._deliver("refund.updated", id=f"re_{self.key}", amount=PART)
            self.outcome = Outcome("partially_refunded", total, PART)

    def _refund_before_payment(self) -> None:
        """Send the refund first; it names only the payment, which is still unknown."""
        self._deliver("refund.updated", id=f"re_{self.key}", amount=TOTAL)
        self._deliver("checkout.session.completed", id=self.session_id)
        self.outcome = Outcome("refunded", TOTAL, TOTAL, delivered=False)

    def _pay_a_second_session(self) -> None:
        """Pay a session that someone created for the same order; an operator resolves the review."""
        if "also" in self.story:
            retry(lambda: self._confirm("pm_card_visa"), "pay")
            retry(self._is("paid"), "see the paid order")
        second = retry(self._open_second_session, "open a second session")
        retry(lambda: self._confirm("pm_card_visa", second.id), "pay a second session")
        retry(self._is("needs_review"), "have the order reviewed")
        retry(lambda: self._refund(self._session(second.id)), "get the money back")
        decision, status = ("accept", "paid") if "also" in self.story else ("cancel", "expired")
        retry(lambda: self._decide(decision, status), f"{decision} the order")

    def _think(self) -> None:
        time.sleep(self.random.uniform(0, 1))

    def _checkout(self) -> Any:
        address = f"{COUPON_ADDRESSES if 'coupon' in self.story else ''}{self.key}@example.com"
        body = {"customer_email": address}
        headers = {"Idempotency-Key": self.key}
        answer = self.http.request("POST", f"{self.stack.url}/api/checkout/", json=body, headers=headers)
        return answer.json() if answer.status == 200 else None

    def _confirm(self, method: str, session_id: str = "") -> bool:
        """Press Pay; look up a lost response before pressing again."""
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
        """Refund once, as in the dashboard, where existing refunds are visible."""
        payment: Any = session.payment_intent
        if not self.stripe.v1.refunds.list({"payment_intent": payment}).data:
            amount = PART if part else session.amount_total or 0
            self.stripe.v1.refunds.create({"payment_intent": payment, "amount": amount})
        return True

    def _answer_the_dispute(self) -> bool:
        payment: Any = self._session().payment_intent
        evidence, result = EVIDENCE[self.story]
        [dispute] = self.stripe.v1.disputes.list({"payment_intent": payment}).data
        if dispute.status == "needs_response":
            dispute = self.stripe.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}})
        return dispute.status == result

    def _open_second_session(self) -> Session:
        order_id = self.promised["order_id"]
        metadata = {"order_id": order_id, SECOND: "1"}
        price: Any = {"currency": "usd", "unit_amount": TOTAL, "product_data": {"name": "Second session"}}
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
        """Decide a review as an operator would, and check the order's status."""
        code = f"from app.payments import review; review.{decision}({self.promised['order_id']!r})"
        with suppress(CalledProcessError):
            self.stack.manage("shell", "--no-imports", "-v0", "-c", code)
        return self._is(status)()

    def _deliver(self, name: str, **changes: Any) -> None:
        """Deliver a signed event about the order's payment; like Stripe, retry until it gets a 200."""
        event = event_for(self.promised["order_id"], name, payment_intent=f"pi_{self.key}", metadata={}, **changes)
        body, url = json.dumps(event), f"{self.stack.url}/stripe-webhook/"

        def deliver() -> bool:
            headers = {"Stripe-Signature": sign(body)}
            return self.http.request("POST", url, body=body, headers=headers).status == 200

        retry(deliver, f"deliver {name}")

    def _is(self, status: str) -> Callable[[], bool]:
        """Return a check for the order's status."""
        return lambda: bool(self.http.request("GET", self.promised["status_url"]).json()["status"] == status)

    def _refund_by_the_shop(self) -> bool:
        """Refund with our command. Its id makes a retry harmless; the worker resends what Stripe did not confirm."""
        words = ("refund", self.promised["order_id"], "--amount", str(PART), "--id", self.key)
        try:
            self.stack.manage(*words)
        except CalledProcessError as error:
            return "already requested" in error.stderr or "is saved" in error.stderr
        return True

    def _session(self, session_id: str = "") -> Session:
        return self.stripe.v1.checkout.sessions.retrieve(session_id or self.session_id)

    def _poll_the_order(self) -> None:
        """Poll the status as the return page does, possibly before the webhook arrives."""
        for _ in range(self.random.randint(0, 3)):
            attempt(lambda: self.http.request("GET", self.promised["status_url"]))
            time.sleep(0.3)


def draw_stories(count: int, dice: random.Random) -> list[str]:
    """Return `count` stories: each at least once if there is room, the others by weight."""
    names = list(STORIES)
    drawn = names[:count] + dice.choices(names, list(STORIES.values()), k=max(0, count - len(names)))
    dice.shuffle(drawn)
    return drawn


def retry(act: Callable[[], T], what: str) -> T:
    """Retry `act` until it returns a true value, and return that."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if result := attempt(act):
            return result
        time.sleep(0.2)
    raise GaveUpError(f"a buyer could not {what} within {TIMEOUT_S:g} s")


def attempt(act: Callable[[], T]) -> T | None:
    """Return the result of `act`, or None if the request fails."""
    try:
        return act()
    except (urllib3.exceptions.HTTPError, stripe.StripeError, ValueError):
        return None
