"""The round trip: create an order and its Checkout Session at Stripe, then wait for an event to update the order.

The session is expired, not paid, which Stripe also reports by an event. This needs no card and moves no money, and the
order never counts as a sale. It is deleted afterwards.
"""

import shlex
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from app.config.machine import in_container
from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.finding import Verdict, failed, ok, skipped
from app.devstack.doctor.remedies import after_editing_env, log_of, restart
from app.devstack.doctor.stripe_errors import explain
from app.devstack.http import NoResponse, send
from app.devstack.stripe_cli_status import cli_status
from app.payments.api.catalog import DEFAULT_SKU
from app.payments.api.checkout import CHECK_KEY, start_checkout
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Order, Product, StripeEvent
from app.payments.stripe import client, refusals
from app.payments.stripe.event_types import listen_command
from app.web.problems import Problem

POLL = 0.1  # seconds
EXPIRED = "checkout.session.expired"


def round_trip() -> Verdict:
    """Check that an event from Stripe updates its order."""
    if stripe_mode() == "live":
        return skipped("checks never create orders in a live account")
    # Any product will do. Without one, a checkout would create the default product, which may have been deleted.
    products = Product.objects.filter(active=True).values_list("sku", flat=True)
    if not (sku := products.filter(sku=DEFAULT_SKU).first() or products.first()):
        return skipped("no product is for sale (add one in the admin, or run manage.py seed_demo)")
    started, key = time.time(), f"{CHECK_KEY}{uuid.uuid4()}"
    try:
        order = _order_with_expired_session(sku, key)
        if _wait_until(lambda: _delivered(order)):
            return _delivered_verdict(order, time.time() - started)
        return _lost_verdict(order, started)
    except Problem as problem:
        return explain(problem)
    finally:
        # The order is also there if Stripe rejected its session.
        StripeEvent.objects.filter(order__idempotency_key=key).delete()
        Order.objects.filter(idempotency_key=key).delete()


def _order_with_expired_session(sku: str, key: str) -> Order:
    choice = CheckoutIn.model_validate({"items": [{"sku": sku}]})
    order = start_checkout(choice, return_url=f"http://localhost:{settings.PORT}/", idempotency_key=key)
    client.expire_session(str(order.stripe_session_id))
    return order


def _wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + settings.DOCTOR_TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _delivered(order: Order) -> bool:
    """Return whether the event came by webhook: the worker's catch-up would find it too."""
    return StripeEvent.objects.filter(order=order, type=EXPIRED, source=StripeEvent.Source.WEBHOOK).exists()


def _delivered_verdict(order: Order, seconds: float) -> Verdict:
    order.refresh_from_db()
    if order.status == Order.Status.EXPIRED:
        return ok(f"a session's event reached its order in {seconds:.1f} s")
    return failed(
        f"The event arrived, but the order is {order.status}",
        "Check the order's reason in the admin, and the app's log.",
        cause=order.reason or "The event did not change the order.",
    )


def _lost_verdict(order: Order, started: float) -> Verdict:
    """Find out why no event arrived."""
    refusal = refusals.last()
    if refusal and refusal.at >= started:
        return _refused(refusal)
    if stripe_mode() == "emulator":
        return _what_the_emulator_says(order)
    return _not_forwarded("Stripe created the event, but nothing forwarded it to the app")


def _refused(refusal: refusals.Refusal) -> Verdict:
    at = datetime.fromtimestamp(refusal.at, UTC).strftime("%H:%M:%S UTC")
    cause = f"At {at} the app rejected a webhook: {refusal.detail}"
    if refusal.is_about_time:
        return failed(
            "The app rejects events: this computer's clock is wrong",
            "Synchronize this computer's clock (NTP), then run the doctor again.",
            cause=cause,
        )
    return failed(
        "The app rejects events: the webhook secret is wrong",
        f"Leave STRIPE_WEBHOOK_SECRET in .env empty and {after_editing_env()}: the stack then uses the right one. If "
        "you run `stripe listen` yourself, set it to the secret that it prints.",
        cause=cause,
    )


def _what_the_emulator_says(order: Order) -> Verdict:
    deliveries = _deliveries_of(order)
    attempts = [attempt for delivery in deliveries for attempt in delivery["attempts"]]
    if any(delivery["state"] == "dropped" for delivery in deliveries):
        return failed(
            "The local Stripe dropped the event on purpose",
            "Switch the fault off (in the console, or with DELETE /_emulator/faults at the local Stripe).",
            cause="The fault drop_event is on.",
        )
    if not attempts:
        return _not_forwarded("The local Stripe created the event, but nothing is connected to receive it")
    last = attempts[-1]
    what = f"returned {last['status']}" if last["status"] else f"did not respond ({last['error']})"
    return failed(
        "The app did not accept the event",
        f"Read {log_of('app')}.",
        cause=f"Delivery attempts by the local Stripe: {len(attempts)}; the app {what}.",
    )


def _deliveries_of(order: Order) -> list[Any]:
    try:
        event_id = next(
            event["id"]
            for page in client.list_events([EXPIRED], since=int(order.created_at.timestamp()) - 1)
            for event in page
            if event["data"]["object"]["id"] == order.stripe_session_id
        )
        response = send("GET", f"{settings.STRIPE_EMULATOR_URL}/_emulator/deliveries?event={event_id}")
        found: list[Any] = response.json()["data"]
    except (Problem, NoResponse, StopIteration, ValueError, KeyError):
        return []
    return found


def _not_forwarded(summary: str) -> Verdict:
    if in_container():
        remedy = restart("stripe-cli")
    elif stripe_mode() == "emulator":
        remedy = "Start everything with ./scripts/dev, which connects the two."
    else:
        command = shlex.join(listen_command(f"http://127.0.0.1:{settings.PORT}/stripe-webhook/"))
        remedy = f"Install the Stripe CLI and restart ./scripts/dev, or run: {command}"
    cli = cli_status()
    status = f"Its status: {cli.error}" if cli and cli.error else ""
    return failed(summary, remedy, cause=f"The Stripe CLI is not running, or has lost its connection. {status}".strip())
