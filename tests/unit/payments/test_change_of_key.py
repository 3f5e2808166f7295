"""From the local Stripe to a key, or from one account to another: Stripe does not know the old orders."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.devstack.doctor.checks.stripe import known_orders
from app.payments import review
from app.payments.models import Cursor, Order, Refund
from app.payments.refresh import NOT_THERE, refresh_order
from app.payments.refunds import UNKNOWN_PAYMENT, refund_order
from app.payments.stripe import client as stripe_client
from app.payments.stripe.catch_up import catch_up, cursor_name
from app.web.problems import Problem
from tests.support.emulator import Emulator
from tests.support.front_door import submit
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db


def change_account(emulator: Emulator) -> None:
    """As with the key of an account in which none of our objects exist."""
    emulator.reset()


def started(client: Client, *, hours_ago: float = 2) -> Order:
    """An order with an open session."""
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(hours=hours_ago))
    return fresh(order)


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def calls(emulator: Emulator, path: str) -> int:
    """How many calls to this path the emulator has answered."""
    return sum(path in call["path"] for call in emulator.control("GET", "requests")["data"])


def test_catch_up_closes_an_open_order_once(client: Client, emulator: Emulator) -> None:
    order = started(client)
    change_account(emulator)
    catch_up()
    assert (fresh(order).status, fresh(order).reason_code, fresh(order).reason) == (
        "expired", "session_missing", NOT_THERE,
    )  # fmt: skip
    Order.objects.update(checked_at=None)
    asked = calls(emulator, "/v1/checkout/sessions/")
    assert catch_up().orders_checked == 0
    assert calls(emulator, "/v1/checkout/sessions/") == asked


def test_a_late_payment_still_counts(client: Client, emulator: Emulator) -> None:
    order = started(client)
    change_account(emulator)
    catch_up()
    deliver(client, event_for(order, id=order.stripe_session_id))
    assert (fresh(order).status, fresh(order).reason) == ("paid", "")


def test_events_missed_under_another_key_are_caught_up(client: Client, emulator: Emulator, settings: Settings) -> None:
    order = started(client)
    catch_up()
    Order.objects.update(checked_at=None)
    with Emulator() as other:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_of_another_account", other.url
        stripe_client.client.cache_clear()
        catch_up()
        assert fresh(order).status == "expired"
        # The other account is in use for long.
        Cursor.objects.filter(name=cursor_name()).update(position=int(time.time()) + 3600)
        emulator.pay(order.stripe_session_id or "")
    settings.STRIPE_SECRET_KEY = settings.STRIPE_API_BASE = ""
    stripe_client.client.cache_clear()
    catch_up()
    assert fresh(order).status == "paid"


def test_a_clock_ahead_hides_no_event(client: Client, emulator: Emulator, settings: Settings) -> None:
    Cursor.objects.create(name=cursor_name(), position=int(time.time()) + 7 * 86400)
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_of_another_account", emulator.url
    stripe_client.client.cache_clear()
    order = started(client, hours_ago=0)
    emulator.pay(order.stripe_session_id or "")
    catch_up()
    assert fresh(order).status == "paid"


def test_a_new_key_continues_at_the_old_position(client: Client, emulator: Emulator, settings: Settings) -> None:
    order = started(client, hours_ago=24 * 20)
    catch_up()
    emulator.pay(order.stripe_session_id or "")
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_rolled_key", emulator.url
    stripe_client.client.cache_clear()
    asked = calls(emulator, "/v1/events")
    catch_up()
    assert fresh(order).status == "paid"
    assert calls(emulator, "/v1/events") == asked + 2, "the time, and the events since a few minutes ago"


def test_a_look_closes_the_order(client: Client, emulator: Emulator) -> None:
    order = started(client, hours_ago=0.1)
    change_account(emulator)
    for _ in range(3):
        shown = client.get(f"/api/orders/{order.pk}/").json()
        assert (shown["status"], shown["reason"]["code"], shown["checkout_url"]) == ("expired", "session_missing", None)
    assert calls(emulator, "/v1/checkout/sessions/") == 1


def test_a_processing_order_goes_to_review(client: Client, emulator: Emulator) -> None:
    order = started(client)
    deliver(client, event_for(order, id=order.stripe_session_id, payment_status="unpaid"))
    assert fresh(order).status == "processing"
    change_account(emulator)
    catch_up()
    assert (fresh(order).status, fresh(order).reason) == ("needs_review", NOT_THERE)
    assert catch_up().orders_checked == 0
    assert review.cancel(order.pk).status == "failed"
    deliver(client, event_for(order, id=order.stripe_session_id))
    assert fresh(order).status == "paid", "the money came after all"


def test_a_paid_order_stays_paid(client: Client, paid: Order, emulator: Emulator, admin_user: Any) -> None:
    change_account(emulator)
    with pytest.raises(Problem) as refused:
        refresh_order(paid)
    assert refused.value.detail == f"{NOT_THERE} Nothing was changed."
    client.force_login(admin_user)
    form = {"action": "sync", "_selected_action": [str(paid.pk)]}
    assert (
        NOT_THERE.replace("'", "&#x27;") in submit(client, "/admin/payments/order/", form, follow=True).content.decode()
    )
    assert fresh(paid).status == "paid"


def test_a_refund_is_refused_with_the_reason(paid: Order, emulator: Emulator) -> None:
    change_account(emulator)
    with pytest.raises(CommandError, match="Stripe does not know this payment"):
        call_command("refund", str(paid.pk))
    refund = Refund.objects.get()
    assert (refund.status, refund.error) == (Refund.Status.REFUSED, UNKNOWN_PAYMENT)
    assert fresh(paid).amount_refundable == 2000


def test_an_unanswered_refund_is_closed(paid: Order, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 503, "path": "/v1/refunds"})
    with pytest.raises(Problem):
        refund_order(paid)
    Refund.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    change_account(emulator)  # the fault is gone too
    catch_up()
    assert (Refund.objects.get().status, Refund.objects.get().error) == (Refund.Status.REFUSED, UNKNOWN_PAYMENT)
    asked = calls(emulator, "/v1/refunds")
    assert catch_up().refunds_settled == 0
    assert calls(emulator, "/v1/refunds") == asked


def test_the_doctor_warns_until_the_next_order(client: Client, emulator: Emulator) -> None:
    assert known_orders().summary == "none yet"
    started(client)
    assert known_orders().summary == "Stripe knows the newest"
    change_account(emulator)
    found = known_orders()
    assert (found.status, found.summary) == ("warning", "Stripe does not know the newest order in this database")
    assert "another account's key or at the local Stripe" in found.cause
    assert "docs/troubleshooting.md" in found.remedy
    catch_up()
    started(client, hours_ago=0)
    assert known_orders().summary == "Stripe knows the newest; closed, because it does not know them: 1"
