"""Giving money back, against the real emulator."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.payments import stripe_client
from app.payments.catch_up import catch_up
from app.payments.models import Fulfilment, Order, Refund
from app.payments.problems import Problem
from app.payments.refunds import refund_order, send
from tests.emulator import Emulator
from tests.stack import reserve_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(client: Client, emulator: Emulator) -> Order:
    """An order of 20.00 USD that was paid at the emulator."""
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    emulator.pay(order.stripe_session_id or "")
    catch_up()
    order.refresh_from_db()
    assert order.status == "paid"
    return order


def refunds_at(emulator: Emulator, order: Order) -> list[int]:
    listed = emulator.stripe.v1.refunds.list({"payment_intent": order.stripe_payment_intent_id})
    return [refund.amount for refund in listed.data]


def test_a_part_and_then_the_rest_is_refunded(paid: Order, emulator: Emulator) -> None:
    assert refund_order(paid, 500).order.status == "partially_refunded"
    assert refund_order(paid).order.status == "refunded"
    assert sorted(refunds_at(emulator, paid)) == [500, 1500]


@pytest.mark.parametrize("amount", [0, -1, 2001])
def test_an_amount_that_was_not_paid_is_not_refunded(paid: Order, emulator: Emulator, amount: int) -> None:
    with pytest.raises(Problem, match=r"At most 20\.00 USD"):
        refund_order(paid, amount)
    assert refunds_at(emulator, paid) == []


def test_an_order_that_is_not_paid_is_not_refunded(order: Order) -> None:
    with pytest.raises(Problem, match=r"At most 0\.00 USD"):
        refund_order(order)


def test_a_refund_whose_answer_was_lost_is_sent_again_and_refunds_once(
    paid: Order, emulator: Emulator, settings: Settings
) -> None:
    with reserve_port() as nobody:
        settings.STRIPE_EMULATOR_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        stripe_client.client.cache_clear()
        with pytest.raises(Problem, match="can't be reached"):
            refund_order(paid)
    settings.STRIPE_EMULATOR_URL = emulator.url
    stripe_client.client.cache_clear()
    written = Refund.objects.get()
    assert written.status == "requested"
    for _ in range(2):
        send(written)
    assert refunds_at(emulator, paid) == [2000]


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


def test_the_admin_refunds_and_shows_but_does_not_edit(paid: Order, client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin"))
    data: dict[str, Any] = {"action": "refund", "_selected_action": [str(paid.pk)]}
    client.post("/admin/payments/order/", data)
    paid.refresh_from_db()
    assert paid.status == "refunded"
    assert client.get(f"/admin/payments/order/{paid.pk}/change/").status_code == 200
    assert client.post(f"/admin/payments/order/{paid.pk}/change/", {"status": "paid"}).status_code == 403


@pytest.mark.parametrize("model", ["order", "stripeevent", "fulfilment", "refund", "product"])
def test_every_list_of_the_admin_opens(paid: Order, client: Client, model: str) -> None:
    client.force_login(User.objects.create_superuser("admin"))
    refund_order(paid, 100)
    assert client.get(f"/admin/payments/{model}/").status_code == 200


def forgotten(paid: Order, **changes: Any) -> Refund:
    """A refund whose request was cut short a while ago."""
    return Refund.objects.create(order=paid, amount=500, created_at=timezone.now() - timedelta(minutes=5), **changes)


def test_a_refund_that_never_reached_stripe_is_sent_by_the_worker(paid: Order, emulator: Emulator) -> None:
    refund = forgotten(paid)
    assert catch_up().refunds_settled == 1
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert (refund.status, paid.amount_refunded, refunds_at(emulator, paid)) == ("sent", 500, [500])


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
    assert (refund.status, refund.stripe_id, refunds_at(emulator, paid)) == ("sent", made.id, [500])


def test_a_failure_that_stripe_keeps_for_a_day_is_got_around_by_the_next_key(paid: Order, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 500, "path": "/v1/refunds", "times": 1})
    with pytest.raises(Problem):
        refund_order(paid, 500)
    Refund.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    catch_up()
    assert Refund.objects.get().status == "sent"
    assert refunds_at(emulator, paid) == [500]


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


def act(client: Client, action: str, order: Order, **data: str) -> str:
    """Run an action of the admin as a superuser; the page that it ends on."""
    client.force_login(User.objects.get_or_create(username="admin", is_superuser=True, is_staff=True)[0])
    posted = {"action": action, "_selected_action": [str(order.pk)], **data}
    answer = client.post("/admin/payments/order/", posted, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_admin_asks_for_the_amount_and_refunds_that_part(paid: Order, emulator: Emulator, client: Client) -> None:
    page = act(client, "refund_part", paid)
    assert "Amount in USD" in page
    assert "20.00 USD can still be refunded" in page
    for wrong in ("", "0", "20.01", "1.234", "a lot"):
        assert "errorlist" in act(client, "refund_part", paid, confirmed="Refund", amount=wrong)
    assert refunds_at(emulator, paid) == []
    assert "Done: 1" in act(client, "refund_part", paid, confirmed="Refund", amount="5.00")
    assert refunds_at(emulator, paid) == [500]
    paid.refresh_from_db()
    assert paid.status == "partially_refunded"
    assert "Refunded 5.00 USD" in client.get(f"/admin/payments/order/{paid.pk}/history/").content.decode()


def in_review(paid: Order, facts: dict[str, Any]) -> Order:
    """The order as it would stand if its payment had not fitted."""
    Fulfilment.objects.all().delete()
    Order.objects.filter(pk=paid.pk).update(status="needs_review", paid_at=None, reason="Stripe's amount_total is 1.")
    Order.objects.filter(pk=paid.pk).update(
        facts={**paid.facts, "mismatches": ["Stripe's amount_total is 1."], **facts}
    )
    paid.refresh_from_db()
    return paid


def test_an_order_in_review_is_accepted_in_the_admin_and_delivered_once(paid: Order, client: Client) -> None:
    order = in_review(paid, {})
    assert "Done: 1" in act(client, "accept", order)
    assert "is not in review" in act(client, "accept", order)
    catch_up()
    order.refresh_from_db()
    assert (order.status, order.reason) == ("paid", "")
    assert order.paid_at
    assert Fulfilment.objects.count() == 1
    history = client.get(f"/admin/payments/order/{order.pk}/history/").content.decode()
    assert "Accepted: Stripe&#x27;s amount_total is 1." in history


def test_an_order_in_review_is_refunded_in_the_admin_and_never_delivered(
    paid: Order, emulator: Emulator, client: Client
) -> None:
    order = in_review(paid, {})
    assert "Done: 1" in act(client, "refund", order)
    assert refunds_at(emulator, order) == [2000]
    act(client, "accept", order)
    order.refresh_from_db()
    assert order.status == "refunded"
    assert not Fulfilment.objects.exists()


def test_an_order_that_another_session_paid_for_is_not_accepted(paid: Order, client: Client) -> None:
    order = in_review(paid, {"payment": "unpaid"})
    assert "own session was not paid" in act(client, "accept", order).replace("&#x27;", "'")


def test_whoever_may_only_look_is_offered_no_action(paid: Order, client: Client) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(looker)
    page = client.get("/admin/payments/order/").content.decode()
    assert str(paid.pk) in page
    assert "refund_part" not in page
