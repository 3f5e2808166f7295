"""Stripe's official packages for Python and Node: a Checkout payment from create to refund."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import stripe
import urllib3

from tests.cli.installed import stripe_node
from tests.cli.local_stripe import KEY, LocalStripe
from tests.cli.target import Target

pytestmark = pytest.mark.cli

CARD = {
    "email": "jenny@example.com",
    "method": "card",
    "card-number": "4242424242424242",
    "card-expiry": "12 / 40",
    "card-cvc": "123",
    "card-name": "Jenny Rosen",
}


def pay_as_a_buyer(session: stripe.checkout.Session) -> None:
    """Submit the hosted page's form."""
    url = f"{session.url}/confirm"
    with urllib3.PoolManager(retries=False) as http:
        answer = http.request_encode_body("POST", url, CARD, encode_multipart=False)
    assert answer.headers["Location"] == "https://shop.test/done"


def test_the_node_package_works(shared_stripe: LocalStripe) -> None:
    folder = stripe_node()
    script = Path(__file__).parent / "checkout.cjs"
    result = subprocess.run(
        ["node", str(script), shared_stripe.url, KEY],
        env=os.environ | {"NODE_PATH": str(folder / "node_modules")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    made = json.loads(result.stdout)
    session = shared_stripe.client.v1.checkout.sessions.retrieve(made["session"])
    assert (session.client_reference_id, session.payment_status) == ("order-1", "paid")


def test_the_python_package_works(shared_stripe: LocalStripe, target: Target) -> None:
    client = shared_stripe.client
    endpoint = client.v1.webhook_endpoints.create(
        {"url": target.url, "enabled_events": ["checkout.session.completed", "charge.refunded"]}
    )
    product = client.v1.products.create({"name": "T-shirt"})
    price = client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 2000})
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price": price.id, "quantity": 2}],
            "success_url": "https://shop.test/done",
        }
    )
    pay_as_a_buyer(session)

    target.await_types("checkout.session.completed")
    delivery = target.first("checkout.session.completed")
    assert endpoint.secret
    event = stripe.Webhook.construct_event(delivery.payload, delivery.headers["Stripe-Signature"], endpoint.secret)
    assert event.data.object["id"] == session.id
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    assert paid.payment_intent.amount_received == 4000

    refund = client.v1.refunds.create({"payment_intent": paid.payment_intent.id, "amount": 1500})
    assert refund.status == "succeeded"
    target.await_types("charge.refunded")
    assert target.first("charge.refunded").event["data"]["object"]["amount_refunded"] == 1500
    assert len(list(client.v1.events.list({"limit": 2}).auto_paging_iter())) >= 6
