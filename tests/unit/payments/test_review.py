"""Payments that differ from the order, second payments, and how a review ends."""

from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from django.test import Client

from app.payments import outbox, review
from app.payments.models import Fulfillment, Order, Refund
from app.payments.refunds import refund_order, resolve
from app.payments.stripe.catch_up import catch_up
from app.web.problems import Problem
from tests.support.emulator import Emulator
from tests.support.front_door import submit
from tests.unit.payments.histories import total
from tests.unit.payments.orders import pay_new_order
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

OTHER = {"id": "cs_test_other", "payment_intent": "pi_other"}


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def money(order: Order) -> dict[str, int]:
    names = ("subtotal", "discount", "tax", "shipping", "paid", "refunded", "refundable")
    return {name: getattr(order, f"amount_{name}") for name in names}


# Amounts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "totals",
    [
        {"discount": 200, "paid": 1800},
        {"tax": 380, "paid": 2380},
        {"tax": 319, "paid": 2000},
        {"shipping": 500, "paid": 2500},
        {"discount": 100, "tax": 361, "shipping": 499, "paid": 2760},
    ],
)
def test_an_order_stores_the_amounts_that_stripe_reports(client: Client, order: Order, totals: dict[str, int]) -> None:
    deliver(client, event_for(order, **total(**totals)))
    order = fresh(order)
    assert order.status == "paid"
    expected = {"subtotal": 2000, "discount": 0, "tax": 0, "shipping": 0} | totals
    assert money(order) == expected | {"refunded": 0, "refundable": totals["paid"]}


@pytest.mark.parametrize("totals", [{"discount": 200, "paid": 1800}, {"tax": 380, "paid": 2380}])
def test_an_order_is_refunded_when_everything_is_returned(client: Client, order: Order, totals: dict[str, int]) -> None:
    deliver(client, event_for(order, **total(**totals)))
    deliver(client, event_for(order, "refund.updated", amount=totals["paid"] - 1))
    assert fresh(order).status == "partially_refunded"
    deliver(client, event_for(order, "charge.refunded", amount_refunded=totals["paid"]))
    assert fresh(order).status == "refunded"


def test_a_free_order_is_paid_and_not_refundable(client: Client, order: Order) -> None:
    free = total(discount=2000, paid=0) | {"payment_status": "no_payment_required", "payment_intent": None}
    deliver(client, event_for(order, **free))
    order = fresh(order)
    assert (order.status, order.amount_paid, order.amount_due) == ("paid", 0, 0)
    with pytest.raises(Problem) as refused:
        refund_order(order)
    assert refused.value.status == 400
    assert outbox.process_due() == 1
    assert Fulfillment.objects.get().status == "done"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (total(2001, paid=2001), "amount_subtotal"),
        (total(1999, paid=1999), "amount_subtotal"),
        (total(paid=1999), "amount_total"),
        (total(tax=100, paid=2101), "amount_total"),
        (total(discount=500, paid=2000), "amount_total"),
        ({"amount_subtotal": None, "amount_total": 1999}, "amount_subtotal"),
        ({"currency": "eur"}, "currency"),
        ({"currency": ["usd"]}, "currency"),
        ({"livemode": True}, "livemode"),
        ({"livemode": None}, "livemode"),
        ({"client_reference_id": "somebody-else"}, "client_reference_id"),
    ],
)
def test_a_mismatch_goes_to_review_without_fulfillment(
    client: Client, order: Order, changes: dict[str, Any], named: str
) -> None:
    deliver(client, event_for(order, **changes))
    order = fresh(order)
    assert (order.status, named in order.reason) == ("needs_review", True)
    outbox.process_due()
    assert not Fulfillment.objects.filter(status="done").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"presentment_details": {"presentment_amount": 1850, "presentment_currency": "eur"}},  # adaptive pricing
        {"total_details": {"amount_discount": 0, "amount_shipping": None, "amount_tax": 0}},
        {"total_details": None},
        {"amount_subtotal": None},
    ],
)
def test_missing_or_extra_fields_need_no_review(client: Client, order: Order, changes: dict[str, Any]) -> None:
    deliver(client, event_for(order, **changes))
    assert (fresh(order).status, fresh(order).amount_paid, fresh(order).currency) == ("paid", 2000, "usd")


# Accept --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paid", [1500, 1800, 2000, 2500])
def test_an_accepted_order_keeps_its_paid_amount(client: Client, order: Order, paid: int) -> None:
    deliver(client, event_for(order, **total(paid, paid=paid), livemode=True))
    assert (fresh(order).status, fresh(order).amount_paid) == ("needs_review", paid)
    order = review.accept(order.pk)
    assert (order.status, order.amount_paid, order.amount_refundable) == ("paid", paid, paid)
    deliver(client, event_for(order, "refund.updated", amount=paid))
    assert fresh(order).status == "refunded"


def test_an_order_survives_a_refunded_second_session(client: Client, order: Order) -> None:
    events = [
        event_for(order, **OTHER),
        event_for(order, "charge.refunded", payment_intent="pi_other", amount_refunded=2000),
        event_for(order, "refund.updated", id="re_other", payment_intent="pi_other"),
        event_for(order, "charge.dispute.created", payment_intent="pi_other"),
    ]
    for event in events:
        deliver(client, event)
    assert (fresh(order).status, fresh(order).amount_refunded) == ("needs_review", 0)
    with pytest.raises(Problem, match="Cancel the order instead"):
        review.accept(order.pk)
    deliver(client, event_for(order))
    assert (review.accept(order.pk).status, fresh(order).amount_refunded) == ("paid", 0)
    assert fresh(order).stripe_payment_intent_id == "pi_1"
    for event in events:  # again, as in a catch-up
        deliver(client, event)
    outbox.process_due()
    assert (fresh(order).status, Fulfillment.objects.get().status) == ("paid", "done")


def test_a_third_session_needs_another_review(client: Client, order: Order) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, **OTHER))
    assert review.accept(order.pk).status == "paid"
    deliver(client, event_for(order, id="cs_test_third", payment_intent="pi_third"))
    assert fresh(order).status == "needs_review"


def test_an_async_payment_can_fail_after_a_foreign_refund(client: Client, order: Order) -> None:
    deliver(client, event_for(order, payment_status="unpaid"))
    deliver(client, event_for(order, "charge.refunded", payment_intent="pi_other"))
    deliver(client, event_for(order, type="checkout.session.async_payment_failed", payment_status="unpaid"))
    assert (fresh(order).status, fresh(order).amount_refunded, fresh(order).reason) == ("failed", 0, "")


def test_a_foreign_canceled_payment_does_not_cancel_the_order(client: Client, order: Order) -> None:
    canceled = {"id": "pi_other", "type": "payment_intent.canceled", "status": "canceled", "last_payment_error": None}
    deliver(client, event_for(order, "payment_intent.payment_failed", **canceled))
    assert (fresh(order).status, fresh(order).can_be_paid) == ("pending", True)


# Refund, close and cancel, with the real emulator ------------------------------------------------------------------


def sent_to_review(client: Client, order: Order) -> Order:
    """Deliver a mismatching event for the order's own session. Return the order in review."""
    own: dict[str, Any] = {"id": order.stripe_session_id, "payment_intent": order.stripe_payment_intent_id}
    deliver(client, event_for(order, **own, livemode=True))
    assert fresh(order).status == "needs_review"
    return fresh(order)


def start(client: Client) -> Order:
    return Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])


def paid_by_another(client: Client) -> Order:
    """Return an order in review whose own session is still open."""
    order = start(client)
    deliver(client, event_for(order, **OTHER))
    assert fresh(order).status == "needs_review"
    return order


def test_refund_and_close_refunds_everything_without_fulfillment(
    client: Client, paid: Order, emulator: Emulator
) -> None:
    refund_order(paid, 300)
    order = review.refund_and_close(sent_to_review(client, paid).pk)
    assert (order.status, order.amount_refunded) == ("refunded", 2000)
    assert sorted(emulator.refunds_of(order.stripe_payment_intent_id)) == [300, 1700]
    outbox.process_due()
    assert Fulfillment.objects.get().status == "skipped"


def test_a_failed_refund_reopens_the_review(client: Client, emulator: Emulator) -> None:
    order = sent_to_review(client, pay_new_order(client, emulator, card="pm_card_refundFail"))
    assert review.refund_and_close(order.pk).status == "refunded"
    emulator.turn_clock(20 * 86400)
    catch_up()
    outbox.process_due()
    assert fresh(order).status == "needs_review"
    assert not Fulfillment.objects.filter(status="done").exists()
    # The review can end again.
    assert review.accept(order.pk).status == "paid"


def test_an_unconfirmed_refund_does_not_close_the_order(client: Client, paid: Order, emulator: Emulator) -> None:
    order = sent_to_review(client, paid)
    emulator.control("POST", "faults", {"kind": "reset", "when": "before", "path": "/v1/refunds", "times": 9})
    for _ in range(2):
        with pytest.raises(Problem) as problem:
            review.refund_and_close(order.pk)
        assert problem.value.status == 503
        assert fresh(order).status == "needs_review"
    emulator.control("DELETE", "faults")
    resolve(Refund.objects.get())
    assert review.refund_and_close(order.pk).status == "refunded"
    assert emulator.refunds_of(order.stripe_payment_intent_id) == [2000]


def test_a_free_order_is_closed_without_a_refund(client: Client, order: Order) -> None:
    free = total(1000, discount=1000, paid=0) | {"payment_status": "no_payment_required", "payment_intent": None}
    deliver(client, event_for(order, **free))
    assert fresh(order).status == "needs_review"
    assert review.refund_and_close(order.pk).status == "refunded"
    assert not Fulfillment.objects.exists()


def test_canceling_expires_the_open_session(client: Client, emulator: Emulator) -> None:
    order = paid_by_another(client)
    assert review.cancel(order.pk).status == "expired"
    assert emulator.stripe.v1.checkout.sessions.retrieve(order.stripe_session_id or "").status == "expired"
    assert emulator.pay(order.stripe_session_id or "") >= 400


def test_an_order_with_an_expired_session_can_be_canceled(client: Client, emulator: Emulator) -> None:
    order = paid_by_another(client)
    emulator.stripe.v1.checkout.sessions.expire(order.stripe_session_id or "")
    assert review.cancel(order.pk).status == "expired"


def test_a_paid_order_is_not_canceled(client: Client, emulator: Emulator) -> None:
    order = paid_by_another(client)
    emulator.pay(order.stripe_session_id or "")
    with pytest.raises(Problem, match="This order was paid"):
        review.cancel(order.pk)
    assert (fresh(order).status, fresh(order).amount_paid) == ("needs_review", 2000)
    assert review.accept(order.pk).status == "paid"


def test_an_order_with_a_processing_payment_is_not_canceled(client: Client, emulator: Emulator) -> None:
    order = paid_by_another(client)
    form = {"email": "jenny@example.com", "method": "us_bank_account", "account-name": "Jenny Rosen"}
    form |= {"routing-number": "110000000", "account-number": "000123456789"}
    page = f"{emulator.url}/c/pay/{order.stripe_session_id}/confirm"
    http = urllib3.PoolManager()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http.request("POST", page, body=urlencode(form), headers=headers, redirect=False)
    assert answer.status == 303, answer.data
    with pytest.raises(Problem, match="being processed"):
        review.cancel(order.pk)
    emulator.turn_clock(20 * 86400)  # the debit succeeds
    catch_up()
    assert review.accept(order.pk).status == "paid"


def test_an_order_with_an_unknown_session_can_be_canceled(client: Client, order: Order, emulator: Emulator) -> None:
    deliver(client, event_for(order, **OTHER))
    assert review.cancel(order.pk).status == "expired"


def test_nothing_is_canceled_while_stripe_is_down(client: Client, emulator: Emulator) -> None:
    order = paid_by_another(client)
    emulator.control("POST", "faults", {"kind": "error", "status": 503, "path": "/v1/checkout/sessions/*"})
    with pytest.raises(Problem):
        review.cancel(order.pk)
    assert fresh(order).status == "needs_review"


@pytest.mark.parametrize("decide", [review.accept, review.refund_and_close, review.cancel])
def test_an_order_outside_review_is_left_alone(order: Order, decide: Any) -> None:
    with pytest.raises(Problem, match="not in review"):
        decide(order.pk)


@pytest.mark.parametrize(("action", "status"), [("refund_and_close", "refunded"), ("accept", "paid")])
def test_the_admin_ends_a_review(client: Client, paid: Order, action: str, status: str, admin_user: Any) -> None:
    order = sent_to_review(client, paid)
    client.force_login(admin_user)
    submit(client, "/admin/payments/order/", {"action": action, "_selected_action": [str(order.pk)]}, follow=True)
    assert fresh(order).status == status


# Disputes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "status"),
    [
        (["lost", "won"], "paid"),
        (["won", "lost"], "paid"),  # in any order
        (["needs_response", "lost"], "disputed"),
        (["warning_needs_response"], "paid"),
        (["warning_needs_response", "warning_closed"], "paid"),
        (["warning_needs_response", "needs_response"], "disputed"),
        (["prevented"], "paid"),
    ],
)
def test_the_disputes_status_decides_the_orders(client: Client, order: Order, events: list[str], status: str) -> None:
    deliver(client, event_for(order))
    for each in events:
        deliver(client, event_for(order, "charge.dispute.created", type="charge.dispute.updated", status=each))
    assert fresh(order).status == status


# The idempotency key of a closed order -----------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["paid", "expired", "review", "processing"])
def test_a_closed_orders_idempotency_key_is_refused(client: Client, emulator: Emulator, end: str) -> None:
    key = {"Idempotency-Key": "one-click"}
    started = client.generic("POST", "/api/checkout/", headers=key).json()
    order = Order.objects.get()
    session_id = order.stripe_session_id or ""
    if end == "expired":
        emulator.stripe.v1.checkout.sessions.expire(session_id)
        catch_up()
    else:
        events: dict[str, dict[str, Any]] = {"review": {"livemode": True}, "processing": {"payment_status": "unpaid"}}
        deliver(client, event_for(order, id=session_id, **events.get(end, {})))
    again = client.generic("POST", "/api/checkout/", headers=key)
    assert (again.status_code, again.json()["code"]) == (400, "order_closed")
    assert again.json()["order_id"] == started["order_id"]
    assert fresh(order).status in again.json()["detail"]
