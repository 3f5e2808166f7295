"""Giving money back, against the real emulator."""

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


def test_a_part_and_then_the_rest_is_refunded(paid: Order, emulator: Emulator) -> None:
    assert refund_order(paid, 500).order.status == "partially_refunded"
    assert refund_order(paid).order.status == "refunded"
    assert sorted(emulator.refunds_of(paid.stripe_payment_intent_id)) == [500, 1500]


@pytest.mark.parametrize("amount", [0, -1, 2001])
def test_an_amount_that_was_not_paid_is_not_refunded(paid: Order, emulator: Emulator, amount: int) -> None:
    with pytest.raises(Problem, match=r"At most 20\.00 USD"):
        refund_order(paid, amount)
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == []


def test_an_order_that_is_not_paid_is_not_refunded(order: Order) -> None:
    with pytest.raises(Problem, match="the order has not been paid"):
        refund_order(order)


def test_a_refund_whose_answer_was_lost_is_sent_again_and_refunds_once(
    paid: Order, emulator: Emulator, settings: Settings
) -> None:
    with reserve_port() as nobody:
        settings.STRIPE_EMULATOR_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        stripe_client.client.cache_clear()
        # Whoever repeated it would refund twice.
        with pytest.raises(CommandError, match=r"The refund is saved.* Don't repeat it"):
            call_command("refund", str(paid.pk), amount=500)
    settings.STRIPE_EMULATOR_URL = emulator.url
    stripe_client.client.cache_clear()
    written = Refund.objects.get()
    assert written.status == "requested"
    for _ in range(2):
        resolve(written)
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == [500]


def test_a_refund_without_an_answer_counts_against_what_is_left(paid: Order) -> None:
    Refund.objects.create(order=paid, amount=1500)
    with pytest.raises(Problem, match=r"At most 5\.00 USD"):
        refund_order(paid, 600)


def test_a_refund_made_elsewhere_is_seen(paid: Order, emulator: Emulator) -> None:
    emulator.stripe.v1.refunds.create({"payment_intent": paid.stripe_payment_intent_id, "amount": 700})
    catch_up()
    paid.refresh_from_db()
    assert (paid.status, paid.amount_refunded) == ("partially_refunded", 700)


def test_the_command_refunds_and_says_so(paid: Order, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("refund", str(paid.pk), amount=500)
    assert "5.00 USD refunded" in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"At most 15\.00 USD"):
        call_command("refund", str(paid.pk), amount=1600)


def test_an_answer_that_can_not_be_read_does_not_mean_that_stripe_refused(
    paid: Order, emulator: Emulator, settings: Settings
) -> None:
    with a_page_instead_of_an_answer() as settings.STRIPE_EMULATOR_URL:
        stripe_client.client.cache_clear()
        with pytest.raises(Problem, match="The refund is saved"):
            refund_order(paid, 500)
    stripe_client.client.cache_clear()
    assert Refund.objects.get().status == "requested"


def test_a_late_failure_does_not_undo_an_answer(paid: Order, emulator: Emulator) -> None:
    refund = forgotten(paid)
    seen_before = Refund.objects.get()
    resolve(refund)
    emulator.control("POST", "faults", {"kind": "error", "status": 400, "path": "/v1/refunds"})
    with pytest.raises(Problem):
        resolve(seen_before)
    refund.refresh_from_db()
    assert (refund.status, refund.error) == ("sent", "")


def test_a_refund_that_fails_at_the_bank_gives_the_order_its_money_back(client: Client, emulator: Emulator) -> None:
    paid = pay_new_order(client, emulator, card="pm_card_refundFail")
    refund = refund_order(paid)
    assert refund.order.status == "refunded"
    emulator.turn_clock(20 * 86400)
    catch_up()
    paid.refresh_from_db()
    assert (paid.status, paid.amount_refunded, paid.amount_refundable) == ("paid", 0, 2000)
    assert (refund.status, Refund.objects.get().stripe_status) == ("sent", "failed")


def make_old() -> None:
    """Every refund was asked for a while ago."""
    Refund.objects.update(created_at=timezone.now() - timedelta(minutes=5))


@contextmanager
def a_page_instead_of_an_answer() -> Iterator[str]:
    """The URL of what answers every call with 200 and a page, as the log-in page of a network does."""

    class Handler(Quiet):
        def do_POST(self) -> None:  # noqa: N802  # http.server's name
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Please log in</html>")

    with serving(Handler) as url:
        yield url


def forgotten(paid: Order, **changes: Any) -> Refund:
    """A refund whose request was cut short a while ago."""
    return Refund.objects.create(order=paid, amount=500, created_at=timezone.now() - timedelta(minutes=5), **changes)


def test_a_refund_that_never_reached_stripe_is_sent_by_the_worker(paid: Order, emulator: Emulator) -> None:
    refund = forgotten(paid)
    assert catch_up().refunds_settled == 1
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert (refund.status, paid.amount_refunded, emulator.refunds_of(paid.stripe_payment_intent_id)) == (
        "sent",
        500,
        [500],
    )


def test_a_refund_whose_answer_was_lost_is_found_at_stripe_even_when_its_key_is_forgotten(
    paid: Order, emulator: Emulator
) -> None:
    refund = forgotten(paid, attempt=7)  # another key than the one that made it
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


def test_a_failure_that_stripe_keeps_for_a_day_is_got_around_by_the_next_key(paid: Order, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 500, "path": "/v1/refunds", "times": 1})
    with pytest.raises(Problem):
        refund_order(paid, 500)
    make_old()
    catch_up()
    assert Refund.objects.get().status == "sent"
    assert emulator.refunds_of(paid.stripe_payment_intent_id) == [500]


def test_a_refund_that_may_still_be_on_its_way_is_left_alone(paid: Order, emulator: Emulator) -> None:
    Refund.objects.create(order=paid, amount=500)
    assert catch_up().refunds_settled == 0


def test_a_refund_that_stripe_refuses_keeps_no_other_waiting(paid: Order, emulator: Emulator) -> None:
    hopeless = Refund.objects.create(order=paid, amount=50_000, created_at=timezone.now() - timedelta(hours=1))
    refund = forgotten(paid)
    catch_up()
    hopeless.refresh_from_db()
    refund.refresh_from_db()
    assert (hopeless.status, refund.status) == ("refused", "sent")


def test_a_refund_that_stripe_chokes_on_keeps_neither_refunds_nor_orders_waiting(
    paid: Order, client: Client, emulator: Emulator
) -> None:
    chokes, refund = forgotten(paid), forgotten(paid)
    waiting = client.generic("POST", "/api/checkout/").json()["order_id"]
    Order.objects.filter(pk=waiting).update(created_at=timezone.now() - timedelta(hours=2))
    emulator.control(
        "POST", "faults", {"kind": "error", "status": 500, "method": "POST", "path": "/v1/refunds", "times": 1}
    )
    with pytest.raises(Problem):
        catch_up()
    assert Order.objects.get(pk=waiting).checked_at
    chokes.refresh_from_db()
    assert (chokes.status, unanswered(1)) == ("requested", [refund])
