"""Buyers who insist: each goes through one story, whatever breaks on the way, and tells what it was promised."""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from subprocess import CalledProcessError
from typing import Any, TypeVar

import stripe
import urllib3
from stripe.checkout import Session

from tests.support.emulator import KEY
from tests.support.stack import Stack

PATIENCE_S = 90.0  # for one step; a system that is killed every few seconds has to let everyone through by then
FAILED_CONFIRMATION = 402

# Test PaymentMethods ("Testing") and what happens after the payment; how many of a hundred buyers do it.
STORIES = {
    "pays": 35,
    "is declined, then pays": 10,
    "is declined and leaves": 8,
    "pays by debit": 8,
    "pays by debit that fails": 5,
    "pays by debit that stays open": 2,
    "closes the page": 5,
    "never pays": 5,
    "gets all back": 8,
    "gets a part back": 8,
    "gets a part back from the shop": 3,
    "disputes": 6,
}
CARDS = {
    "pays by debit": "pm_usBankAccount_success",
    "pays by debit that fails": "pm_usBankAccount_insufficientFunds",
    "pays by debit that stays open": "pm_usBankAccount_processing",
    "disputes": "pm_card_createDispute",
}
TOTAL, PART = 2000, 700  # minor units
T = TypeVar("T")


class GaveUpError(AssertionError):
    """A buyer did not get through in time."""


@dataclass
class Buyer:
    """One purchase. `promised` is the order that the shop answered 200 for."""

    story: str
    stack: Stack
    random: random.Random
    http: urllib3.PoolManager
    promised: dict[str, Any] = field(default_factory=dict)
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
            return
        if "declined" in self.story:
            insist(lambda: self._confirm("pm_card_visa_chargeDeclined"), "be declined")
        if self.story != "is declined and leaves":
            insist(lambda: self._confirm(CARDS.get(self.story, "pm_card_visa")), "pay")
            self._look_at_the_order()
        if self.story == "gets a part back from the shop":
            insist(self._is_paid, "see the order paid")
            insist(self._refund_by_the_shop, "get the money back")
        elif "back" in self.story:
            insist(self._refund, "get the money back")

    def _think(self) -> None:
        time.sleep(self.random.uniform(0, 1))  # people do

    def _checkout(self) -> Any:
        body = {"customer_email": f"{self.key}@example.com"}
        headers = {"Idempotency-Key": self.key}
        answer = self.http.request("POST", f"{self.stack.url}/api/checkout/", json=body, headers=headers)
        return answer.json() if answer.status == 200 else None

    def _confirm(self, method: str) -> bool:
        """The buyer presses Pay; an answer that was lost is looked up before anybody presses again."""
        url = f"{self.stack.emulator_url}/v1/payment_pages/{self.session_id}/confirm"
        headers = {"Authorization": f"Bearer {KEY}"}
        fields = {"payment_method": method}
        answer = self.http.request_encode_body("POST", url, fields, headers, encode_multipart=False)
        confirmed: bool = answer.status in (200, FAILED_CONFIRMATION) or self._session().status != "open"
        return confirmed

    def _expire(self) -> bool:
        if self._session().status == "open":
            self.stripe.v1.checkout.sessions.expire(self.session_id)
        return self._session().status != "open"

    def _refund(self) -> bool:
        """Once, in the dashboard, where people look before they press again."""
        payment: Any = self._session().payment_intent
        if not self.stripe.v1.refunds.list({"payment_intent": payment}).data:
            self.stripe.v1.refunds.create(
                {"payment_intent": payment, "amount": PART if "part" in self.story else TOTAL}
            )
        return True

    def _is_paid(self) -> bool:
        return bool(self.http.request("GET", self.promised["status_url"]).json()["status"] == "paid")

    def _refund_by_the_shop(self) -> bool:
        """By our own command. Its id makes a repeat harmless; what Stripe did not answer is left to the worker."""
        words = ("refund", self.promised["order_id"], "--amount", str(PART), "--id", self.key)
        try:
            self.stack.manage(*words)
        except CalledProcessError as error:
            return "asked for before" in error.stderr or "is kept" in error.stderr
        return True

    def _session(self) -> Session:
        return self.stripe.v1.checkout.sessions.retrieve(self.session_id)

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
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if result := attempt(act):
            return result
        time.sleep(0.2)
    raise GaveUpError(f"nobody let a buyer {what} within {PATIENCE_S:g} s")


def attempt(act: Callable[[], T]) -> T | None:
    """What `act` gives; None when nobody answers, or not as wanted."""
    try:
        return act()
    except (urllib3.exceptions.HTTPError, stripe.StripeError, ValueError):
        return None
