"""The webhook's short way (one statement) and its long way (the inbox) must not be told apart by what they leave."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, cast

import pytest
from django.db import connection, transaction
from django.test import Client
from django_tasks_db.models import DBTaskResult

from app.payments import first_payment, inbox
from app.payments.checkout import place_order
from app.payments.models import Fulfilment, Order, StripeEvent
from app.payments.outbox import LEASE
from app.payments.schemas import CheckoutIn
from app.wsgi import application
from tests.payments.webhook_sender import deliver, event_for, sign

pytestmark = pytest.mark.django_db(transaction=True)
on_postgres = pytest.mark.postgres  # SQLite knows one way only

# What differs between any two orders and moments.
OWN = {"id", "order_id", "order_reference", "stripe_id", "payload", "args_kwargs", "stripe_session_id",
       "stripe_payment_intent_id", "created_at", "updated_at", "paid_at", "received_at", "processed_at",
       "next_attempt_at", "enqueued_at"}  # fmt: skip


def new_order(name: str, **changes: Any) -> Order:
    """A pending order with the Checkout Session `cs_NAME`, as the checkout leaves it."""
    order = place_order(CheckoutIn(), return_url="http://testserver/return/{order_id}/")
    Order.objects.filter(pk=order.pk).update(
        stripe_session_id=f"cs_{name}", checkout_url="http://stripe.test/", **changes
    )
    return Order.objects.get(pk=order.pk)


def paid_event(order: Order, name: str, **changes: Any) -> dict[str, Any]:
    """The event that the order's session was paid, with `changes` to the session."""
    return event_for(order, **({"id": f"cs_{name}", "payment_intent": f"pi_{name}"} | changes))


def send(event: dict[str, Any], *, signature: str | None = None, host: str = "localhost") -> tuple[str, Any]:
    """POST the event to the WSGI application, as gunicorn does; the status line and the JSON of the answer."""
    text = json.dumps(event, indent=2)
    body = text.encode()
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/stripe-webhook/",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "HTTP_HOST": host,
        "HTTP_STRIPE_SIGNATURE": signature or sign(text),
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    answer = b"".join(cast(Any, application)(environ, lambda status, headers: statuses.append(status)))
    return statuses[0], json.loads(answer) if answer.startswith(b"{") else answer


def rows_of(order: Order) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database about the order, without what is its own."""
    tasks = DBTaskResult.objects.filter(args_kwargs={"args": [str(order.pk)], "kwargs": {}})
    found = {
        "order": Order.objects.filter(pk=order.pk),
        "events": StripeEvent.objects.filter(order_reference=order.pk).order_by("pk"),
        "fulfilment": Fulfilment.objects.filter(pk=order.pk),
        "tasks": tasks,
    }
    return {
        kind: [{name: value for name, value in row.items() if name not in OWN} for row in rows.values()]
        for kind, rows in found.items()
    }


@pytest.fixture
def no_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """The long way is closed."""
    monkeypatch.setattr(inbox, "receive", None)


@on_postgres
def test_both_ways_leave_the_same_rows(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    long, short = new_order("long"), new_order("short", reason_code="stripe_unreachable", reason="Was tried before.")
    assert deliver(client, paid_event(long, "long")).status_code == 200
    event = paid_event(short, "short")
    monkeypatch.setattr(inbox, "receive", None)
    assert send(event) == ("200 OK", {"received": event["id"], "outcome": "applied"})

    assert rows_of(short) == rows_of(long)
    assert len(rows_of(short)["tasks"]) == len(rows_of(short)["fulfilment"]) == 1
    order, kept = Order.objects.get(pk=short.pk), StripeEvent.objects.get(stripe_id=event["id"])
    fulfilment, task = Fulfilment.objects.get(pk=short.pk), DBTaskResult.objects.get(args_kwargs__args=[str(short.pk)])
    assert (order.status, order.stripe_payment_intent_id, order.stripe_session_id) == ("paid", "pi_short", "cs_short")
    assert (kept.order_id, kept.stripe_payment_intent_id) == (short.pk, "pi_short")
    assert kept.payload == json.dumps(event, indent=2)
    moments = {
        order.paid_at,
        order.updated_at,
        kept.received_at,
        kept.processed_at,
        fulfilment.created_at,
        task.enqueued_at,
    }
    assert len(moments) == 1
    assert fulfilment.next_attempt_at - fulfilment.created_at == LEASE


@on_postgres
@pytest.mark.usefixtures("no_inbox")
def test_the_common_case_takes_one_statement() -> None:
    order = new_order("one")
    assert first_payment.settle(paid_event(order, "one"), "{}")


UNCOMMON = {
    "another amount": {"amount_total": 1},
    "another currency": {"currency": "eur"},
    "another mode": {"livemode": True},
    "another session": {"id": "cs_other"},
    "somebody else's reference": {"client_reference_id": "somebody-else"},
    "no reference": {"client_reference_id": None},
    "not paid yet": {"payment_status": "unpaid"},
    "an amount that is no number": {"amount_total": "2000"},
    "an amount that is too large": {"amount_total": 2**70},
    "a currency with a NUL in it": {"currency": "us\0d"},
}


@on_postgres
@pytest.mark.parametrize("changes", UNCOMMON.values(), ids=UNCOMMON)
def test_whatever_is_not_the_common_case_is_left_to_the_inbox(changes: dict[str, Any]) -> None:
    order = new_order("a")
    assert not first_payment.settle(paid_event(order, "a", **changes), "{}")
    assert not StripeEvent.objects.exists()
    assert not Fulfilment.objects.exists()
    assert Order.objects.get(pk=order.pk).facts == {}


@on_postgres
def test_an_event_that_waits_for_the_payment_is_processed_after_it(client: Client, no_inbox: None) -> None:
    order = new_order("a")
    refund = event_for(order, "refund.updated", payment_intent="pi_a")
    refund["data"]["object"]["metadata"] = {}
    StripeEvent.objects.create(
        stripe_id=refund["id"],
        type=refund["type"],
        payload=json.dumps(refund),
        outcome="parked",
        stripe_payment_intent_id="pi_a",
    )
    send(paid_event(order, "a"))
    assert connection.connection is None
    assert Order.objects.get(pk=order.pk).status == "refunded"


def test_an_event_that_was_kept_before_is_counted(client: Client) -> None:
    order = new_order("a")
    event = paid_event(order, "a")
    StripeEvent.objects.create(stripe_id=event["id"], type=event["type"], payload="{}", outcome="failed", attempts=1)
    assert send(event)[0] == "200 OK"
    assert (StripeEvent.objects.get().attempts, Order.objects.get(pk=order.pk).status) == (2, "paid")


@on_postgres
def test_many_deliveries_at_once_settle_once() -> None:
    order = new_order("a")
    events = [paid_event(order, "a"), paid_event(order, "a")] * 10

    def in_a_thread(event: dict[str, Any]) -> str:
        try:
            return send(event)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(events)) as threads:
        assert set(threads.map(in_a_thread, events)) == {"200 OK"}
    assert sorted(StripeEvent.objects.values_list("attempts", "outcome")) == [(10, "applied"), (10, "applied")]
    assert (Fulfilment.objects.count(), DBTaskResult.objects.count()) == (1, 1)


@on_postgres
def test_an_order_that_somebody_holds_is_not_waited_for() -> None:
    held, free = new_order("held"), new_order("free")
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=held.pk)
        with ThreadPoolExecutor(2) as threads:
            settled = list(threads.map(settle, [paid_event(held, "held"), paid_event(free, "free")]))
    assert settled == [False, True]


def settle(event: dict[str, Any]) -> bool:
    """In a thread: the short way's answer."""
    return first_payment.settle(event, json.dumps(event))


@on_postgres
def test_connections_that_were_cut_cost_no_event() -> None:
    orders = [new_order(f"{number}") for number in range(4)]
    with connection.cursor() as cursor:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    connection.close()
    for number, order in enumerate(orders):
        assert send(paid_event(order, f"{number}"))[0] == "200 OK"
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}


def test_what_is_refused_is_explained_by_the_view() -> None:
    order = new_order("a")
    status, problem = send(paid_event(order, "a"), signature="t=1,v1=0")
    assert (status, problem["code"]) == ("400 Bad Request", "invalid_signature")
    assert send(paid_event(order, "a"), host="evil.example")[0] == "400 Bad Request"
    assert Order.objects.get(pk=order.pk).status == "pending"
