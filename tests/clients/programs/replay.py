"""A pytest plugin: stripe-python's own tests send their requests to the emulator instead of to stripe-mock.

The rule, the same for every test:

- Each request is sent as the library wrote it: method, path, parameters, headers. One thing is changed: the ids that
  the tests make up (`ch_123`, `cus_xxxxxxxxxxxxx`) are replaced by ids of real objects, which are made for the test
  through the API, in a state in which the call makes sense (a charge that can be captured, say). In the answer they are
  put back, so the tests' own assertions see what they sent. The token `tok_xxxx` becomes `tok_visa`.
- Where a test has prepared an empty answer (`{}`), the request is still sent. Other prepared answers stay.
- A test is skipped at the first call, or the first kind of object, that the emulator does not list as supported.
- Answers of 200 must be of the object that the path stands for. Lists must not be empty, but for connected accounts,
  of which the emulator has none.
"""

import json
import os
import re
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import pytest
import requests
import stripe

EMULATOR = os.environ["EMULATOR_URL"]
KEY = "sk_test_123"
#: Ids that the tests make up, and coupons.
MADE_UP = re.compile(r"(?<![\w])(?:([a-z]+)_(?:test_)?(?:x{3,}|123|xyz|standard)|(Z4OV52SU))(?![\w])")
#: A list of one kind of object.
OF_KIND = re.compile(r"(?:[?&]|^)object=(\w+)", re.MULTILINE)
#: By prefix.
KINDS = {
    "acct": "account", "ba": "bank_account", "btok": "bank_account", "card": "card", "ch": "charge",
    "cs": "checkout.session", "cus": "customer", "dp": "dispute", "evt": "event", "ii": "invoiceitem",
    "in": "invoice", "issfr": "radar.early_fraud_warning",
    "mandate": "mandate", "pi": "payment_intent", "pm": "payment_method", "price": "price", "prod": "product",
    "promo": "promotion_code",
    "re": "refund", "sess": "checkout.session", "shr": "shipping_rate", "sub": "subscription", "tok": "token",
    "txn": "balance_transaction", "txr": "tax_rate", "we": "webhook_endpoint",
}  # fmt: skip
#: What the last of these parts of a path stands for.
OBJECTS = {
    "account": "account", "accounts": "account", "balance": "balance", "balance_transactions": "balance_transaction",
    "charges": "charge", "coupons": "coupon", "customers": "customer", "discount": "discount", "disputes": "dispute",
    "early_fraud_warnings": "radar.early_fraud_warning", "events": "event",
    "fund_cash_balance": "customer_cash_balance_transaction", "invoiceitems": "invoiceitem", "invoices": "invoice",
    "line_items": "item", "lines": "line_item", "mandates": "mandate",
    "payment_intents": "payment_intent", "payment_methods": "payment_method", "prices": "price",
    "products": "product", "promotion_codes": "promotion_code", "refunds": "refund", "sessions": "checkout.session",
    "shipping_rates": "shipping_rate", "sources": "card", "subscriptions": "subscription", "tax_rates": "tax_rate",
    "webhook_endpoints": "webhook_endpoint",
}  # fmt: skip
SINGLE = ("account", "balance")

api = requests.Session()
api.trust_env = False
SUPPORTED = api.get(f"{EMULATOR}/_emulator/supported").json()
results = []


def call(method, path, form=None):
    """Call the API to prepare a test."""
    answer = api.request(method, f"{EMULATOR}/v1/{path}", data=form, headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200, (path, form, answer.text)
    return answer.json()


class Objects:
    """The real objects of a test, made when they are first named. `purpose` is the call that they are for."""

    def __init__(self):
        self.ids = {}
        answer = api.post(f"{EMULATOR}/_emulator/reset", json={"webhook_endpoints": True})
        assert answer.status_code == 200

    def provide(self, name, kind, purpose):
        """Make the object that the test calls `name`."""
        if name not in self.ids:
            self.ids[name] = self.make(kind, purpose)

    def make(self, kind, purpose):
        """Make an object of that kind and return its id."""
        return getattr(self, kind.replace(".", "_"))(purpose)

    def account(self, purpose):
        return call("GET", "account")["id"]

    def token(self, purpose):
        return "tok_visa"

    def balance_transaction(self, purpose):
        return call("POST", "charges", CHARGE)["balance_transaction"]

    def card(self, purpose):
        customer = next(real for real in self.ids.values() if real.startswith("cus_"))
        return call("GET", f"customers/{customer}/sources")["data"][0]["id"]

    def charge(self, purpose):
        # Uncaptured, because some tests retrieve a charge and then capture it.
        capture = "true" if purpose == "POST /v1/refunds" else "false"
        return call("POST", "charges", {**CHARGE, "capture": capture})["id"]

    def checkout_session(self, purpose):
        item = {"line_items[0][price]": self.price(purpose), "line_items[0][quantity]": 1}
        return call("POST", "checkout/sessions", {**item, "mode": "payment", "success_url": "https://a.test/"})["id"]

    def coupon(self, purpose):
        return call("POST", "coupons", {"id": "Z4OV52SU", "percent_off": 25, "duration": "once"})["id"]

    def customer(self, purpose):
        coupon = call("POST", "coupons", {"percent_off": 25, "duration": "once"})["id"]
        form = {"email": "jenny@example.com", "source": "tok_visa", "coupon": coupon}
        customer = call("POST", "customers", form)["id"]
        call("POST", "payment_methods/pm_card_visa/attach", {"customer": customer})
        return customer

    def dispute(self, purpose):
        call("POST", "charges", {**CHARGE, "source": "tok_createDispute"})
        return call("GET", "disputes")["data"][0]["id"]

    def event(self, purpose):
        call("POST", "customers")
        return call("GET", "events")["data"][0]["id"]

    def invoice(self, purpose):
        form = {"customer": self.customer(purpose), "pending_invoice_items_behavior": "include"}
        call("POST", "invoiceitems", {"customer": form["customer"], "amount": 500, "currency": "usd"})
        invoice = call("POST", "invoices", form)["id"]
        if purpose.endswith(("/void", "/mark_uncollectible")):
            call("POST", f"invoices/{invoice}/finalize")
        method = call("POST", "payment_methods/pm_card_visa/attach", {"customer": form["customer"]})["id"]
        call("POST", f"customers/{form['customer']}", {"invoice_settings[default_payment_method]": method})
        return invoice

    def invoiceitem(self, purpose):
        form = {"customer": self.customer(purpose), "amount": 500, "currency": "usd"}
        return call("POST", "invoiceitems", form)["id"]

    def radar_early_fraud_warning(self, purpose):
        call("POST", "charges", {**CHARGE, "source": "tok_createIssuerFraudRecord"})
        return call("GET", "radar/early_fraud_warnings")["data"][0]["id"]

    def mandate(self, purpose):
        form = {"payment_method_types[0]": "us_bank_account", "payment_method": "pm_usBankAccount_success"}
        form |= {"amount": 1000, "currency": "usd", "confirm": "true"}
        form["mandate_data[customer_acceptance][type]"] = "offline"
        charge = call("POST", "payment_intents", form)["latest_charge"]
        return call("GET", f"charges/{charge}")["payment_method_details"]["us_bank_account"]["mandate"]

    def payment_intent(self, purpose):
        form = {"amount": 1000, "currency": "usd", "payment_method_types[0]": "card"}
        if purpose.endswith("/capture"):
            form |= {"capture_method": "manual", "confirm": "true", "payment_method": "pm_card_visa"}
        return call("POST", "payment_intents", form)["id"]

    def payment_method(self, purpose):
        method = call("POST", "payment_methods", {"type": "card", "card[token]": "tok_visa"})["id"]
        if not purpose.endswith("/attach"):
            call("POST", f"payment_methods/{method}/attach", {"customer": self.customer(purpose)})
        return method

    def price(self, purpose):
        form = {"currency": "usd", "unit_amount": 100, "product_data[name]": "T-shirt"}
        if purpose == "POST /v1/subscriptions":
            form["recurring[interval]"] = "month"
        return call("POST", "prices", form)["id"]

    def product(self, purpose):
        return call("POST", "products", {"name": "T-shirt"})["id"]

    def promotion_code(self, purpose):
        coupon = call("POST", "coupons", {"percent_off": 25})["id"]
        form = {"promotion[type]": "coupon", "promotion[coupon]": coupon}
        return call("POST", "promotion_codes", form)["id"]

    def refund(self, purpose):
        source = "tok_pendingRefund" if purpose.endswith("/cancel") else "tok_visa"
        charge = call("POST", "charges", {**CHARGE, "source": source})["id"]
        return call("POST", "refunds", {"charge": charge})["id"]

    def shipping_rate(self, purpose):
        form = {"display_name": "Post", "fixed_amount[amount]": 500, "fixed_amount[currency]": "usd"}
        return call("POST", "shipping_rates", form)["id"]

    def subscription(self, purpose):
        form = {"customer": self.customer(purpose), "items[0][price]": self.price("POST /v1/subscriptions")}
        return call("POST", "subscriptions", form)["id"]

    def tax_rate(self, purpose):
        return call("POST", "tax_rates", {"display_name": "VAT", "inclusive": "false", "percentage": 20})["id"]

    def webhook_endpoint(self, purpose):
        form = {"url": "https://example.com/", "enabled_events[0]": "charge.failed"}
        return call("POST", "webhook_endpoints", form)["id"]


CHARGE = {"amount": 1000, "currency": "usd", "source": "tok_visa"}


class Replay:
    """The requests of one test. `calls` are those that it made, `missing` what the emulator has not of them."""

    def __init__(self):
        self.calls, self.missing = [], []
        self.objects = None

    def send(self, request, method, url, headers, body):
        """Send one request by `request`, the library's own function."""
        target = urlsplit(url)._replace(scheme="", netloc="").geturl()
        made = self._call(method, urlsplit(url).path)
        text = f"{target}\n{body}"
        named = {found[0]: self._kind(found) for found in MADE_UP.finditer(text)}
        kinds = {*named.values(), *OF_KIND.findall(text)}
        self.missing += sorted(kinds - {*SUPPORTED["objects"], "token"})
        if self.missing:
            pytest.skip(f"the emulator does not support {self.missing[0]}")
        self.objects = self.objects or Objects()
        self._prepare(made, named)
        content, status, answered = request(method, EMULATOR + self._real(target), headers, self._real(body))
        for name, real in self.objects.ids.items():
            content = content.replace(real.encode(), name.encode())
        if status == 200:
            check(made, json.loads(content))
        return content, status, answered

    def _call(self, method, path):
        made = f"{method.upper()} {MADE_UP.sub('{}', path)}"
        self.calls.append(made)
        if made not in SUPPORTED["data"]:
            self.missing.append(made)
        return made

    @staticmethod
    def _kind(found):
        return KINDS.get(found[1], found[1]) if found[1] else "coupon"

    def _prepare(self, made, named):
        # A card is one of its customer's.
        for name, kind in sorted(named.items(), key=lambda item: item[1] == "card"):
            self.objects.provide(name, kind, made)
        if made.startswith("GET") and not named and not made.endswith(SINGLE):
            self.objects.make(OBJECTS[made.rpartition("/")[2]], made)

    def _real(self, text):
        if not isinstance(text, str):
            return text
        return MADE_UP.sub(lambda found: self.objects.ids.get(found[0], found[0]), text)


def check(made, answer):
    """Hold the answer's type against the path."""
    last = made.rpartition("/")[2]
    kind = next(OBJECTS[part] for part in reversed(made.split("/")) if part in OBJECTS)
    if made.startswith("GET") and last in OBJECTS and last not in SINGLE:
        assert answer["object"] == "list", answer["object"]
        assert {each["object"] for each in answer["data"]} == (set() if last == "accounts" else {kind}), made
    else:
        assert answer["object"] == kind, (made, answer["object"])


class Emulated(stripe.RequestsClient):
    """The library's own HTTP client, pointed at the emulator."""

    def __init__(self, replay, **options):
        super().__init__(**options)
        self._replay = replay

    def request(self, method, url, headers, post_data=None):
        """Send a request."""
        return self._replay.send(super().request, method, url, headers, post_data)

    async def request_async(self, method, url, headers, post_data=None):
        """Send a request of an asynchronous test."""
        return self.request(method, url, headers, post_data)


@pytest.fixture(autouse=True)
def replayed(request, monkeypatch):
    """Send what this test sends to the emulator."""
    from tests import http_client_mock

    replay = Replay()
    prepared = http_client_mock.HTTPClientMock.stub_request

    def stub_request(self, method, path="", query_string="", rbody="{}", rcode=200, rheaders=None):
        if (rbody, rcode, rheaders) != ("{}", 200, None):
            return prepared(self, method, path, query_string, rbody, rcode, rheaders)
        for function in self.funcs:
            function.side_effect = sent(self, function)
        return None

    def sent(client, function):
        def note(*args, **kwargs):
            client.func_call_order.append(function)
            return mock.DEFAULT  # goes on to the real function

        return note

    monkeypatch.setattr(http_client_mock, "new_default_http_client", lambda **options: Emulated(replay, **options))
    monkeypatch.setattr(http_client_mock.HTTPClientMock, "stub_request", stub_request)
    request.node.user_properties.append(("replay", replay))


def pytest_runtest_logreport(report):
    """Keep what became of each test."""
    if report.when != "call" and report.passed:
        return
    replay = dict(report.user_properties).get("replay") or Replay()
    message = report.longrepr.reprcrash.message if report.failed else ""
    results.append(
        {
            "test": report.nodeid, "passed": report.passed, "calls": replay.calls, "missing": replay.missing,
            "message": message,
        }
    )  # fmt: skip


def pytest_sessionfinish():
    """Write it down."""
    Path(os.environ["REPLAY_RESULTS"]).write_text(json.dumps(results))
