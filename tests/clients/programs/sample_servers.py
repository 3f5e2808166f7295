"""Servers that make the calls of stripe-samples/accept-a-payment, in our own words: its prebuilt checkout page, custom
payment flow and payment element. `samples.py` can run the original servers in their place.
"""

import json
import os

import stripe
from flask import Flask, jsonify, redirect, request

app = Flask(__name__)
stripe.api_key = os.environ["STRIPE_SECRET_KEY"]


def failed(error):
    """The answer that the samples' pages show to the buyer."""
    return jsonify(error={"message": str(error)}), 400


@app.post("/create-checkout-session")
def create_checkout_session():
    """The prebuilt page: a session of one price, and a redirect to it."""
    session = stripe.checkout.Session.create(
        mode="payment",
        line_items=[{"price": os.environ["PRICE"], "quantity": 1}],
        success_url=os.environ["DOMAIN"] + "/success.html?session_id={CHECKOUT_SESSION_ID}",
        cancel_url=os.environ["DOMAIN"] + "/canceled.html",
    )
    return redirect(session.url, code=303)


@app.get("/checkout-session")
def checkout_session():
    """What the prebuilt sample's success page shows."""
    return json.loads(str(stripe.checkout.Session.retrieve(request.args["sessionId"])))


@app.post("/create-payment-intent")
def create_for_one_method():
    """The custom flow: an intent for the one type of payment method that the buyer chose."""
    wanted = request.get_json()
    try:
        intent = stripe.PaymentIntent.create(
            amount=5999, currency=wanted["currency"], payment_method_types=[wanted["paymentMethodType"]]
        )
    except stripe.StripeError as error:
        return failed(error)
    return jsonify(clientSecret=intent.client_secret)


@app.get("/create-payment-intent")
def create_for_all_methods():
    """The payment element: an intent for whatever the account has enabled."""
    try:
        intent = stripe.PaymentIntent.create(amount=1400, currency="usd", automatic_payment_methods={"enabled": True})
    except stripe.StripeError as error:
        return failed(error)
    return jsonify(clientSecret=intent.client_secret)


@app.post("/webhook")
def webhook():
    """All three: verify the event, and act on it (here: print its type)."""
    event = stripe.Webhook.construct_event(
        request.data, request.headers["Stripe-Signature"], os.environ["STRIPE_WEBHOOK_SECRET"]
    )
    print("event", event.type, flush=True)
    return jsonify(status="success")
