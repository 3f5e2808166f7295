"""Fulfillment takes effect once, even if workers die, fail or come late."""

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


class HookedBackend(EmailBackend):
    """An email backend that first runs `before_sending`."""

    def send_messages(self, messages: object) -> int:
        while before_sending:
            before_sending.pop(0)()
        return super().send_messages(messages)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _hooked_backend(settings: Settings) -> Iterator[None]:
    settings.EMAIL_BACKEND = f"{__name__}.{HookedBackend.__name__}"
    yield
    before_sending.clear()


@pytest.fixture
def paid(client: Client, order: Order) -> Order:
    """An order that has just been paid."""
    deliver(client, event_for(order))
    return order


def fail() -> None:
    raise ConnectionError("the mail server is down")


def expire_lease() -> None:
    Fulfillment.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def work() -> str:
    """Run the worker once. Return the fulfillment's status."""
    outbox.process_one()
    return Fulfillment.objects.get().status


def test_a_due_fulfillment_runs_once(paid: Order) -> None:
    assert outbox.process_due() == 1
    assert outbox.process_due() == 0
    assert (Fulfillment.objects.get().status, len(mail.outbox)) == ("done", 1)
    assert Fulfillment.objects.get().done_at


def test_a_failing_hook_is_retried_with_growing_delays(paid: Order) -> None:
    delays = []
    for _ in range(4):
        before_sending.append(fail)
        expire_lease()
        started = timezone.now()
        assert work() == "pending"
        assert not outbox.process_one()
        delays.append((Fulfillment.objects.get().next_attempt_at - started).total_seconds())
    assert delays == pytest.approx([5, 10, 20, 40], abs=4)
    expire_lease()
    assert work() == "done"
    assert len(mail.outbox) == 1
    assert Fulfillment.objects.get().error == ""


def test_a_dead_letter_can_be_revived(paid: Order) -> None:
    for _ in range(outbox.MAX_ATTEMPTS):
        before_sending.append(fail)
        expire_lease()
        status = work()
    assert status == "dead"
    assert "mail server is down" in Fulfillment.objects.get().error
    expire_lease()
    assert not outbox.process_one()
    outbox.requeue(paid.pk)
    assert work() == "done"


def test_a_dead_letter_keeps_the_time_of_its_failure(paid: Order) -> None:
    Fulfillment.objects.update(attempts=outbox.MAX_ATTEMPTS - 1)
    before_sending.append(fail)
    assert work() == "dead"
    assert Fulfillment.objects.get().next_attempt_at <= timezone.now()


def test_a_dead_workers_fulfillment_is_retried_after_the_lease(paid: Order) -> None:
    before_sending.append(lambda: exit(1))
    with pytest.raises(SystemExit):
        outbox.process_one()
    assert not outbox.process_one()  # the lease still holds
    lease = Fulfillment.objects.get().next_attempt_at - timezone.now()
    assert timedelta(0) < lease <= outbox.LEASE
    expire_lease()
    assert work() == "done"


def test_a_fulfillment_that_kills_workers_becomes_a_dead_letter(paid: Order) -> None:
    Fulfillment.objects.update(attempts=outbox.MAX_ATTEMPTS)
    expire_lease()
    assert work() == "dead"
    assert (len(mail.outbox), Fulfillment.objects.get().error) == (0, "The worker died during the last attempt.")


def test_a_slow_failing_worker_does_not_undo_a_success(paid: Order) -> None:
    def another_worker_fulfills_it() -> None:
        expire_lease()
        assert work() == "done"
        fail()

    before_sending.append(another_worker_fulfills_it)
    outbox.process_one()
    assert Fulfillment.objects.get().status == "done"
    assert len(mail.outbox) == 1


NOT_FULFILLED = {
    "refunded": ("refund.updated", {}),
    "disputed": ("charge.dispute.created", {}),
    "needs_review": ("checkout.session.completed", {"livemode": True}),
}


@pytest.mark.parametrize("status", NOT_FULFILLED)
def test_a_refunded_or_disputed_order_is_skipped(client: Client, paid: Order, status: str) -> None:
    name, changes = NOT_FULFILLED[status]
    deliver(client, event_for(paid, name, **changes))
    assert work() == "skipped"
    assert Fulfillment.objects.get().error == f"The order is {status}."
    assert mail.outbox == []
    expire_lease()
    assert not outbox.process_one()


def test_a_skipped_order_is_due_after_a_won_dispute(client: Client, paid: Order) -> None:
    deliver(client, event_for(paid, "charge.dispute.created"))
    assert work() == "skipped"
    deliver(client, event_for(paid, "charge.dispute.created", type="charge.dispute.closed", status="won"))
    assert work() == "done"
    assert len(mail.outbox) == 1


def test_a_skipped_order_is_due_after_a_failed_refund(client: Client, paid: Order) -> None:
    deliver(client, event_for(paid, "refund.updated", status="pending"))
    assert work() == "skipped"
    deliver(client, event_for(paid, "refund.updated", type="refund.failed", status="failed"))
    assert work() == "done"


def test_a_fulfilled_order_is_never_fulfilled_again(client: Client, paid: Order) -> None:
    assert work() == "done"
    for status in ("needs_response", "won"):
        deliver(client, event_for(paid, "charge.dispute.created", type="charge.dispute.updated", status=status))
    assert work() == "done"
    assert len(mail.outbox) == 1


def test_an_event_does_not_revive_a_dead_letter(client: Client, paid: Order) -> None:
    Fulfillment.objects.update(status="dead")
    for status in ("needs_response", "won"):
        deliver(client, event_for(paid, "charge.dispute.created", type="charge.dispute.updated", status=status))
    assert Fulfillment.objects.get().status == "dead"


def test_a_partially_refunded_order_is_fulfilled(client: Client, paid: Order) -> None:
    deliver(client, event_for(paid, "charge.refunded"))
    assert work() == "done"


def test_the_receipt_shows_the_amount_paid(client: Client, order: Order) -> None:
    deliver(client, event_for(order, **total(discount=500, tax=380, shipping=500, paid=2380)))
    outbox.process_due()
    assert mail.outbox[0].subject == "Your receipt: 23.80 USD"


@pytest.mark.parametrize("address", ["jörg@example.com", "用户@例え.jp", "a@bücher.example", "ünï@exämple.org"])
def test_an_international_address_gets_a_receipt(client: Client, order: Order, address: str) -> None:
    deliver(client, event_for(order, customer_details={"email": address}))
    order.refresh_from_db()
    assert order.customer_email == address
    assert work() == "done"
    assert [message.to for message in mail.outbox] == [[address]]
    assert mail.outbox[0].message().as_bytes()
