"""Drives the servers of stripe-samples/accept-a-payment as their pages do. Usage: samples.py URL KEY

The servers are ours (`sample_servers.py`), or with SAMPLES=FOLDER the original ones of that checkout (Python).
Stripe.js is not emulated: where it would confirm a PaymentIntent in the browser, this does, with the secret key.
"""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from socket import socket
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import stripe
from receiver import until_delivered
from trading import Day, http, pay, until

HERE = Path(__file__).parent
# A server module is started at the emulator: the samples have no setting for another address than Stripe's.
START = """
import runpy, sys, stripe
stripe.api_base, file, port = sys.argv[1:]
runpy.run_path(file, run_name="server")["app"].run(port=int(port))
"""


class NoRedirects(HTTPRedirectHandler):
    """Leaves redirects to the caller, as 303 is an answer here."""

    def redirect_request(self, *args):
        return None


def location(url):
    """Submit an empty form and return where the server redirects to."""
    try:
        build_opener(ProxyHandler({}), NoRedirects).open(Request(url, b"", method="POST"), timeout=30)
    except HTTPError as error:
        assert error.code == 303, (error.code, error.read())
        return error.headers["Location"]
    raise AssertionError(f"{url} did not redirect")


class Server:
    """A context manager: the sample's server, with a webhook endpoint registered for it."""

    def __init__(self, day, sample):
        samples = os.environ.get("SAMPLES")
        self.file = Path(samples, sample, "server/python/server.py") if samples else HERE / "sample_servers.py"
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self.day = f"http://127.0.0.1:{self.port}", day
        self.endpoint = stripe.WebhookEndpoint.create(url=f"{self.url}/webhook", enabled_events=["*"])
        price = stripe.Price.create(unit_amount=1400, currency="usd", product_data={"name": "Photo"})
        self.env = {
            "DOMAIN": "https://shop.test",
            "PRICE": price.id,
            "STATIC_DIR": str(HERE),
            "STRIPE_SECRET_KEY": stripe.api_key,
            "STRIPE_PUBLISHABLE_KEY": "pk_test_0000000000",
            "STRIPE_WEBHOOK_SECRET": self.endpoint.secret,
        }

    def __enter__(self):
        command = [sys.executable, "-c", START, self.day.url, str(self.file), str(self.port)]
        self.process = subprocess.Popen(
            command, env=os.environ | self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            until(self.answers, "the server answers")
        except BaseException:
            self.process.kill()
            raise
        return self

    def answers(self):
        """Whether the server accepts requests."""
        assert self.process.poll() is None, self.process.stdout.read()
        try:
            build_opener(ProxyHandler({})).open(f"{self.url}/no-such-page", timeout=5)
        except HTTPError:
            return True
        except URLError:
            return False
        return True

    def __exit__(self, *error):
        self.process.terminate()
        told = self.process.communicate()[0]
        if error[0]:
            print(told)

    def delivered(self):
        """Until it has answered 200 to every event."""
        until_delivered(self.day.url)
        states = {each["state"] for each in http("GET", f"{self.day.url}/_emulator/deliveries")[1]["data"]}
        assert states == {"delivered"}, states
        stripe.WebhookEndpoint.delete(self.endpoint.id)


def confirm(secret, **how):
    """Confirm the PaymentIntent in Stripe.js's place."""
    return stripe.PaymentIntent.confirm(secret.partition("_secret_")[0], return_url="https://shop.test/done", **how)


def prebuilt_page(day):
    """The buyer is sent to the hosted page, pays and comes back."""
    with Server(day, "prebuilt-checkout-page") as server:
        url = location(f"{server.url}/create-checkout-session")
        assert url.startswith(f"{day.url}/c/pay/cs_test_")
        assert pay(url) is None
        session = http("GET", f"{server.url}/checkout-session?sessionId={url.rpartition('/')[2]}")[1]
        assert (session["payment_status"], session["amount_total"]) == ("paid", 1400)
        server.delivered()


def custom_flow(day):
    """The buyer pays by card and by bank debit; a method that is missing is named."""
    with Server(day, "custom-payment-flow") as server:
        for kind, currency, method, status in (
            ("card", "usd", {"payment_method": "pm_card_visa"}, "succeeded"),
            ("sepa_debit", "eur", {"payment_method_data": SEPA}, "processing"),
            ("us_bank_account", "usd", {"payment_method": "pm_usBankAccount_success"}, "processing"),
            ("ideal", "eur", None, None),
        ):
            wanted = {"paymentMethodType": kind, "currency": currency}
            code, answer = http("POST", f"{server.url}/create-payment-intent", json_body=wanted)
            if method is None:
                assert code == 400
                assert f"does not support `payment_method_types[0]={kind}`" in answer["error"]["message"], answer
                continue
            mandate = {"mandate_data": MANDATE} if status == "processing" else {}
            assert confirm(answer["clientSecret"], **method, **mandate).status == status
        server.delivered()


def payment_element(day):
    """The buyer pays with whatever the account has enabled."""
    with Server(day, "payment-element") as server:
        secret = http("GET", f"{server.url}/create-payment-intent")[1]["clientSecret"]
        assert confirm(secret, payment_method="pm_card_visa").status == "succeeded"
        server.delivered()


MANDATE = {"customer_acceptance": {"type": "online", "online": {"ip_address": "127.0.0.1", "user_agent": "Test"}}}
SEPA = {
    "type": "sepa_debit",
    "sepa_debit": {"iban": "AT611904300234573201"},
    "billing_details": {"name": "Jenny Rosen", "email": "jenny@example.com"},
}


def main():
    day = Day(*sys.argv[1:])
    for flow in (prebuilt_page, custom_flow, payment_element):
        flow(day)
    which = "the originals" if os.environ.get("SAMPLES") else "our own, with the same calls"
    print(f"stripe-samples ({which}), stripe {version('stripe')}: prebuilt page, custom flow, payment element")


main()
