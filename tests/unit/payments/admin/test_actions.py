"""Actions of the admin's lists, against the real emulator."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from app.payments.models import Fulfillment, Order, Refund, StripeEvent
from app.payments.refunds import refund_order
from app.payments.stripe.catch_up import catch_up
from app.web.problems import Problem
from tests.support.emulator import Emulator
from tests.support.front_door import submit
from tests.unit.payments.admin.staff import act, log_of
from tests.unit.payments.orders import pay_new_order

pytestmark = pytest.mark.django_db


def test_the_admin_refunds_but_does_not_edit(paid: Order, client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin"))
    data: dict[str, Any] = {"action": "refund", "_selected_action": [str(paid.pk)]}
    submit(client, "/admin/payments/order/", data)
    paid.refresh_from_db()
    assert paid.status == "refunded"
    assert submit(client, f"/admin/payments/order/{paid.pk}/change/", {"status": "paid"}).status_code == 403


@pytest.mark.parametrize("model", ["order", "stripeevent", "fulfillment", "message", "refund", "product"])
def test_every_admin_list_opens(paid: Order, client: Client, model: str) -> None:
    client.force_login(User.objects.create_superuser("admin"))
    refund_order(paid, 100)
    assert client.get(f"/admin/payments/{model}/").status_code == 200


def in_review(paid: Order, facts: dict[str, Any]) -> Order:
    """Return the order as if its payment had not matched."""
    Fulfillment.objects.all().delete()
    Order.objects.filter(pk=paid.pk).update(status="needs_review", paid_at=None, reason="Stripe's amount_total is 1.")
    Order.objects.filter(pk=paid.pk).update(
        facts={**paid.facts, "mismatches": ["Stripe's amount_total is 1."], **facts}
    )
    paid.refresh_from_db()
    return paid


def test_an_accepted_order_is_fulfilled_once(paid: Order, client: Client) -> None:
    order = in_review(paid, {})
    assert "Accepted 1 order (20.00 USD)." in act(client, "accept", order)
    assert "is not in review" in act(client, "accept", order)
    catch_up()
    order.refresh_from_db()
    assert (order.status, order.reason) == ("paid", "")
    assert order.paid_at
    assert Fulfillment.objects.count() == 1
    history = client.get(f"/admin/payments/order/{order.pk}/history/").content.decode()
    assert "Accepted 20.00 USD: Stripe&#x27;s amount_total is 1." in history
    recent = client.get("/admin/").content.decode().partition('id="recent-actions-module"')[2]
    assert f"{order.pk} Needs Review" in recent, "the status at that time, in words"


def test_an_order_refunded_in_review_is_not_fulfilled(paid: Order, emulator: Emulator, client: Client) -> None:
    order = in_review(paid, {})
    assert "Refunded 1 order (20.00 USD)." in act(client, "refund", order)
    assert emulator.refunds_of(order.stripe_payment_intent_id) == [2000]
    act(client, "accept", order)
    order.refresh_from_db()
    assert order.status == "refunded"
    assert not Fulfillment.objects.exists()


def test_an_order_paid_by_another_session_is_not_accepted(paid: Order, client: Client) -> None:
    order = in_review(paid, {"payment": "unpaid"})
    assert "own session was not paid" in act(client, "accept", order)


def test_a_view_only_user_sees_no_actions(paid: Order, client: Client) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(viewer)
    page = client.get("/admin/payments/order/").content.decode()
    assert str(paid.pk) in page
    assert "refund_part" not in page


def test_a_resent_refund_is_not_made_twice(paid: Order, emulator: Emulator, client: Client) -> None:
    fault = {"kind": "error", "status": 500, "when": "after", "method": "POST", "path": "/v1/refunds", "times": 1}
    emulator.control("POST", "faults", fault)
    with pytest.raises(Problem):
        refund_order(paid, 500)
    assert "Resent 1 refund (5.00 USD)." in act(client, "send_again", Refund.objects.get())
    assert (Refund.objects.get().status, emulator.refunds_of(paid.stripe_payment_intent_id)) == ("sent", [500])


def test_an_accepted_order_is_fulfilled_after_its_refund_fails(client: Client, emulator: Emulator) -> None:
    order = in_review(pay_new_order(client, emulator, card="pm_card_refundFail"), {})
    act(client, "refund", order)
    act(client, "accept", order)
    assert not Fulfillment.objects.exists()
    emulator.turn_clock(20 * 86400)
    catch_up()
    order.refresh_from_db()
    assert (order.status, Fulfillment.objects.count()) == ("paid", 1)
    refunds = client.get("/admin/payments/refund/").content.decode()
    assert "failed" in refunds


def test_a_dead_letter_is_shown_and_retried(paid: Order, client: Client) -> None:
    Fulfillment.objects.update(status="dead", attempts=12, error="ConnectionError: the mail server is down")
    fulfillment = Fulfillment.objects.get()
    assert "Queued 1 fulfillment." in act(client, "try_again", fulfillment)
    page = client.get("/admin/payments/fulfillment/?status__exact=pending").content.decode()
    assert "the mail server is down" in page
    assert str(paid.pk) in page
    fulfillment.refresh_from_db()
    assert (fulfillment.status, fulfillment.attempts) == ("pending", 0)


def test_an_event_is_replayed(paid: Order, client: Client) -> None:
    # As if a bug had lost the event's facts.
    Order.objects.filter(pk=paid.pk).update(status="pending", facts={})
    assert "Replayed 1 stripe event." in act(
        client, "process_again", StripeEvent.objects.get(type="checkout.session.completed")
    )
    paid.refresh_from_db()
    assert paid.status == "paid"


def test_a_message_sums_up_what_was_refunded(paid: Order, client: Client, emulator: Emulator) -> None:
    other = pay_new_order(client, emulator)
    refund_order(other, 500)
    client.force_login(User.objects.create_superuser("admin"))
    chosen = {"action": "refund", "_selected_action": [str(paid.pk), str(other.pk)]}
    page = submit(client, "/admin/payments/order/", chosen, follow=True).content.decode()
    assert "Refunded 2 orders (35.00 USD)." in page
    assert (log_of(paid), log_of(other)) == ([("admin", "Refunded 20.00 USD")], [("admin", "Refunded 15.00 USD")])
    # Nothing is left, and the log has that, too.
    assert "There is nothing left to refund." in act(client, "refund", paid)
    assert log_of(paid)[-1] == ("admin", "Refund the remaining amount: There is nothing left to refund.")
