"""What was missed is made up for: events that never came, orders that wait, fulfilments that died."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.payments import stripe_client
from app.payments.catch_up import catch_up
from app.payments.models import Fulfilment, Order, StripeEvent
from tests.emulator import Emulator
from tests.payments.webhook_sender import deliver, event_for
from tests.stack import reserve_port

pytestmark = pytest.mark.django_db


def start(client: Client) -> Order:
    return Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])


def test_events_that_never_came_are_read_from_stripe(client: Client, emulator: Emulator) -> None:
    order = start(client)
    emulator.pay(order.stripe_session_id or "")
    assert catch_up().events_new >= 1
    order.refresh_from_db()
    assert order.status == "paid"
    assert StripeEvent.objects.filter(order=order, type="checkout.session.completed").exists()


def test_a_second_sweep_finds_nothing_new(client: Client, emulator: Emulator) -> None:
    emulator.pay(start(client).stripe_session_id or "")
    catch_up()
    assert catch_up().events_new == 0


def test_an_order_that_has_waited_for_long_is_asked_about(client: Client, emulator: Emulator) -> None:
    order = start(client)
    emulator.stripe.v1.checkout.sessions.expire(order.stripe_session_id or "")
    catch_up()
    Order.objects.filter(pk=order.pk).update(
        status="pending", facts={}, created_at=timezone.now() - timedelta(hours=2), checked_at=None
    )
    assert catch_up().orders_checked == 1
    order.refresh_from_db()
    assert order.status == "expired"


def test_the_command_says_what_it_did(client: Client, emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    emulator.pay(start(client).stripe_session_id or "")
    call_command("catch_up")
    assert "checkout.session.completed" in capsys.readouterr().out


def test_the_command_says_when_stripe_is_down(settings: Settings, order: Order) -> None:
    with reserve_port() as nobody:
        settings.STRIPE_SECRET_KEY = ""
        settings.STRIPE_EMULATOR_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        stripe_client.client.cache_clear()
        with pytest.raises(CommandError, match="can't be reached"):
            call_command("catch_up")
    stripe_client.client.cache_clear()


def test_a_paid_order_is_fulfilled_once_and_its_receipt_sent(client: Client, order: Order, emulator: Emulator) -> None:
    Order.objects.filter(pk=order.pk).update(customer_email="jenny@example.com")
    deliver(client, event_for(order))
    for _ in range(2):
        call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)
    assert Fulfilment.objects.get().status == "done"
    assert [message.to for message in mail.outbox] == [["jenny@example.com"]]
    assert mail.outbox[0].subject == "Your receipt: 20.00 USD"


def test_a_fulfilment_whose_worker_died_is_made_up_for(client: Client, order: Order, emulator: Emulator) -> None:
    deliver(client, event_for(order))
    # The worker took it and was killed: the attempt is counted, the task is gone, the lease is over.
    Fulfilment.objects.update(attempts=1, next_attempt_at=timezone.now() - timedelta(seconds=1))
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)
    assert Fulfilment.objects.get().status == "done"
