"""Catch-up: missed events, orders that still wait, fulfillments whose worker died."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Cursor, Fulfillment, Order, StripeEvent
from app.payments.stripe import client as stripe_client
from app.payments.stripe.catch_up import EVENTS_CURSOR, OVERLAP, catch_up, replay_open
from app.web.problems import Problem
from tests.support.emulator import Emulator
from tests.support.http_server import Quiet, serving
from tests.support.stack import reserve_port
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db


def start(client: Client) -> Order:
    return Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])


def test_missed_events_are_read_from_stripe(client: Client, emulator: Emulator) -> None:
    order = start(client)
    emulator.pay(order.stripe_session_id or "")
    assert catch_up().events_new >= 1
    order.refresh_from_db()
    assert order.status == "paid"
    kept = StripeEvent.objects.get(order=order, type="checkout.session.completed")
    assert kept.source == StripeEvent.Source.CATCH_UP


def test_a_late_webhook_marks_a_fetched_event_as_delivered(client: Client, emulator: Emulator) -> None:
    order = start(client)
    emulator.pay(order.stripe_session_id or "")
    catch_up()
    kept = StripeEvent.objects.get(order=order, type="checkout.session.completed")
    assert json.loads(deliver(client, json.loads(kept.payload)).content)["outcome"] == "applied"
    kept.refresh_from_db()
    assert (kept.source, kept.attempts) == (StripeEvent.Source.WEBHOOK, 2)


def test_an_event_that_was_not_stored_is_read_again(
    client: Client, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = start(client)
    emulator.pay(order.stripe_session_id or "")
    # Older than the overlap that every catch-up reads again.
    cursor = Cursor.objects.create(name=EVENTS_CURSOR, position=int(time.time()) - 3000)
    with monkeypatch.context() as patch:
        patch.setattr("app.payments.sql.rows.write", fail)
        with pytest.raises(OperationalError):
            catch_up()
    assert Cursor.objects.get().position == cursor.position
    assert catch_up().events_new == 1
    order.refresh_from_db()
    assert order.status == "paid"


def fail(*_: object) -> None:
    raise OperationalError("the server closed the connection unexpectedly")


def test_a_second_catch_up_finds_nothing_new(client: Client, emulator: Emulator) -> None:
    emulator.pay(start(client).stripe_session_id or "")
    catch_up()
    assert catch_up().events_new == 0


def test_an_old_pending_order_is_checked(client: Client, emulator: Emulator) -> None:
    order = start(client)
    emulator.stripe.v1.checkout.sessions.expire(order.stripe_session_id or "")
    catch_up()
    Order.objects.filter(pk=order.pk).update(
        status="pending", facts={}, created_at=timezone.now() - timedelta(hours=2), checked_at=None
    )
    assert catch_up().orders_checked == 1
    order.refresh_from_db()
    assert order.status == "expired"


def test_the_command_prints_what_it_did(client: Client, emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    emulator.pay(start(client).stripe_session_id or "")
    call_command("catch_up")
    assert "checkout.session.completed" in capsys.readouterr().out


def test_the_command_reports_that_stripe_is_down(settings: Settings, order: Order) -> None:
    with reserve_port() as unused:
        settings.STRIPE_SECRET_KEY = ""
        settings.STRIPE_EMULATOR_URL = f"http://127.0.0.1:{unused.getsockname()[1]}"
        stripe_client.client.cache_clear()
        with pytest.raises(CommandError, match="can't be reached"):
            call_command("catch_up")
    stripe_client.client.cache_clear()


@pytest.mark.django_db(transaction=True)  # the worker closes its connections
def test_a_paid_order_is_fulfilled_once_with_a_receipt(client: Client, order: Order, emulator: Emulator) -> None:
    Order.objects.filter(pk=order.pk).update(customer_email="jenny@example.com")
    deliver(client, event_for(order))
    for _ in range(2):
        call_command("db_worker", batch=True)
    assert Fulfillment.objects.get().status == "done"
    assert [message.to for message in mail.outbox] == [["jenny@example.com"]]
    assert mail.outbox[0].subject == "Your receipt: 20.00 USD"


@pytest.mark.django_db(transaction=True)
def test_a_fulfillment_is_retried_after_its_worker_dies(client: Client, order: Order, emulator: Emulator) -> None:
    deliver(client, event_for(order))
    # The worker was killed: the attempt is counted, the task is gone, the lease has expired.
    Fulfillment.objects.update(attempts=1, next_attempt_at=timezone.now() - timedelta(seconds=1))
    call_command("db_worker", batch=True)
    assert Fulfillment.objects.get().status == "done"


def test_stripe_is_not_called_before_the_first_order(emulator: Emulator) -> None:
    catch_up()
    assert emulator.control("GET", "requests")["data"] == []


def test_a_fast_clock_skips_no_event(client: Client, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    order = start(client)
    ours = time.time
    with monkeypatch.context() as patch:
        patch.setattr("time.time", lambda: ours() + 60 * 86400)
        catch_up()
    emulator.pay(order.stripe_session_id or "")
    catch_up()
    order.refresh_from_db()
    assert order.status == "paid"


def test_catch_up_reads_all_pages(client: Client, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_client, "PAGE_SIZE", 2)
    orders = [start(client) for _ in range(5)]
    for order in orders:
        emulator.pay(order.stripe_session_id or "")
    Order.objects.update(created_at=timezone.now() - timedelta(days=20))
    assert catch_up().events_new == 5
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}


@contextmanager
def stripe_that_fails_after(calls: int) -> Iterator[str]:
    """Serve a Stripe without events that refuses every call after the first `calls`."""
    left = iter(range(calls))

    class Handler(Quiet):
        def do_GET(self) -> None:  # noqa: N802  # http.server's name
            fine = next(left, None) is not None
            self.send_response(200 if fine else 400)
            self.end_headers()
            self.wfile.write(b'{"object": "list", "data": [], "has_more": false}' if fine else b'{"error": {}}')

    with serving(Handler) as url:
        yield url


def test_a_failed_catch_up_keeps_its_progress(order: Order, settings: Settings) -> None:
    began = timezone.now() - timedelta(days=10)
    Order.objects.update(created_at=began, checked_at=timezone.now())
    settings.STRIPE_SECRET_KEY = ""
    with stripe_that_fails_after(12) as settings.STRIPE_EMULATOR_URL:
        stripe_client.client.cache_clear()
        with pytest.raises(Problem):
            catch_up()
    stripe_client.client.cache_clear()
    # One call asked for the time; each of the other eleven advanced the cursor by a 24th of the gap.
    days = (Cursor.objects.get().position + OVERLAP - began.timestamp()) / 86400
    assert days == pytest.approx(10 * 11 / 24, abs=0.1)


def test_the_cursor_never_goes_back(client: Client, emulator: Emulator) -> None:
    start(client)
    ahead = int(time.time()) + 1000
    Cursor.objects.create(name="events", position=ahead)
    catch_up()
    assert Cursor.objects.get().position == ahead


def test_an_order_without_a_session_expires_after_a_day(client: Client, order: Order, emulator: Emulator) -> None:
    young = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    old = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    Order.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=26))
    catch_up()
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.status, old.reason_code, young.status) == ("expired", "never_started", "pending")
    # Later events still count.
    deliver(client, event_for(old, id="cs_test_late"))
    old.refresh_from_db()
    assert old.status == "paid"


def test_an_order_is_checked_again_after_an_error(client: Client, emulator: Emulator) -> None:
    order = start(client)
    Order.objects.update(created_at=timezone.now() - timedelta(hours=2))
    emulator.control("POST", "faults", {"kind": "error", "status": 503, "path": "/v1/checkout/sessions/*"})
    with pytest.raises(Problem):
        catch_up()
    emulator.control("DELETE", "faults")
    assert catch_up().orders_checked == 1
    order.refresh_from_db()
    assert order.checked_at


def test_orders_are_checked_without_access_to_events(client: Client, emulator: Emulator) -> None:
    order = start(client)
    emulator.pay(order.stripe_session_id or "")
    Order.objects.update(created_at=timezone.now() - timedelta(hours=2))
    emulator.control("POST", "faults", {"kind": "error", "status": 403, "path": "/v1/events"})
    with pytest.raises(Problem):
        catch_up()
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_failing_event_does_not_block_others(
    client: Client, order: Order, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        StripeEvent.objects.create(stripe_id=f"evt_bad_{number}", type="x", payload="{", outcome="failed", attempts=9)
    event = event_for(order)
    StripeEvent.objects.create(
        stripe_id=event["id"], type=event["type"], payload=json.dumps(event), outcome="failed", attempts=1
    )
    monkeypatch.setattr("app.payments.stripe.catch_up.BATCH", 1)
    replay_open()
    order.refresh_from_db()
    assert order.status == "paid"
