"""Send webhooks as Stripe does: events from JSON files, really signed."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import stripe
from django.http import HttpResponse
from django.test import Client

from app.payments.models import Order

SECRET = "whsec_test_0123456789"
EVENTS = Path(__file__).parent / "events"


def event_for(
    order: Order | uuid.UUID | str, name: str = "checkout.session.completed", **changes: Any
) -> dict[str, Any]:
    """Return the event of events/`name`.json about `order`, with a new id and `changes` made to its object.

    `type` and `created` change the event itself.
    """
    order_id = str(order.pk if isinstance(order, Order) else order)
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text().replace("ORDER", order_id))
    event["id"] = f"evt_{uuid.uuid4().hex}"
    event["type"] = changes.pop("type", event["type"])
    event["created"] = changes.pop("created", event["created"])
    event["data"]["object"] |= changes
    return event


def sign(body: str, *, secret: str = SECRET, timestamp: int | None = None) -> str:
    """Return the Stripe-Signature header for `body`."""
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp or int(time.time()))
    return header


def deliver(client: Client, event: dict[str, Any] | str, *, signature: str | None = None) -> HttpResponse:
    """POST the event as Stripe does, with a valid signature unless one is given."""
    body = event if isinstance(event, str) else json.dumps(event, indent=2)
    header = sign(body) if signature is None else signature
    response: HttpResponse = client.post(
        "/stripe-webhook/", body, content_type="application/json", headers={"Stripe-Signature": header}
    )  # type: ignore[assignment]
    return response
