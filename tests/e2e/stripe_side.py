"""Actions at Stripe, outside the buyer's browser: refunds, expiry, and late events."""

from typing import Any

import stripe
import urllib3


class StripeSide:
    """The emulator, used through the official client and the control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = stripe.StripeClient("sk_test_e2e", base_addresses={"api": url})

    def sessions_of(self, order_id: str) -> list[stripe.checkout.Session]:
        """Return the Checkout Sessions of an order."""
        return [each for each in self.sessions() if each.client_reference_id == order_id]

    def sessions(self) -> list[stripe.checkout.Session]:
        """Return all Checkout Sessions, newest first."""
        return list(self.client.v1.checkout.sessions.list({"limit": 100}).auto_paging_iter())

    def payment_intent_of(self, order_id: str) -> str:
        """Return the id of the order's PaymentIntent."""
        [session] = self.sessions_of(order_id)
        assert isinstance(session.payment_intent, str)
        return session.payment_intent

    def charges_of(self, order_id: str) -> list[str]:
        """Return the statuses of the order's charges."""
        charges = self.client.v1.charges.list({"payment_intent": self.payment_intent_of(order_id)})
        return [charge.status for charge in charges.data]

    def refund(self, order_id: str, amount: int) -> None:
        """Refund `amount` in minor units, as the dashboard does."""
        self.client.v1.refunds.create({"payment_intent": self.payment_intent_of(order_id), "amount": amount})

    def expire(self, order_id: str) -> None:
        """Expire the order's open Checkout Session."""
        [session] = self.sessions_of(order_id)
        self.client.v1.checkout.sessions.expire(session.id)

    def clear_faults(self) -> None:
        """Delete all faults."""
        self._control("DELETE", "/_emulator/faults")

    def add_fault(self, **fault: Any) -> None:
        """Create a fault."""
        self._control("POST", "/_emulator/faults", fault)

    def _control(self, method: str, path: str, body: Any = None) -> None:
        answer = urllib3.request(method, self.url + path, json=body)
        assert answer.status < 300, answer.data
