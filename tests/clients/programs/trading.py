"""A day's trading in the classic style of the official `stripe` package: it runs on every version since 2.76."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request

import stripe

# `stripe.error` is where version 2 has them; newer versions have them at the top.
errors = stripe if hasattr(stripe, "CardError") else stripe.error
WITHIN_S = 300.0  # says that something will never happen, and measures nothing
DAY = 86_400
CARD = {
    "email": "jenny@example.com",
    "method": "card",
    "card-number": "4242424242424242",
    "card-expiry": "12 / 40",
    "card-cvc": "123",
    "card-name": "Jenny Rosen",
}
NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def http(method, url, form=None, json_body=None, headers=None):
    """Send a request and return the status and the JSON of the answer."""
    body = urllib.parse.urlencode(form).encode() if form else json.dumps(json_body).encode() if json_body else None
    wanted = {"Accept": "application/json", **({"Content-Type": "application/json"} if json_body else {})}
    request = urllib.request.Request(url, body, {**wanted, **(headers or {})}, method=method)
    try:
        with _open(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def until(look, what):
    """Look again and again, and return the first true value."""
    deadline = time.monotonic() + WITHIN_S
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {WITHIN_S:g} s: {what}"
        time.sleep(0.05)
    return seen


def pay(url, **fields):
    """Press Pay on the hosted page; the error's message if the payment is refused."""
    status, answer = http("POST", f"{url}/confirm", form={**CARD, **fields})
    assert status in (200, 402), (status, answer)
    return answer["error"]["message"] if status == 402 else None


def refused(kind, code, call):
    """Return the package's exception of that kind, which the call must raise."""
    try:
        call()
    except getattr(errors, kind) as error:
        assert code in (None, error.code), (kind, error.code, str(error))
        return error
    raise AssertionError(f"no {kind} with code {code}")


class Day:
    """A day at the emulator `url`; `key` is set in the package, as programs in its classic style do."""

    def __init__(self, url, key):
        self.url = url
        stripe.api_base, stripe.api_key, stripe.max_network_retries = url, key, 0

    def trade(self):
        """Do everything that a shop and its buyers do."""
        self.open_the_shop()
        self.sell_by_checkout()
        self.sell_with_extras()
        self.sell_by_intents()
        self.sell_by_charges()
        self.keep_customers()
        self.give_money_back()
        self.answer_disputes()
        self.fail()
        self.advance(2 * DAY)
        self.look_at_the_books()

    def advance(self, seconds):
        """Turn the emulator's clock: debits and refunds settle, sessions expire."""
        status, answer = http("POST", f"{self.url}/_emulator/clock", json_body={"advance": seconds})
        assert status == 200, answer

    def open_the_shop(self):
        """Fill the catalog. Booleans come as `True` from packages before 12.1."""
        assert stripe.Account.retrieve().charges_enabled is True
        self.product = stripe.Product.create(
            name="T-shirt", active=True, shippable=False, metadata={"color": "red"}, images=["https://shop.test/1.png"]
        )
        assert isinstance(self.product, stripe.Product)
        self.price = stripe.Price.create(product=self.product.id, currency="usd", unit_amount=2000, active=True)
        self.monthly = stripe.Price.create(
            product=self.product.id, currency="usd", unit_amount=900, recurring={"interval": "month"}
        )
        self.coupon = stripe.Coupon.create(percent_off=25, duration="once", name="A quarter off")
        changed = stripe.Product.modify(self.product.id, description="Cotton", metadata={"size": "M"})
        assert (changed.metadata["color"], changed.metadata["size"]) == ("red", "M")
        retired = stripe.Price.create(product=self.product.id, currency="usd", unit_amount=1, active=False)
        assert stripe.Price.retrieve(retired.id, expand=["product"]).product.name == "T-shirt"
        assert [each.id for each in stripe.Price.list(active=False, limit=3).data] == [retired.id]

    def session(self, **more):
        """Return a Checkout Session for a T-shirt."""
        params = {
            "mode": "payment",
            "line_items": [{"price": self.price.id, "quantity": 1}],
            "success_url": "https://shop.test/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.test/cart",
            "phone_number_collection": {"enabled": False},
            "automatic_tax": {"enabled": False},
            "invoice_creation": {"enabled": False},
        }
        params.update(more)
        return stripe.checkout.Session.create(**params)

    def sell_by_checkout(self):
        """Sell on the hosted page: by card, with a coupon, at the second attempt, by bank debit."""
        order = {
            "client_reference_id": "order-1",
            "metadata": {"order_id": "1"},
            "payment_intent_data": {"metadata": {"order_id": "1"}},
            "idempotency_key": "order-1",
        }
        session = self.session(**order)
        assert self.session(**order).id == session.id
        assert pay(session.url) is None
        paid = stripe.checkout.Session.retrieve(
            session.id, expand=["line_items", "total_details.breakdown", "payment_intent.latest_charge.refunds"]
        )
        assert (paid.status, paid.payment_status, paid.amount_total) == ("complete", "paid", 2000)
        assert [item.description for item in paid.line_items.data] == ["T-shirt"]
        assert paid.payment_intent.metadata["order_id"] == "1"
        assert paid.payment_intent.latest_charge.payment_method_details.card.last4 == "4242"
        self.sold = paid.payment_intent.id
        items = stripe.checkout.Session.list_line_items(session.id, limit=1)
        assert items.data[0].price.id == self.price.id

        cheaper = self.session(discounts=[{"coupon": self.coupon.id}], customer_creation="always")
        assert cheaper.amount_total == 1500
        assert pay(cheaper.url) is None

        again = self.session()
        assert pay(again.url, **{"card-number": "4000000000000002"}) == "Your card was declined."
        assert pay(again.url) is None

        given_up = stripe.checkout.Session.expire(self.session().id)
        assert given_up.status == "expired"
        self.session()  # expires later

        euros = {"price_data": {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}}, "quantity": 1}
        for iban in ("AT611904300234573201", "AT861904300235473202"):  # the second one fails
            by_debit = self.session(line_items=[euros])
            fields = {"method": "sepa_debit", "iban": iban, "account-name": "Jenny Rosen"}
            assert pay(by_debit.url, **fields) is None
            assert stripe.checkout.Session.retrieve(by_debit.id).payment_status == "unpaid"

    def sell_with_extras(self):
        """Sell with a promotion code, tax, shipping and an invoice; send another invoice."""
        code = stripe.PromotionCode.create(coupon=self.coupon.id, code="QUARTER")
        tax = stripe.TaxRate.create(display_name="VAT", percentage=20, inclusive=False)
        post = {"display_name": "Post", "fixed_amount": {"amount": 500, "currency": "usd"}, "type": "fixed_amount"}
        session = self.session(
            line_items=[{"price": self.price.id, "quantity": 1, "tax_rates": [tax.id]}],
            discounts=[{"promotion_code": code.id}],
            shipping_options=[{"shipping_rate_data": post}],
            invoice_creation={"enabled": True},
        )
        assert session.amount_total == 2300  # 20.00 less a quarter, 20 % of that, and 5.00
        assert pay(session.url) is None
        invoice = stripe.Invoice.retrieve(stripe.checkout.Session.retrieve(session.id).invoice)
        assert (invoice.status, invoice.total, invoice.lines.data[0].description) == ("paid", 2300, "T-shirt")

        customer = stripe.Customer.create(email="invoiced@example.com").id
        method = stripe.PaymentMethod.attach("pm_card_visa", customer=customer)
        stripe.InvoiceItem.create(customer=customer, amount=700, currency="usd", description="Repair")
        made = stripe.Invoice.create(customer=customer, pending_invoice_items_behavior="include")
        assert stripe.Invoice.finalize_invoice(made.id).status == "open"
        assert stripe.Invoice.pay(made.id, payment_method=method.id).status == "paid"
        stripe.InvoiceItem.create(customer=customer, amount=900, currency="usd", description="Next time")

    def intent(self, **more):
        """Return a PaymentIntent, confirmed unless `more` says otherwise."""
        params = {"amount": 1500, "currency": "usd"}
        params.update(more)
        if "confirm" not in params:
            params["confirm"] = True
            params.setdefault("payment_method", "pm_card_visa")
        if "payment_method_types" not in params:
            params["automatic_payment_methods"] = NO_REDIRECTS
        return stripe.PaymentIntent.create(**params)

    def sell_by_intents(self):
        """Sell as custom payment pages do."""
        assert self.intent(description="One", statement_descriptor_suffix="SHOP").status == "succeeded"
        held = self.intent(payment_method_types=["card"], capture_method="manual")
        assert (held.status, held.amount_capturable) == ("requires_capture", 1500)
        assert stripe.PaymentIntent.capture(held.id, amount_to_capture=500).amount_received == 500
        self.intent(payment_method_types=["card"], capture_method="manual")  # stays authorized

        later = self.intent(confirm=False)
        assert later.status == "requires_payment_method"
        stripe.PaymentIntent.modify(later.id, amount=1600, metadata={"order_id": "2"})
        assert stripe.PaymentIntent.confirm(later.id, payment_method="pm_card_mastercard").amount_received == 1600

        secure = self.intent(payment_method="pm_card_threeDSecure2Required", payment_method_types=["card"])
        assert secure.status == "requires_action"
        assert stripe.PaymentIntent.cancel(secure.id, cancellation_reason="abandoned").status == "canceled"

        by_debit = self.intent(
            payment_method="pm_usBankAccount_success",
            payment_method_types=["us_bank_account"],
            mandate_data={"customer_acceptance": {"type": "offline"}},
        )
        assert by_debit.status == "processing"
        declined = refused("CardError", "card_declined", lambda: self.intent(payment_method="pm_card_chargeDeclined"))
        assert (declined.http_status, declined.json_body["error"]["decline_code"]) == (402, "generic_decline")

    def sell_by_charges(self):
        """Sell in the way of before PaymentIntents."""
        held = stripe.Charge.create(amount=900, currency="usd", source="tok_visa", capture=False, description="Old way")
        assert (held.paid, held.captured) == (True, False)
        assert stripe.Charge.capture(held.id).captured is True
        regular = stripe.Customer.create(source="tok_mastercard", email="old@example.com", description="Since 2015")
        charge = stripe.Charge.create(amount=950, currency="usd", customer=regular.id)
        assert charge.payment_method_details.card.brand == "mastercard"
        card = stripe.Customer.list_sources(regular.id, object="card", limit=1).data[0]
        assert isinstance(card, stripe.Card)
        assert stripe.Customer.modify_source(regular.id, card.id, name="Jenny").name == "Jenny"
        assert stripe.Customer.delete_source(regular.id, card.id).deleted is True
        marked = stripe.Charge.modify(charge.id, fraud_details={"user_report": "safe"})
        assert marked.fraud_details["user_report"] == "safe"

    def keep_customers(self):
        """Keep customers with their cards; charge one of them while they are away."""
        customer = stripe.Customer.create(
            email="jenny@example.com",
            name="Jenny Rosen",
            address={"line1": "1 Main Street", "city": "Springfield", "postal_code": "12345", "country": "US"},
            shipping={"name": "Jenny Rosen", "address": {"line1": "2 Main Street", "country": "US"}},
            metadata={"since": "2024"},
        )
        method = stripe.PaymentMethod.attach("pm_card_visa", customer=customer.id)
        stripe.Customer.modify(
            customer.id, invoice_settings={"default_payment_method": method.id}, metadata={"since": "2023"}
        )
        paid = self.intent(customer=customer.id, payment_method=method.id, off_session=True)
        assert paid.status == "succeeded"
        stripe.PaymentMethod.modify(method.id, billing_details={"name": "J. Rosen"})
        assert [each.id for each in stripe.PaymentMethod.list(customer=customer.id, type="card").data] == [method.id]

        subscription = stripe.Subscription.create(customer=customer.id, items=[{"price": self.monthly.id}])
        stripe.Subscription.modify(subscription.id, metadata={"plan": "monthly"})
        cancel = getattr(stripe.Subscription, "cancel", None) or stripe.Subscription.delete
        assert cancel(subscription.id).status == "canceled"
        other = stripe.PaymentMethod.attach("pm_card_amex", customer=customer.id)
        assert stripe.PaymentMethod.detach(other.id).customer is None

        left = stripe.Customer.create(email="left@example.com")
        assert stripe.Customer.delete(left.id).deleted is True
        assert stripe.Customer.retrieve(left.id).deleted is True

    def give_money_back(self):
        """Refund a part, the rest, and what fails or takes its time."""
        part = stripe.Refund.create(payment_intent=self.sold, amount=500, reason="requested_by_customer")
        assert isinstance(part, stripe.Refund)
        assert part.status == "succeeded"
        stripe.Refund.modify(part.id, metadata={"reason": "too small"})
        charge = stripe.Charge.retrieve(part.charge, expand=["balance_transaction"])
        assert (charge.refunded, charge.amount_refunded) == (False, 500)
        assert charge.balance_transaction.fee > 0
        stripe.Refund.create(charge=charge.id)
        code = "charge_already_refunded"
        refused("InvalidRequestError", code, lambda: stripe.Refund.create(charge=charge.id))
        for method in ("pm_card_pendingRefund", "pm_card_refundFail"):
            stripe.Refund.create(payment_intent=self.intent(payment_method=method).id)

    def answer_disputes(self):
        """Win a dispute, lose one, answer an inquiry, and hear of a fraud."""
        won = self.dispute("pm_card_createDispute")
        assert won.status == "needs_response"
        stripe.Dispute.modify(won.id, evidence={"uncategorized_text": "winning_evidence"}, submit=True)
        lost = self.dispute("pm_card_createDisputeProductNotReceived")
        assert stripe.Dispute.close(lost.id).status == "lost"
        inquiry = self.dispute("pm_card_createDisputeInquiry")
        assert inquiry.status == "warning_needs_response"
        warned = self.intent(payment_method="pm_card_createIssuerFraudRecord")
        warnings = stripe.radar.EarlyFraudWarning.list(payment_intent=warned.id)
        assert warnings.data[0].charge == warned.latest_charge

    def dispute(self, method):
        """Return the dispute of a payment with that card."""
        return stripe.Dispute.list(payment_intent=self.intent(payment_method=method).id).data[0]

    def fail(self):
        """Make the mistakes that programs make."""
        missing = refused("InvalidRequestError", "resource_missing", lambda: stripe.Customer.retrieve("cus_missing"))
        assert (missing.http_status, missing.param) == (404, "id")
        unknown = refused("InvalidRequestError", "parameter_unknown", lambda: stripe.Product.create(name="A", size="M"))
        assert unknown.param == "size"
        refused("IdempotencyError", None, lambda: self.session(idempotency_key="order-1", locale="de"))
        refused("AuthenticationError", None, lambda: stripe.Balance.retrieve(api_key="nonsense"))

    def look_at_the_books(self):
        """Read everything back, page by page."""
        assert stripe.Balance.retrieve().available
        kinds = [each.type for each in stripe.BalanceTransaction.list(limit=7).auto_paging_iter()]
        assert {"charge", "refund", "adjustment"} <= set(kinds)
        statuses = {each.status for each in stripe.checkout.Session.list(limit=2).auto_paging_iter()}
        assert statuses == {"complete", "expired"}
        assert {each.status for each in stripe.Dispute.list().data} >= {"won", "lost"}
        events = list(stripe.Event.list(limit=20).auto_paging_iter())
        assert all(isinstance(each, stripe.Event) for each in events)
        assert len(events) > 60
