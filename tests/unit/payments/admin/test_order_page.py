"""The page of one order: what it shows, and what its buttons do."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from app.payments.admin.order.page import describe_method
from app.payments.models import Fulfillment, Order
from app.payments.outbox import process_due
from app.payments.stripe.catch_up import catch_up
from tests.support.emulator import Emulator
from tests.unit.payments.admin.staff import act, forms_on, log_in, log_of, page_of, press, read
from tests.unit.payments.orders import pay_new_order
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

PATH = "/admin/payments/order/{}/"


@pytest.fixture
def staff(client: Client) -> Client:
    """The client, logged in as a superuser."""
    log_in(client)
    return client


def buttons(page: str) -> set[str]:
    return {to.rstrip("/").rpartition("/")[2] for to in forms_on(page)}


def text_of(page: str) -> str:
    """Return the page's text above Django's own fields."""
    shown = page.partition('<div class="order">')[2].partition('id="content-main"')[0]
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


def test_the_page_shows_dates_money_lines_and_how_it_was_paid(
    paid: Order, staff: Client, emulator: Emulator, settings: Settings
) -> None:
    Order.objects.filter(pk=paid.pk).update(customer_email="ada@example.com")
    emulator.stripe.v1.refunds.create({"payment_intent": paid.stripe_payment_intent_id, "amount": 700})
    catch_up()
    page = read(staff, page_of(paid))
    text = text_of(page)
    assert text.startswith("Partially Refunded")
    for expected in (
        f"{paid.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "Demo product default 20.00 USD 1 20.00 USD",
        "Paid 20.00 USD Refunded -7.00 USD Left 13.00 USD",
        "Visa ending in 4242",
        "ada@example.com",
        "Order created 20.00 USD",
        "Checkout completed",
        "Refund created 7.00 USD, succeeded",
    ):
        assert expected in text
    assert "{" not in text  # no raw JSON
    assert "2000" not in text
    for stripe_id in (paid.stripe_session_id, paid.stripe_payment_intent_id):
        assert f'href="http://localhost:{settings.EMULATOR_PORT}/_emulator/#{stripe_id}"' in page
    assert f'href="/return/{paid.pk}/"' in page


@pytest.mark.parametrize(("livemode", "folder"), [(False, "/test"), (True, "")])
def test_links_lead_to_stripes_dashboard(
    order: Order, staff: Client, settings: Settings, livemode: bool, folder: str
) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_0123456789"
    order.livemode, order.stripe_payment_intent_id = livemode, "pi_1"
    order.return_url = "https://frontend.example/thanks?order_id={order_id}"
    order.save()
    page = read(staff, page_of(order))
    assert f'"https://dashboard.stripe.com{folder}/payments/pi_1"' in page
    assert f'"https://dashboard.stripe.com{folder}/checkout/sessions/cs_test_a1"' in page
    assert f'"https://frontend.example/thanks?order_id={order.pk}"' in page
    assert ("test: no real money" in page) is not livemode


def test_the_page_opens_while_stripe_does_not_answer(paid: Order, staff: Client, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 500, "path": "/v1/checkout/sessions/*"})
    text = text_of(read(staff, page_of(paid)))
    assert "Method unknown: Stripe is busy or failing." in text
    assert "Paid 20.00 USD" in text


def test_an_unpaid_order_has_no_buttons_that_fail(order: Order, staff: Client) -> None:
    page = read(staff, page_of(order))
    assert buttons(page) == {"sync"}
    assert "To pay 20.00 USD" in text_of(page)


def test_a_part_is_refunded_once(paid: Order, staff: Client, emulator: Emulator) -> None:
    for wrong in ("", "0", "20.01", "1.234", "a lot"):
        response = press(staff, paid, "partial-refund", amount=wrong)
        assert "errorlist" in response
        assert "20.00 USD refundable" in response
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == []
    page = read(staff, page_of(paid))
    assert "Refunded 5.00 USD." in press(staff, paid, "partial-refund", amount="5.00")
    assert "Refunded 5.00 USD by admin" in text_of(read(staff, page_of(paid)))
    # A double click, or a form that the back button shows again.
    form = forms_on(page)[PATH.format(paid.pk) + "partial-refund/"]
    for _ in range(2):
        again = staff.post(PATH.format(paid.pk) + "partial-refund/", form | {"amount": "1.00"}, follow=True)
    assert "already requested: 1.00 USD" in again.content.decode()
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == [100, 500]
    assert log_of(paid)[:2] == [("admin", "Refunded 5.00 USD"), ("admin", "Refunded 1.00 USD")]


def test_the_rest_is_refunded(paid: Order, staff: Client, emulator: Emulator) -> None:
    press(staff, paid, "partial-refund", amount="5")
    assert buttons(read(staff, page_of(paid))) == {"refund", "partial-refund", "sync"}
    page = press(staff, paid, "refund")
    assert "Refunded 15.00 USD." in page
    assert buttons(page) == {"sync"}
    assert sorted(emulator.refunds_of(paid.stripe_payment_intent_id)) == [500, 1500]


def test_a_button_without_its_token_is_refused(paid: Order, staff: Client, emulator: Emulator) -> None:
    read(staff, page_of(paid))
    for to in ("act/refund/", "partial-refund/", "act/sync/"):
        assert staff.post(PATH.format(paid.pk) + to, {"amount": "1"}).status_code == 403
    assert staff.get(PATH.format(paid.pk) + "act/refund/").status_code == 405
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == []


def test_a_review_is_answered_on_the_page(client: Client, emulator: Emulator) -> None:
    log_in(client)
    orders = [pay_new_order(client, emulator) for _ in range(2)]
    for order in orders:
        Fulfillment.objects.all().delete()
        facts = {**order.facts, "mismatches": ["Stripe's currency is 'eur', the order's is 'usd'."]}
        Order.objects.filter(pk=order.pk).update(
            status="needs_review", paid_at=None, facts=facts, reason=facts["mismatches"][0]
        )
        page = read(client, page_of(order))
        assert text_of(page).startswith("Needs Review Stripe's currency is 'eur'")
        assert buttons(page) == {"accept", "refund_and_close", "partial-refund", "sync"}
    accepted, returned = orders
    assert "Accepted 20.00 USD: Stripe's currency is 'eur'" in press(client, accepted, "accept")
    assert "Refunded and closed 20.00 USD: Stripe's currency" in press(client, returned, "refund_and_close")
    assert emulator.refunds_of(returned.stripe_payment_intent_id) == [2000]
    assert [Order.objects.get(pk=order.pk).status for order in orders] == ["paid", "refunded"]


def test_an_order_paid_by_another_session_is_canceled(client: Client, emulator: Emulator) -> None:
    log_in(client)
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    deliver(client, event_for(order, id="cs_test_other", payment_intent="pi_other"))
    assert buttons(read(client, page_of(order))) == {"cancel", "sync"}
    assert "Canceled: Another session, cs_test_other, was paid" in press(client, order, "cancel")
    order.refresh_from_db()
    assert order.status == "expired"


def test_sync_asks_stripe(client: Client, emulator: Emulator) -> None:
    log_in(client)
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    emulator.pay(order.stripe_session_id or "")
    assert "Synced with Stripe: the order is paid." in press(client, order, "sync")
    order.refresh_from_db()
    assert order.status == "paid"


def test_the_receipt_is_sent_again(paid: Order, staff: Client) -> None:
    assert "resend_receipt" not in buttons(read(staff, page_of(paid)))
    Order.objects.filter(pk=paid.pk).update(customer_email="ada@example.com")
    process_due()
    assert "Sent the receipt to ada@example.com." in press(staff, paid, "resend_receipt")
    first, second = mail.outbox
    assert first.body == second.body
    # A mail server drops a message whose id it has seen.
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]
    assert log_of(paid) == [("admin", "Sent the receipt to ada@example.com")]


def test_there_is_no_receipt_without_an_address(paid: Order, staff: Client) -> None:
    assert "There is no receipt" in act(staff, "resend_receipt", paid)
    assert mail.outbox == []


def test_a_mail_server_that_is_down_is_reported(paid: Order, staff: Client, settings: Settings) -> None:
    Order.objects.filter(pk=paid.pk).update(customer_email="ada@example.com")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert "The mail server did not take the receipt" in press(staff, paid, "resend_receipt")


def test_a_failed_fulfillment_is_part_of_the_timeline(paid: Order, staff: Client) -> None:
    Fulfillment.objects.update(status="dead", attempts=12, error="ConnectionError: the mail server is down")
    assert "Fulfillment failed on every attempt ConnectionError" in text_of(read(staff, page_of(paid)))


def test_a_dispute_shows_its_amount_and_due_date(client: Client, emulator: Emulator) -> None:
    log_in(client)
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    emulator.pay(order.stripe_session_id or "", card="pm_card_createDispute")
    catch_up()
    text = text_of(read(client, page_of(order)))
    assert text.startswith("Disputed")
    assert re.search(r"Dispute opened 20\.00 USD, fraudulent, respond by 20\d\d-\d\d-\d\d \d\d:\d\d UTC", text)


@pytest.mark.parametrize("created", [0, 2**61])
def test_an_event_without_a_usable_time_is_shown(paid: Order, staff: Client, created: int) -> None:
    deliver(staff, event_for(paid, "charge.refunded", payment_intent=paid.stripe_payment_intent_id, created=created))
    assert "Payment refunded" in text_of(read(staff, page_of(paid)))


def test_a_missed_event_stands_where_it_happened(paid: Order, staff: Client) -> None:
    yesterday = int((paid.created_at - timedelta(days=1)).timestamp())
    deliver(staff, event_for(paid, "charge.refunded", payment_intent=paid.stripe_payment_intent_id, created=yesterday))
    text = text_of(read(staff, page_of(paid)))
    assert text.index("Payment refunded") < text.index("Order created")


def test_text_from_outside_can_not_run(paid: Order, staff: Client) -> None:
    Order.objects.filter(pk=paid.pk).update(reason="<script>alert(1)</script>", customer_email='"><b>@example.com')
    page = staff.get(page_of(paid)).content.decode()
    assert "<script>alert" not in page
    assert '"><b>' not in page


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"type": "card", "card": {"brand": "visa", "last4": "4242"}}, "Visa ending in 4242"),
        ({"type": "card", "card": {"brand": None, "last4": None}}, "Card"),
        (
            {"type": "us_bank_account", "us_bank_account": {"bank_name": "STRIPE TEST BANK", "last4": "6789"}},
            "STRIPE TEST BANK ending in 6789",
        ),
        ({"type": "customer_balance", "customer_balance": {}}, "Customer balance"),
        ({"type": "customer_balance"}, "Customer balance"),
        ({"type": []}, "unknown"),
        (None, "unknown"),
    ],
)
def test_payment_methods_are_described(details: object, words: str) -> None:
    assert describe_method(details) == words
