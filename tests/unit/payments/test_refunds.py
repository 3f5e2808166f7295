"""Refunds, against the real emulator."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.payments.models import Order, Refund
from app.payments.refunds import refund_order, resolve, unanswered
from app.payments.stripe import client as stripe_client
from app.payments.stripe.catch_up import catch_up
from app.web.problems import Problem
from tests.support.emulator import Emulator
from tests.support.http_server import Quiet, serving
from tests.support.stack import reserve_port
from tests.unit.payments.orders import pay_new_order

pytestmark = pytest.mark.django_db


def test_a_partial_refund_and_the_rest_are_refunded(paid: Order, emulator: Emulator) -> None:
    assert refund_order(paid, 500).order.status == "partially_refunded"
    assert refund_order(paid).order.status == "refunded"
    assert sorted(emulator.refunds_of(paid.stripe_payment_intent_id)) == [500, 1500]


@pytest.mark.parametrize("amount", [0, -1, 2001])
def test_more_than_the_paid_amount_is_not_refunded(paid: Order, emulator: Emulator, amount: int) -> None:
    with pytest.raises(Problem, match=r"At most 20\.00 USD"):
        refund_order(paid, amount)
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == []


def test_an_unpaid_order_is_not_refunded(order: Order) -> None:
    with pytest.raises(Problem, match="the order has not been paid"):
        refund_order(order)


def test_a_refund_with_a_lost_response_is_resent_once(paid: Order, emulator: Emulator, settings: Settings) -> None:
    with reserve_port() as unused:
        settings.STRIPE_EMULATOR_URL = f"http://127.0.0.1:{unused.getsockname()[1]}"
        stripe_client.client.cache_clear()
        # Repeating the command would refund twice.
        with pytest.raises(CommandError, match=r"The refund is saved.* Don't repeat it"):
            call_command("refund", str(paid.pk), amount=500)
    settings.STRIPE_EMULATOR_URL = emulator.url
    stripe_client.client.cache_clear()
    written = Refund.objects.get()
    assert written.status == "requested"
    for _ in range(2):
        resolve(written)
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == [500]


def test_an_unconfirmed_refund_reduces_the_refundable_amount(paid: Order) -> None:
    Refund.objects.create(order=paid, amount=1500)
    with pytest.raises(Problem, match=r"At most 5\.00 USD"):
        refund_order(paid, 600)


def test_a_refund_in_the_dashboard_is_seen(paid: Order, emulator: Emulator) -> None:
    emulator.stripe.v1.refunds.create({"payment_intent": paid.stripe_payment_intent_id, "amount": 700})
    catch_up()
    paid.refresh_from_db()
    assert (paid.status, paid.amount_refunded) == ("partially_refunded", 700)


def test_the_command_refunds_and_prints_the_amount(paid: Order, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("refund", str(paid.pk), amount=500)
    assert "5.00 USD refunded" in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"At most 15\.00 USD"):
        call_command("refund", str(paid.pk), amount=1600)


def test_an_unreadable_response_is_not_a_refusal(paid: Order, emulator: Emulator, settings: Settings) -> None:
    with login_page() as settings.STRIPE_EMULATOR_URL:
        stripe_client.client.cache_clear()
        with pytest.raises(Problem, match="The refund is saved"):
            refund_order(paid, 500)
    stripe_client.client.cache_clear()
    assert Refund.objects.get().status == "requested"


def test_a_late_error_does_not_undo_a_sent_refund(paid: Order, emulator: Emulator) -> None:
    refund = interrupted_refund(paid)
    seen_before = Refund.objects.get()
    resolve(refund)
    emulator.control("POST", "faults", {"kind": "error", "status": 400, "path": "/v1/refunds"})
    with pytest.raises(Problem):
        resolve(seen_before)
    refund.refresh_from_db()
    assert (refund.status, refund.error) == ("sent", "")


def test_a_refund_that_the_bank_rejects_is_undone(client: Client, emulator: Emulator) -> None:
    paid = pay_new_order(client, emulator, card="pm_card_refundFail")
    refund = refund_order(paid)
    assert refund.order.status == "refunded"
    emulator.turn_clock(20 * 86400)
    catch_up()
    paid.refresh_from_db()
    assert (paid.status, paid.amount_refunded, paid.amount_refundable) == ("paid", 0, 2000)
    assert (refund.status, Refund.objects.get().stripe_status) == ("sent", "failed")


def make_old() -> None:
    """Make every refund five minutes old."""
    Refund.objects.update(created_at=timezone.now() - timedelta(minutes=5))


@contextmanager
def login_page() -> Iterator[str]:
    """Serve an HTML page with status 200, as a network's login page does."""

    class Handler(Quiet):
        def do_POST(self) -> None:  # noqa: N802  # http.server's name
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Please log in</html>")

    with serving(Handler) as url:
        yield url


def interrupted_refund(paid: Order, **changes: Any) -> Refund:
    """Return an old refund whose request was interrupted."""
    return Refund.objects.create(order=paid, amount=500, created_at=timezone.now() - timedelta(minutes=5), **changes)


def test_the_worker_sends_an_interrupted_refund(paid: Order, emulator: Emulator) -> None:
    refund = interrupted_refund(paid)
    assert catch_up().refunds_settled == 1
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert (refund.status, paid.amount_refunded, emulator.refunds_of(paid.stripe_payment_intent_id)) == (
        "sent",
        500,
        [500],
    )


def test_a_sent_refund_is_found_without_its_key(paid: Order, emulator: Emulator) -> None:
    refund = interrupted_refund(paid, attempt=7)  # not the key that made it
    made = emulator.stripe.v1.refunds.create(
        {
            "payment_intent": paid.stripe_payment_intent_id,
            "amount": 500,
            "metadata": {"refund_id": str(refund.pk)},
        }
    )
    catch_up()
    refund.refresh_from_db()
    assert (refund.status, refund.stripe_id, emulator.refunds_of(paid.stripe_payment_intent_id)) == (
        "sent",
        made.id,
        [500],
    )


def test_a_stored_500_is_retried_with_a_new_key(paid: Order, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 500, "path": "/v1/refunds", "times": 1})
    with pytest.raises(Problem):
        refund_order(paid, 500)
    make_old()
    catch_up()
    assert Refund.objects.get().status == "sent"
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == [500]


def test_a_recent_refund_is_not_resent(paid: Order, emulator: Emulator) -> None:
    Refund.objects.create(order=paid, amount=500)
    assert catch_up().refunds_settled == 0


def test_a_refused_refund_does_not_block_others(paid: Order, emulator: Emulator) -> None:
    refused = Refund.objects.create(order=paid, amount=50_000, created_at=timezone.now() - timedelta(hours=1))
    refund = interrupted_refund(paid)
    catch_up()
    refused.refresh_from_db()
    refund.refresh_from_db()
    assert (refused.status, refund.status) == ("refused", "sent")


def test_a_failing_refund_does_not_block_refunds_and_orders(paid: Order, client: Client, emulator: Emulator) -> None:
    failing, refund = interrupted_refund(paid), interrupted_refund(paid)
    waiting = client.generic("POST", "/api/checkout/").json()["order_id"]
    Order.objects.filter(pk=waiting).update(created_at=timezone.now() - timedelta(hours=2))
    emulator.control(
        "POST", "faults", {"kind": "error", "status": 500, "method": "POST", "path": "/v1/refunds", "times": 1}
    )
    with pytest.raises(Problem):
        catch_up()
    assert Order.objects.get(pk=waiting).checked_at
    failing.refresh_from_db()
    assert (failing.status, unanswered(1)) == ("requested", [refund])
