"""Fulfillment: once in effect, whoever dies, fails or comes too late."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from app.payments import outbox
from app.payments.models import Fulfillment, Order

pytestmark = [pytest.mark.django_db, pytest.mark.quick]

before_sending: list[Callable[[], None]] = []


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
def paid(order: Order) -> Order:
    """An order that has just been paid."""
    Order.objects.filter(pk=order.pk).update(customer_email="jenny@example.com", status="paid")
    outbox.add(order)
    return order


def fail() -> None:
    raise ConnectionError("the mail server is away")


def lease_is_over() -> None:
    Fulfillment.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def fulfill(order: Order) -> str:
    status: str = outbox.run_fulfillment.call(str(order.pk))
    return status


def test_a_hook_that_fails_is_tried_again_later(paid: Order) -> None:
    before_sending.append(fail)
    assert fulfill(paid) == "pending"
    assert fulfill(paid) == "nothing to do"
    lease_is_over()
    assert fulfill(paid) == "done"
    assert len(mail.outbox) == 1


def test_what_fails_again_and_again_ends_as_a_dead_letter_that_can_be_revived(paid: Order) -> None:
    for _ in range(outbox.MAX_ATTEMPTS):
        before_sending.append(fail)
        status = fulfill(paid)
        lease_is_over()
    assert status == "dead"
    assert "mail server is away" in Fulfillment.objects.get().error
    assert outbox.requeue_due() == 0
    outbox.revive(paid.pk)
    assert fulfill(paid) == "done"


def test_a_dead_letter_keeps_when_it_gave_up(paid: Order) -> None:
    Fulfillment.objects.update(attempts=outbox.MAX_ATTEMPTS - 1)
    lease_is_over()
    before_sending.append(fail)
    assert fulfill(paid) == "dead"
    assert Fulfillment.objects.get().next_attempt_at <= timezone.now()


def test_an_order_that_kills_every_worker_ends_as_a_dead_letter(paid: Order) -> None:
    Fulfillment.objects.update(attempts=outbox.MAX_ATTEMPTS)
    lease_is_over()
    assert fulfill(paid) == "nothing to do"
    assert Fulfillment.objects.get().status == "dead"


def test_a_slow_worker_that_fails_does_not_undo_what_another_one_has_done(paid: Order) -> None:
    def another_worker_takes_over() -> None:
        lease_is_over()
        assert fulfill(paid) == "done"
        fail()

    before_sending.append(another_worker_takes_over)
    fulfill(paid)
    assert Fulfillment.objects.get().status == "done"
    assert len(mail.outbox) == 1


def test_only_tasks_of_long_ago_are_forgotten(paid: Order) -> None:
    long_ago = timezone.now() - outbox.KEEP_TASKS - timedelta(days=1)
    running, waiting, recent = (outbox.run_fulfillment.enqueue(str(paid.pk)).id for _ in range(3))
    DBTaskResult.objects.filter(pk__in=[running, waiting]).update(enqueued_at=long_ago)
    DBTaskResult.objects.filter(pk=running).update(status="RUNNING")  # its worker died
    outbox.forget_finished_tasks()
    assert set(DBTaskResult.objects.filter(pk__in=[running, waiting, recent]).values_list("pk", flat=True)) == {
        DBTaskResult.objects.get(pk=waiting).pk,
        DBTaskResult.objects.get(pk=recent).pk,
    }
