"""A refund that arrives before its payment prevents fulfillment, even if a process dies in between."""

import json
from typing import Any

import pytest
from django.test import Client

from app.payments import outbox
from app.payments.models import Fulfillment, Order, StripeEvent
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("refunded", "status", "fulfillment"), [(2000, "refunded", "skipped"), (500, "partially_refunded", "done")]
)
def test_the_worker_settles_parked_events_before_fulfilling(
    client: Client, order: Order, mailoutbox: list[Any], refunded: int, status: str, fulfillment: str
) -> None:
    deliver(client, event_for(order))
    # As left by a process that dies between storing the payment and looking for parked events.
    refund = event_for(order, "refund.updated", amount=refunded)
    StripeEvent.objects.create(
        stripe_id=refund["id"], type=refund["type"], payload=json.dumps(refund), outcome="parked", attempts=1,
        stripe_payment_intent_id="pi_1",
    )  # fmt: skip
    outbox.process_due()
    order.refresh_from_db()
    assert order.status == status
    row = Fulfillment.objects.get()
    assert (row.status, row.attempts) == (fulfillment, int(fulfillment == "done"))
    receipts = [mail for mail in mailoutbox if mail.subject.startswith("Your receipt")]
    assert len(receipts) == int(fulfillment == "done")
    assert StripeEvent.objects.get(stripe_id=refund["id"]).outcome == "applied"
