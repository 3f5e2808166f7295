"""Fulfillment: once in effect, whoever dies, fails or comes too late."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.payments import outbox
from app.payments.models import Fulfillment, Order
from tests.unit.payments.histories import total
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = [pytest.mark.django_db, pytest.mark.quick]

before_sending: list[Callable[[], object]] = []


class TroubledMail(EmailBackend):
    """A mail server to which something happens first."""

    def send_messages(self, messages: object) -> int:
        while before_sending:
            before_sending.pop(0)()
        return super().send_messages(messages)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _troubled_mail(settings: Settings) -> Iterator[None]:
    settings.EMAIL_BACKEND = f"{__name__}.{TroubledMail.__name__}"
    yield
    before_sending.clear()


@pytest.fixture
def paid(client: Client, order: Order) -> Order:
    """An order that has just been paid."""
    deliver(client, event_for(order))
    return order


def fail() -> None:
    raise ConnectionError("the mail server is down")


def lease_is_over() -> None:
    Fulfillment.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def work() -> str:
    """What the order's fulfillment is after a worker has looked once."""
    outbox.process_one()
    return Fulfillment.objects.get().status


def test_what_is_due_is_done_once(paid: Order) -> None:
    assert outbox.process_due() == 1
    assert outbox.process_due() == 0
    assert (Fulfillment.objects.get().status, len(mail.outbox)) == ("done", 1)
    assert Fulfillment.objects.get().done_at


def test_a_hook_that_fails_is_tried_again_later_and_later(paid: Order) -> None:
    pauses = []
    for _ in range(4):
        before_sending.append(fail)
        lease_is_over()
        started = timezone.now()
        assert work() == "pending"
        assert not outbox.process_one()
        pauses.append((Fulfillment.objects.get().next_attempt_at - started).total_seconds())
    assert pauses == pytest.approx([5, 10, 20, 40], abs=4)
    lease_is_over()
    assert work() == "done"
    assert len(mail.outbox) == 1
    assert Fulfillment.objects.get().error == ""


def test_what_fails_again_and_again_ends_as_a_dead_letter_that_can_be_revived(paid: Order) -> None:
    for _ in range(outbox.MAX_ATTEMPTS):
        before_sending.append(fail)
        lease_is_over()
        status = work()
    assert status == "dead"
    assert "mail server is down" in Fulfillment.objects.get().error
    lease_is_over()
    assert not outbox.process_one()
    outbox.requeue(paid.pk)
    assert work() == "done"


def test_a_dead_letter_keeps_when_it_gave_up(paid: Order) -> None:
    Fulfillment.objects.update(attempts=outbox.MAX_ATTEMPTS - 1)
    before_sending.append(fail)
    assert work() == "dead"
    assert Fulfillment.objects.get().next_attempt_at <= timezone.now()


def test_a_worker_that_dies_is_replaced_after_its_lease(paid: Order) -> None:
    before_sending.append(lambda: exit(1))
    with pytest.raises(SystemExit):
        outbox.process_one()
    assert not outbox.process_one()  # nobody else may take it yet
    lease = Fulfillment.objects.get().next_attempt_at - timezone.now()
    assert timedelta(0) < lease <= outbox.LEASE
    lease_is_over()
    assert work() == "done"


def test_an_order_that_kills_every_worker_ends_as_a_dead_letter(paid: Order) -> None:
    Fulfillment.objects.update(attempts=outbox.MAX_ATTEMPTS)
    lease_is_over()
    assert work() == "dead"
    assert (len(mail.outbox), Fulfillment.objects.get().error) == (0, "The worker died during the last attempt.")


def test_a_slow_worker_that_fails_does_not_undo_what_another_one_has_done(paid: Order) -> None:
    def another_worker_takes_over() -> None:
        lease_is_over()
        assert work() == "done"
        fail()

    before_sending.append(another_worker_takes_over)
    outbox.process_one()
    assert Fulfillment.objects.get().status == "done"
    assert len(mail.outbox) == 1


LOST_MONEY = {
    "refunded": ("refund.updated", {}),
    "disputed": ("charge.dispute.created", {}),
    "needs_review": ("checkout.session.completed", {"livemode": True}),
}


@pytest.mark.parametrize("status", LOST_MONEY)
def test_an_order_whose_money_is_in_question_is_skipped(client: Client, paid: Order, status: str) -> None:
    name, changes = LOST_MONEY[status]
    deliver(client, event_for(paid, name, **changes))
    assert work() == "skipped"
    assert Fulfillment.objects.get().error == f"The order is {status}."
    assert mail.outbox == []
    lease_is_over()
    assert not outbox.process_one()


def test_what_was_skipped_is_due_again_when_the_money_is_back(client: Client, paid: Order) -> None:
    deliver(client, event_for(paid, "charge.dispute.created"))
    assert work() == "skipped"
    deliver(client, event_for(paid, "charge.dispute.created", type="charge.dispute.closed", status="won"))
    assert work() == "done"
    assert len(mail.outbox) == 1


def test_a_refund_that_fails_makes_a_skipped_order_due_again(client: Client, paid: Order) -> None:
    deliver(client, event_for(paid, "refund.updated", status="pending"))
    assert work() == "skipped"
    deliver(client, event_for(paid, "refund.updated", type="refund.failed", status="failed"))
    assert work() == "done"


def test_what_was_delivered_is_never_delivered_again(client: Client, paid: Order) -> None:
    assert work() == "done"
    for status in ("needs_response", "won"):
        deliver(client, event_for(paid, "charge.dispute.created", type="charge.dispute.updated", status=status))
    assert work() == "done"
    assert len(mail.outbox) == 1


def test_a_dead_letter_is_not_revived_by_an_event(client: Client, paid: Order) -> None:
    Fulfillment.objects.update(status="dead")
    for status in ("needs_response", "won"):
        deliver(client, event_for(paid, "charge.dispute.created", type="charge.dispute.updated", status=status))
    assert Fulfillment.objects.get().status == "dead"


def test_a_part_that_was_given_back_is_no_reason_to_keep_the_goods(client: Client, paid: Order) -> None:
    deliver(client, event_for(paid, "charge.refunded"))
    assert work() == "done"


def test_the_receipt_says_what_was_paid(client: Client, order: Order) -> None:
    deliver(client, event_for(order, **total(discount=500, tax=380, shipping=500, paid=2380)))
    outbox.process_due()
    assert mail.outbox[0].subject == "Your receipt: 23.80 USD"


@pytest.mark.parametrize("address", ["jörg@example.com", "用户@例え.jp", "a@bücher.example", "ünï@exämple.org"])
def test_an_address_of_any_alphabet_given_at_stripe_gets_a_receipt(client: Client, order: Order, address: str) -> None:
    deliver(client, event_for(order, customer_details={"email": address}))
    order.refresh_from_db()
    assert order.customer_email == address
    assert work() == "done"
    assert [message.to for message in mail.outbox] == [[address]]
    assert mail.outbox[0].message().as_bytes()
