"""Messages in the admin: what was sent, what failed, and how to send it again."""

from typing import Any

import pytest
from django.test import Client

from app.payments import outbox
from app.payments.models import Message, Order
from tests.support.front_door import submit
from tests.unit.payments.admin.staff import act, forms_on, log_in, log_of, page_of, read
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

LIST = "/admin/payments/message/"


@pytest.fixture
def message(client: Client, order: Order) -> Message:
    """The email about a refund, not sent yet."""
    deliver(client, event_for(order))
    deliver(client, event_for(order, "charge.refunded"))
    return Message.objects.get()


def set_dead(message: Message) -> None:
    Message.objects.update(status="dead", attempts=12, error="ConnectionRefusedError: no mail server")
    message.refresh_from_db()


def test_a_dead_letter_is_listed_and_replayed(client: Client, message: Message, mailoutbox: list[Any]) -> None:
    set_dead(message)
    log_in(client, "owner")
    start = read(client, "/admin/")
    assert "Failed messages" in start
    assert "ConnectionRefusedError: no mail server" in start
    assert f'href="{LIST}{message.pk}/change/"' in start
    assert "Email to the buyer failed on every attempt" in read(client, page_of(message.order))
    assert "Queued 1 message." in act(client, "send_again", message, group="owner")
    outbox.process_due()
    assert [mail.subject for mail in mailoutbox][-1] == "Your refund: 5.00 USD"
    assert "Email to the buyer sent" in read(client, page_of(message.order))


def test_the_page_of_a_message_has_a_button(client: Client, message: Message, mailoutbox: list[Any]) -> None:
    page = f"{LIST}{message.pk}/change/"
    log_in(client, "owner")
    assert LIST not in forms_on(read(client, page))  # it is queued already
    outbox.process_due()
    fields = forms_on(read(client, page))[LIST]
    assert "Queued 1 message." in client.post(LIST, fields, follow=True).content.decode()
    outbox.process_due()
    refunds = [mail for mail in mailoutbox if mail.subject == "Your refund: 5.00 USD"]
    assert len(refunds) == 2
    assert refunds[0].extra_headers["Message-ID"] == refunds[1].extra_headers["Message-ID"]


def test_a_queued_message_is_not_queued_twice(client: Client, message: Message) -> None:
    assert "This message is already queued." in act(client, "send_again", message)


def test_support_looks_but_does_not_replay(client: Client, message: Message) -> None:
    set_dead(message)
    log_in(client, "support")
    assert LIST not in forms_on(read(client, f"{LIST}{message.pk}/change/"))
    posted = {"action": "send_again", "_selected_action": [str(message.pk)]}
    assert submit(client, LIST, posted).status_code == 403
    message.refresh_from_db()
    assert (message.status, log_of(message.order)) == ("dead", [])


@pytest.mark.parametrize("term", ["{message}", "{order}"])
def test_a_message_is_found_by_its_id_or_its_orders(client: Client, message: Message, term: str) -> None:
    log_in(client, "support")
    page = read(client, f"{LIST}?q={term.format(message=message.pk, order=message.order_id)}")
    assert f"{message.pk}/change/" in page
