"""The Flask sample of Stripe's documentation, "Receive Stripe events in your webhook endpoint": it verifies, checks the
type and responds. It stores nothing."""

import os

import stripe
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

endpoint_secret = os.environ["STRIPE_WEBHOOK_SECRET"]
application = Flask(__name__)


@application.route("/stripe-webhook/", methods=["POST"])
def webhook() -> ResponseReturnValue:
    """Verify the event and respond."""
    payload = request.data
    signature = request.headers.get("Stripe-Signature", "")
    try:
        event = stripe.Webhook.construct_event(payload, signature, endpoint_secret)
    except (ValueError, stripe.SignatureVerificationError):
        return jsonify(success=False), 400
    if event["type"] == "checkout.session.completed":
        event["data"]["object"]
    return jsonify(success=True)


@application.route("/healthz")
def healthz() -> ResponseReturnValue:
    """Respond with 200."""
    return jsonify(status="ok")
