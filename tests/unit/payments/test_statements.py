"""An event takes few SQL statements, and a duplicate takes no more."""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Order, StripeEvent
from app.payments.settle import settle
from app.payments.stripe.events import read_event
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db(transaction=True)

POSTGRES, SQLITE = 3, 5  # at most, per event


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements run in the block, without BEGIN and COMMIT."""
    run: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield run
    run += [query["sql"] for query in captured if not query["sql"].startswith(("BEGIN", "COMMIT"))]


def maximum() -> int:
    return POSTGRES if connection.vendor == "postgresql" else SQLITE


MakeEvent = Callable[[Order], dict[str, Any]]


def completed(order: Order, **changes: Any) -> dict[str, Any]:
    return event_for(order, **changes)


def by_intent(order: Order, name: str, **changes: Any) -> dict[str, Any]:
    """Return an event that names the order only by its payment."""
    return event_for(order, name, metadata={}, **changes)


PAID_FIRST: dict[str, MakeEvent] = {
    "a refund": lambda order: event_for(order, "refund.updated"),
    "a refund that names the order": lambda order: event_for(order, "charge.refunded"),
    "a refund without metadata": lambda order: by_intent(order, "charge.refunded"),
    "a dispute": lambda order: event_for(order, "charge.dispute.created"),
    "a second completion": completed,
    "another paid session": lambda order: completed(order, id="cs_test_other", payment_intent="pi_other"),
    "a refund of another payment": lambda order: event_for(order, "charge.refunded", payment_intent="pi_other"),
    "a late decline": lambda order: event_for(order, "payment_intent.payment_failed"),
    "a late expiry": lambda order: completed(order, type="checkout.session.expired", status="expired"),
    "an event of another kind": lambda order: completed(order, type="customer.created"),
}
UNPAID: dict[str, MakeEvent] = {
    "the first payment": completed,
    "a decline": lambda order: event_for(order, "payment_intent.payment_failed"),
    "a new asynchronous payment": lambda order: completed(order, payment_status="unpaid"),
    "an expiry": lambda order: completed(order, type="checkout.session.expired", status="expired"),
    "a mismatching payment": lambda order: completed(order, amount_subtotal=1),
    "another application's session": lambda _: event_for("x", client_reference_id=None, metadata={}, id="cs_theirs"),
    "another application's payment": lambda _: event_for("x", "charge.refunded", metadata={}, payment_intent="pi_x"),
    "a session of an unknown order": lambda _: event_for(uuid.uuid4(), id="cs_lost", payment_intent="pi_l"),
    "a refund for an unknown order": lambda _: event_for(uuid.uuid4(), "charge.refunded", payment_intent="pi_l"),
    "an invalid status": lambda order: completed(order, status=[]),
}


@pytest.mark.parametrize(("paid", "kind"), [(True, kind) for kind in PAID_FIRST] + [(False, kind) for kind in UNPAID])
def test_each_event_takes_few_statements(client: Client, order: Order, paid: bool, kind: str) -> None:
    if paid:
        deliver(client, event_for(order))
    event = (PAID_FIRST | UNPAID)[kind](order)
    with statements() as first:
        assert deliver(client, event).status_code == 200
    assert len(first) <= maximum(), first
    with statements() as again:
        assert deliver(client, event).status_code == 200
    assert len(again) <= len(first), again
    assert StripeEvent.objects.get(stripe_id=event["id"]).attempts == 2


def test_a_batch_takes_hardly_more_statements_than_an_event(client: Client, order: Order) -> None:
    events = [event_for(order)]
    events += [event_for(order, "refund.updated", id=f"re_{number}", amount=10) for number in range(98)]
    with statements() as run:
        settle([read_event(event, "{}", StripeEvent.Source.CATCH_UP) for event in events])
    order.refresh_from_db()
    assert (order.status, order.amount_refunded) == ("partially_refunded", 980)
    # Plus one for the refunds' payments and, on SQLite, one for what the buyer is told.
    assert len(run) <= maximum() + (1 if connection.vendor == "postgresql" else 2), run


def test_logging_runs_no_statements(client: Client, order: Order, caplog: pytest.LogCaptureFixture) -> None:
    deliver(client, event_for(order))  # fills the caches
    counts = []
    for refunded, level in ((100, logging.DEBUG), (200, logging.CRITICAL)):
        caplog.set_level(level)
        refund = event_for(order, "charge.refunded", amount_refunded=refunded)
        events = [refund, event_for(uuid.uuid4(), id="cs_lost", payment_intent="pi_l")]
        for event in events:
            with statements() as run:
                deliver(client, event)
            counts.append(len(run))
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize("kind", UNPAID)
def test_telling_another_system_takes_no_statement_on_postgres(
    client: Client, order: Order, settings: Settings, kind: str
) -> None:
    """What is to be told is written by the statement that writes the change."""
    counts = []
    deliver(client, event_for(uuid.uuid4(), id="cs_before", payment_intent="pi_before"))  # fills the caches
    other = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    for number, (each, url) in enumerate([(order, ""), (other, "https://hooks.example")]):
        settings.ORDER_WEBHOOK_URL = url
        ids = {"id": f"cs_test_{number}", "payment_intent": f"pi_{number}"}
        Order.objects.filter(pk=each.pk).update(stripe_session_id=ids["id"])
        event = UNPAID[kind](each)
        named = event["data"]["object"]
        named |= {name: value for name, value in ids.items() if named.get(name) in ("cs_test_a1", "pi_1")}
        with statements() as run:
            deliver(client, event)
        counts.append(len(run))
    more = counts[1] - counts[0]
    assert more == 0 if connection.vendor == "postgresql" else more <= 1


def test_a_refused_request_takes_no_statements(client: Client, order: Order) -> None:
    with statements() as run:
        assert deliver(client, event_for(order), signature="t=1,v1=00").status_code == 400
    assert run == []
