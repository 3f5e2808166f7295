"""Emails: what they say, to whom, and in which language."""

import re
from typing import Any, cast

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from app.payments import outbox
from app.payments.models import Fulfillment, Message, Order
from tests.support.emulator import Emulator
from tests.unit.payments.histories import total
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

SHOP = "shop@localhost"


def sent_to(mailoutbox: list[Any], address: str) -> EmailMultiAlternatives:
    """Run the worker, and return the newest email to that address."""
    outbox.process_due()
    return cast(EmailMultiAlternatives, [mail for mail in mailoutbox if mail.to == [address]][-1])


def html_of(mail: EmailMultiAlternatives) -> str:
    """Return the text of the HTML part, without its tags."""
    [(content, kind)] = mail.alternatives
    assert kind == "text/html"
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", str(content), flags=re.S)
    return " ".join(shown.split())


def lines_of(mail: EmailMultiAlternatives) -> list[str]:
    return str(mail.body).splitlines()


def test_the_receipt_has_lines_sums_tax_date_and_link(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    deliver(client, event_for(order, **total(discount=500, tax=380, shipping=500, paid=2380)))
    mail = sent_to(mailoutbox, "jenny@example.com")
    order.refresh_from_db()
    assert order.paid_at
    wanted = [
        "1 × Demo product: 20.00 USD",
        "Discount: -5.00 USD",
        "Shipping: 5.00 USD",
        "Tax: 3.80 USD",
        "Total: 23.80 USD",
        f"Order number: {order.pk}",
        f"View your order: http://testserver/return/{order.pk}/",
        "Corner Shop",
    ]
    assert [line for line in lines_of(mail) if line in wanted] == wanted
    assert re.search(rf"^Paid: \w+\.? {order.paid_at.day}, {order.paid_at.year}$", str(mail.body), re.M)
    html = html_of(mail)
    assert "1 × Demo product 20.00 USD Discount -5.00 USD Shipping 5.00 USD Tax 3.80 USD Total 23.80 USD" in html
    assert f'href="http://testserver/return/{order.pk}/"' in str(mail.alternatives[0][0])


def test_the_receipt_has_the_address_to_ship_to(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    entered = {"line1": "Kantstraße 7", "postal_code": "10623", "city": "Berlin", "country": "DE"}
    deliver(client, event_for(order, shipping_details={"name": "Ada Lovelace", "address": entered}))
    mail = sent_to(mailoutbox, "jenny@example.com")
    assert "Shipping address: Ada Lovelace, Kantstraße 7, 10623 Berlin, DE" in lines_of(mail)
    assert "Shipping address Ada Lovelace, Kantstraße 7, 10623 Berlin, DE" in html_of(mail)


def test_tax_in_the_prices_is_not_added_to_them(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    deliver(client, event_for(order, **total(tax=319, paid=2000)))
    lines = lines_of(sent_to(mailoutbox, "jenny@example.com"))
    start = lines.index("1 × Demo product: 20.00 USD")
    assert lines[start + 1 : start + 3] == ["Total: 20.00 USD", "Tax included: 3.19 USD"]
    page = client.get(f"/return/{order.pk}/").content.decode()
    assert re.search(r"Total</th>.*20\.00 USD.*Tax included</th>.*3\.19 USD", page, re.S)


def test_a_refund_is_confirmed_to_the_buyer(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, "charge.refunded", amount_refunded=500))
    deliver(client, event_for(order, "charge.refunded", amount_refunded=1200))
    outbox.process_due()
    subjects = [mail.subject for mail in mailoutbox]
    assert subjects == ["Your receipt: 20.00 USD", "Your refund: 5.00 USD", "Your refund: 7.00 USD"]
    assert "Refunded in total: 12.00 USD" in lines_of(mailoutbox[-1])
    assert f"Order number: {order.pk}" in lines_of(mailoutbox[-1])


def test_without_an_address_only_the_shop_gets_email(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    for event in ("checkout.session.completed", "charge.refunded", "charge.dispute.created"):
        changes = {"customer_details": None} if event.startswith("checkout") else {}
        deliver(client, event_for(order, event, **changes))
    outbox.process_due()
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [([SHOP], "Dispute: 20.00 USD")]


def test_a_dispute_names_its_reason_and_date(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    Order.objects.update(reference="cart-17")
    deliver(client, event_for(order))
    due = {"evidence_details": {"due_by": 1_790_812_800}}
    deliver(client, event_for(order, "charge.dispute.created", reason="product_not_received", **due))
    mail = sent_to(mailoutbox, SHOP)
    assert mail.subject == "Dispute: 20.00 USD"
    assert "Reason: product not received" in lines_of(mail)
    assert "Respond by: Oct. 1, 2026, midnight UTC" in lines_of(mail)
    assert "Reference: cart-17" in lines_of(mail)
    assert f"Open the order: http://localhost:8000/admin/payments/order/{order.pk}/change/" in lines_of(mail)


def test_an_inquiry_is_no_dispute_yet(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, "charge.dispute.created", status="warning_needs_response"))
    assert sent_to(mailoutbox, SHOP).subject == "Inquiry: 20.00 USD"


def test_a_review_names_its_reason(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    deliver(client, event_for(order, **total(1, paid=1)))
    mail = sent_to(mailoutbox, SHOP)
    assert mail.subject == "Review needed: 0.01 USD"
    assert "Reason: Stripe's amount_subtotal is 1, the order's is 2000." in lines_of(mail)
    assert [each.to for each in mailoutbox] == [[SHOP]]  # nothing is promised to the buyer


def test_a_failed_refund_needs_the_shop(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, "refund.updated", amount=700, status="pending"))
    deliver(client, event_for(order, "refund.updated", amount=700, status="failed", type="refund.failed"))
    mail = sent_to(mailoutbox, SHOP)
    assert (mail.subject, f"Order number: {order.pk}" in lines_of(mail)) == ("Refund failed: 7.00 USD", True)


def dead_fulfillment(client: Client, order: Order) -> None:
    """Let the last attempt's worker die."""
    deliver(client, event_for(order))
    Fulfillment.objects.update(attempts=outbox.MAX_ATTEMPTS, error="ConnectionError: the warehouse is down")


def test_dead_letters_are_reported_together(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    dead_fulfillment(client, order)
    Message.objects.create(
        id="00000000-0000-0000-0000-000000000001", order=order, channel="webhook", type="order.paid", status="dead",
        error="NotDelivered: no response",
    )  # fmt: skip
    mail = sent_to(mailoutbox, SHOP)
    assert mail.subject == "2 deliveries failed"
    assert f"Fulfillment of order {order.pk}: ConnectionError: the warehouse is down" in lines_of(mail)
    assert f"order.paid webhook {order.pk}: NotDelivered: no response" in lines_of(mail)


def test_a_dead_letter_that_was_retried_is_not_reported(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    dead_fulfillment(client, order)
    outbox.process_one()
    outbox.requeue(order.pk)
    outbox.process_due()
    assert [mail.to for mail in mailoutbox] == [["jenny@example.com"]]


def test_while_a_receiver_is_down_the_shop_gets_an_email_an_hour(
    client: Client, order: Order, mailoutbox: list[Any]
) -> None:
    for _ in range(3):
        Fulfillment.objects.all().delete()
        Order.objects.update(status="pending", facts={}, stripe_payment_intent_id="")
        dead_fulfillment(client, order)
        outbox.process_due()
    assert [mail.subject for mail in mailoutbox if mail.to == [SHOP]] == ["1 delivery failed"]
    # The later ones are reported together, an hour after the first.
    waiting = Message.objects.get(type="dead_letters", status="pending")
    first = Message.objects.get(type="dead_letters", status="done")
    assert first.done_at
    assert waiting.next_attempt_at == first.done_at + outbox.REPORT_INTERVAL


def test_a_dead_email_to_the_shop_is_not_reported_by_email(client: Client, order: Order, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    deliver(client, event_for(order, livemode=True))
    Message.objects.update(attempts=outbox.MAX_ATTEMPTS - 1)
    outbox.process_due()
    [message] = Message.objects.all()
    assert (message.status, message.error.partition(":")[0]) == ("dead", "ConnectionRefusedError")


LANGUAGES = {
    "de-CH,de;q=0.9,en;q=0.5": ("de", "Ihre Quittung: 1.234.500,00 USD", "Gesamt: 1.234.500,00 USD"),
    "fr,es;q=0.8": ("es", "Su recibo: 1\u00a0234\u00a0500,00 USD", "Total: 1\u00a0234\u00a0500,00 USD"),
    "fr": ("en", "Your receipt: 1,234,500.00 USD", "Total: 1,234,500.00 USD"),
    "": ("en", "Your receipt: 1,234,500.00 USD", "Total: 1,234,500.00 USD"),
}


@pytest.mark.parametrize("header", LANGUAGES)
def test_the_buyers_emails_are_in_the_buyers_language(
    client: Client, mailoutbox: list[Any], header: str, emulator: Emulator
) -> None:
    language, subject, sum_line = LANGUAGES[header]
    client.generic("POST", "/api/checkout/", headers={"Accept-Language": header} if header else {})
    order = Order.objects.get()
    much = total(2000, shipping=123_448_000, paid=123_450_000)
    deliver(client, event_for(order, id=order.stripe_session_id, **much))
    mail = sent_to(mailoutbox, "jenny@example.com")
    assert (order.language, mail.subject) == (language, subject)
    assert sum_line in lines_of(mail)
    assert mail.extra_headers["Content-Language"] == language
    assert f'<html lang="{language}">' in str(mail.alternatives[0][0])


def test_the_shops_emails_are_in_the_shops_language(
    client: Client, order: Order, mailoutbox: list[Any], settings: Settings
) -> None:
    settings.LANGUAGE_CODE = "de"
    Order.objects.update(language="es")
    deliver(client, event_for(order))
    outbox.process_due()
    deliver(client, event_for(order, "charge.dispute.created"))
    assert sent_to(mailoutbox, SHOP).subject == "Zahlungsanfechtung: 20,00 USD"
    assert sent_to(mailoutbox, "jenny@example.com").subject == "Su recibo: 20,00 USD"


@pytest.mark.parametrize(
    ("currency", "paid", "shown"),
    [("jpy", 2000, "2.000 JPY"), ("kwd", 2000, "2,000 KWD"), ("ugx", 2000, "20 UGX"), ("isk", 2000, "20 ISK")],
)
def test_amounts_have_stripes_decimals_in_every_language(
    client: Client, order: Order, mailoutbox: list[Any], currency: str, paid: int, shown: str
) -> None:
    Order.objects.update(currency=currency, language="de")
    deliver(client, event_for(order, currency=currency))
    assert sent_to(mailoutbox, "jenny@example.com").subject == f"Ihre Quittung: {shown}"


def test_the_shops_name_address_and_logo_are_in_every_email(
    client: Client, order: Order, mailoutbox: list[Any], settings: Settings
) -> None:
    settings.SHOP_NAME, settings.SUPPORT_EMAIL = "Bücher & Co", "help@shop.example"
    settings.SHOP_LOGO_URL = "https://shop.example/logo.png"
    deliver(client, event_for(order))
    outbox.process_due()
    deliver(client, event_for(order, "charge.dispute.created"))
    for mail in (sent_to(mailoutbox, "jenny@example.com"), sent_to(mailoutbox, "help@shop.example")):
        assert mail.reply_to == ["help@shop.example"]
        message = mail.message()
        assert SHOP in str(message["From"])
        assert "Bücher & Co" in lines_of(mail)
        html = str(mail.alternatives[0][0])
        assert 'src="https://shop.example/logo.png" alt="Bücher &amp; Co"' in html
        assert "help@shop.example" in html
        assert message.as_bytes()


def test_text_from_outside_can_not_change_an_email(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    order.items.update(name='<script>alert(1)</script> & "tea"')
    deliver(client, event_for(order))
    mail = sent_to(mailoutbox, "jenny@example.com")
    assert "<script" not in str(mail.alternatives[0][0])
    assert '1 × <script>alert(1)</script> & "tea": 20.00 USD' in lines_of(mail)


def test_an_email_has_the_same_id_on_every_attempt(client: Client, order: Order, mailoutbox: list[Any]) -> None:
    """The worker may die after the mail server has taken it."""
    deliver(client, event_for(order))
    deliver(client, event_for(order, "charge.refunded"))
    outbox.process_due()
    message = Message.objects.get()
    outbox.requeue(message.pk, Message)
    outbox.process_due()
    ids = [mail.extra_headers["Message-ID"] for mail in mailoutbox if "refund" in mail.subject]
    assert ids == [f"<{message.pk}@shop.invalid>"] * 2
