# mypy: ignore-errors
# ruff: noqa: I001, E402
"""Fill a database of the first version, through the first version's own code; `make.py` runs this in its checkout.

Each order's `idempotency_key` names its story; its Stripe ids contain that name. There is no Stripe: its events are
signed webhooks, and calls to it fail.
"""

import json
import re
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from app.payments import first_payment, outbox, review
from app.payments.checkout import place_order
from app.payments.models import Fulfilment, Order, Refund
from app.payments.problems import Problem
from app.payments.refunds import refund_order
from app.payments.schemas import CheckoutIn
from app.payments.sync import close_unpaid
from tests.payments.webhook_sender import SECRET, deliver, event_for

settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
settings.STRIPE_EMULATOR_URL = "http://127.0.0.1:9"  # nothing is listening there
client = Client()


def slug(story: str) -> str:
    """Return the story as a part of ids."""
    return re.sub(r"\W+", "_", story)


def place(story: str, *, session: bool = True) -> Order:
    """Create a pending order of 20.00 USD with the Checkout Session cs_test_STORY."""
    choice = CheckoutIn(customer_email=f"{slug(story)}@example.com")
    order = place_order(choice, return_url="http://localhost/return/{order_id}/", idempotency_key=story)
    if session:
        order.stripe_session_id = f"cs_test_{slug(story)}"
        order.checkout_url = f"http://stripe.test/c/pay/{order.stripe_session_id}"
        order.save()
    return order


def send_event(order: Order | uuid.UUID, name: str = "checkout.session.completed", **changes: Any) -> Any:
    """Deliver an event about the order; its ids are the story's, unless `changes` replaces them."""
    story = slug(order.idempotency_key if isinstance(order, Order) else "unknown")
    ids = {"payment_intent": f"pi_{story}"}
    if name.startswith("checkout.session."):
        ids["id"] = f"cs_test_{story}"
    if name == "payment_intent.payment_failed":
        ids = {"id": f"pi_{story}"}
    event = event_for(order, name, **(ids | changes))
    with suppress(TypeError):  # as the server did on Postgres
        if connection.vendor == "postgresql" and first_payment.settle(event, json.dumps(event)):
            return None
    client.raise_request_exception = False
    return deliver(client, event)


def fulfilled(order: Order, **changes: Any) -> None:
    """Store a worker's result on the order's fulfillment."""
    Fulfilment.objects.filter(pk=order.pk).update(**changes)


def paid(story: str, **changes: Any) -> Order:
    """Create a paid and fulfilled order."""
    order = place(story)
    send_event(order, **changes)
    assert outbox.run_fulfilment.call(str(order.pk)) == "done"
    return order


def unconfirmed_refund(order: Order, amount: int) -> Refund:
    """Request a refund that Stripe does not confirm."""
    try:
        refund_order(Order.objects.get(pk=order.pk), amount)
    except Problem:
        return Refund.objects.get(order=order)
    raise AssertionError("Stripe responded")


call_command("seed_demo")

place("pending")
place("pending without a session", session=False)
send_event(place("processing"), payment_status="unpaid")
send_event(place("paid, not delivered yet"))  # its task is in the queue of django-tasks
paid("paid")
now = datetime.now(UTC)
order = place("paid, delivery failed once")
send_event(order)
fulfilled(order, attempts=1, next_attempt_at=now + timedelta(seconds=5), error="OSError: no mail server")
order = place("paid, delivery gave up")
send_event(order)
fulfilled(order, status="dead", attempts=12, next_attempt_at=now, error="OSError: no mail server")
send_event(place("declined"), "payment_intent.payment_failed")
order = place("failed")
send_event(order, payment_status="unpaid")
send_event(order, type="checkout.session.async_payment_failed", payment_status="unpaid")
send_event(
    place("expired"), type="checkout.session.expired", status="expired", payment_status="unpaid", payment_intent=None
)
close_unpaid(
    place("never started", session=False).pk, code="never_started", reason="The payment page was never opened."
)
send_event(place("canceled"), "payment_intent.payment_failed", type="payment_intent.canceled", status="canceled")
send_event(paid("partially refunded"), "refund.updated", amount=500, id="re_part")
send_event(paid("refunded"), "charge.refunded", amount_refunded=2000)
send_event(paid("disputed"), "charge.dispute.created", id="du_open")
send_event(paid("dispute lost"), "charge.dispute.created", id="du_lost", type="charge.dispute.closed", status="lost")
send_event(paid("inquiry"), "charge.dispute.created", id="du_inquiry", status="warning_needs_response")

send_event(place("in review, less paid"), amount_total=1800, total_details={"amount_discount": 200})
order = place("accepted, less paid")
send_event(order, amount_total=1800, total_details={"amount_discount": 200})
review.accept(order.pk)
order = place("accepted and refunded, more paid")
send_event(order, amount_total=2500)
review.accept(order.pk)
send_event(order, "charge.refunded", amount_refunded=2000)
send_event(paid("in review, paid twice"), id="cs_test_second", payment_intent="pi_second")
order = place("in review, another session paid")
send_event(order, id="cs_test_another", payment_intent="pi_another")
send_event(order, "charge.refunded", payment_intent="pi_another", amount_refunded=2000)

unconfirmed_refund(paid("refund requested"), 700)
order = paid("refund sent")
refund = unconfirmed_refund(order, 700)
Refund.objects.filter(pk=refund.pk).update(status="sent", stripe_id="re_sent", error="")
send_event(order, "refund.updated", id="re_sent", amount=700, metadata={"refund_id": str(refund.pk)})
refund = unconfirmed_refund(paid("refund refused"), 700)
Refund.objects.filter(pk=refund.pk).update(status="refused", error="The charge is too old.")

# The refund came before the payment, without metadata.
send_event(place("refund parked"), "charge.refunded", metadata={})
send_event(uuid.UUID("7e57ab1e-0000-4000-8000-000000000001"), "charge.refunded")  # an order that was lost with a backup
send_event(place("event failed"), status=[])
send_event(place("irrelevant event"), type="customer.created")

assert set(Order.objects.values_list("status", flat=True)) == set(Order.Status.values)
