"""Run an emulator inside the test process."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import stripe
import urllib3

from stripe_emulator import Config, RunningEmulator

T = TypeVar("T")

KEY = "sk_test_0123456789abcdef"
TIMEOUT_S = 60.0  # only a failing test waits this long


def until(look: Callable[[], T], what: str = "it") -> T:
    """Poll `look` and return its first true value."""
    deadline = time.monotonic() + TIMEOUT_S
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {TIMEOUT_S:g} s"
        time.sleep(0.01)
    return seen


class Running(RunningEmulator):
    """Context manager with a new emulator on a free port; bank debits and refunds settle after a minute."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__(config or Config(settle_after=60))
        self.http = urllib3.PoolManager(retries=False, timeout=20)

    def client(self, **options: Any) -> stripe.StripeClient:
        """Return the official client, pointed at this emulator."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}, **{"max_network_retries": 0, **options})

    def api(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Send an API request without the client."""
        full = {"Authorization": f"Bearer {KEY}", **{name.replace("_", "-"): text for name, text in headers.items()}}
        url = f"{self.url}{path}"
        if method == "POST":
            return self.http.request_encode_body("POST", url, params or {}, full, encode_multipart=False)
        return self.http.request_encode_url(method, url, params or {}, full)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> urllib3.BaseHTTPResponse:
        """Submit a form as a browser does; redirects are not followed."""
        body = urlencode(fields)
        full = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self.http.request("POST", f"{self.url}{path}", body=body, headers=full, redirect=False)

    def session(self, **more: Any) -> stripe.checkout.Session:
        """Create an open session for 20.00 USD."""
        params: Any = {**SESSION, **more}
        return self.client().v1.checkout.sessions.create(params)

    def confirm(self, session: stripe.checkout.Session, **fields: str) -> Any:
        """Press Pay as the hosted page's script does. Return the response's JSON."""
        return self.post(f"/c/pay/{session.id}/confirm", {**CARD, **fields}, Accept="application/json").json()

    def paid(self, card: str = "4242424242424242", **more: Any) -> stripe.checkout.Session:
        """Return a session that was paid with `card`."""
        session = self.session(**more)
        answer = self.confirm(session, **{"card-number": card})
        assert "redirect" in answer, answer
        return self.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})

    def events(self, **params: Any) -> list[str]:
        """Return the types of all events, oldest first."""
        wanted: Any = {"limit": 100, **params}
        found = self.client().v1.events.list(wanted)
        return [event.type for event in reversed(found.data)]


SESSION: dict[str, Any] = {
    "mode": "payment",
    "success_url": "https://shop.test/done?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.test/cart",
    "line_items": [
        {
            "price_data": {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "T-shirt"}},
            "quantity": 2,
        }
    ],
}
CARD = {
    "email": "jenny@example.com",
    "method": "card",
    "card-number": "4242 4242 4242 4242",
    "card-expiry": "12 / 40",
    "card-cvc": "123",
    "card-name": "Jenny Rosen",
}
