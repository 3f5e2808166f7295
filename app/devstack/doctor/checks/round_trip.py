"""The whole way once: an order, its Checkout Session at Stripe, and the event about it back into the order.

The session is expired instead of paid, which Stripe tells by an event like any other: no card, no money, and the
order never counts as a sale. It is removed afterwards.
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
from app.devstack.doctor.http import NoAnswer, send
from app.devstack.doctor.remedies import after_editing_env, log_of, start_again
from app.devstack.doctor.stripe_errors import explain
from app.devstack.stripe_cli_status import cli_status
from app.payments.api.checkout import CHECK_KEY, start_checkout
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Order, StripeEvent
from app.payments.stripe import client, refusals
from app.payments.stripe.event_types import listen_command
from app.web.problems import Problem

TIMEOUT = 12.0  # seconds; through the Stripe CLI an event takes two or three
POLL = 0.1  # seconds
EXPIRED = "checkout.session.expired"


def round_trip() -> Verdict:
    """Does what happens at Stripe reach the order?"""
    if stripe_mode() == "live":
        return skipped("a live account is not for trying things out")
    started = time.time()
    try:
        order = _order_with_expired_session()
    except Problem as problem:
        return explain(problem)
    try:
        if _wait_until(lambda: _delivered(order)):
            return _look_at(order, time.time() - started)
        return _lost(order, started)
    finally:
        StripeEvent.objects.filter(order=order).delete()
        order.delete()


def _order_with_expired_session() -> Order:
    order = start_checkout(
        CheckoutIn(), return_url=f"http://localhost:{settings.PORT}/", idempotency_key=f"{CHECK_KEY}{uuid.uuid4()}"
    )
    client.expire_session(str(order.stripe_session_id))
    return order


def _wait_until(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + TIMEOUT
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _delivered(order: Order) -> bool:
    """Whether the event came by webhook: the worker's sweep would find it too."""
    return StripeEvent.objects.filter(order=order, type=EXPIRED, source=StripeEvent.Source.WEBHOOK).exists()


def _look_at(order: Order, seconds: float) -> Verdict:
    order.refresh_from_db()
    if order.status == Order.Status.EXPIRED:
        return ok(f"a session's event reached its order in {seconds:.1f} s")
    return failed(
        f"The event arrived, but the order is {order.status}",
        "Read the reason in the admin, and the log of the app.",
        cause=order.reason or "The event did not change the order.",
    )


def _lost(order: Order, started: float) -> Verdict:
    """Why did no event arrive?"""
    refusal = refusals.last()
    if refusal and refusal.at >= started:
        return _refused(refusal)
    if stripe_mode() == "emulator":
        return _what_the_emulator_says(order)
    return _nobody_forwards("Stripe made the event, but nobody brought it here")


def _refused(refusal: refusals.Refusal) -> Verdict:
    at = datetime.fromtimestamp(refusal.at, UTC).strftime("%H:%M:%S UTC")
    cause = f"At {at} the app refused a webhook: {refusal.detail}"
    if refusal.is_about_time:
        return failed(
            "Events arrive, but are refused: this computer's clock is wrong",
            "Set this computer's clock by the network, then run the doctor again.",
            cause=cause,
        )
    return failed(
        "Events arrive, but are refused: the webhook secret is wrong",
        f"Empty STRIPE_WEBHOOK_SECRET in .env and {after_editing_env()}: the stack then finds the right one. With "
        "a `stripe listen` of your own: put the secret that it prints there.",
        cause=cause,
    )


def _what_the_emulator_says(order: Order) -> Verdict:
    deliveries = _deliveries_of(order)
    attempts = [attempt for delivery in deliveries for attempt in delivery["attempts"]]
    if any(delivery["state"] == "dropped" for delivery in deliveries):
        return failed(
            "The local Stripe lost the event on purpose",
            "Switch the fault off (console, or DELETE /_emulator/faults at the local Stripe).",
            cause="The fault drop_event is switched on.",
        )
    if not attempts:
        return _nobody_forwards("The local Stripe made the event, but nobody is there to take it")
    last = attempts[-1]
    what = f"answered {last['status']}" if last["status"] else f"gave no answer ({last['error']})"
    return failed(
        "The app did not take the event",
        f"Look at what it says: {log_of('app')}.",
        cause=f"The local Stripe sent it {len(attempts)} times; the app {what}.",
    )


def _deliveries_of(order: Order) -> list[Any]:
    try:
        event_id = next(
            event["id"]
            for page in client.list_events([EXPIRED], since=int(order.created_at.timestamp()) - 1)
            for event in page
            if event["data"]["object"]["id"] == order.stripe_session_id
        )
        answer = send("GET", f"{settings.STRIPE_EMULATOR_URL}/_emulator/deliveries?event={event_id}")
        found: list[Any] = answer.json()["data"]
    except (Problem, NoAnswer, StopIteration, ValueError, KeyError):
        return []
    return found


def _nobody_forwards(summary: str) -> Verdict:
    if in_container():
        remedy = f"Start the Stripe CLI: {start_again('stripe-cli')}. It says why in: {log_of('stripe-cli')}."
    elif stripe_mode() == "emulator":
        remedy = "Start the whole system with ./scripts/dev, which connects the two by itself."
    else:
        command = shlex.join(listen_command(f"http://127.0.0.1:{settings.PORT}/stripe-webhook/"))
        remedy = f"Start ./scripts/dev with the Stripe CLI installed, or run: {command}"
    cli = cli_status()
    known = f"It says: {cli.trouble}" if cli and cli.trouble else ""
    return failed(summary, remedy, cause=f"The Stripe CLI is not running, or has lost its connection. {known}".strip())
