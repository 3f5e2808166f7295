"""`migrate` upgrades a database of the first version, and later events apply to it.

first_version.*.sql are such databases, one per engine; make.py shows how they were made. Each order's
`idempotency_key` names what had happened to it.
"""

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from app.payments import outbox, review
from app.payments.models import Fulfillment, Order, StripeEvent
from app.payments.settle import replay_event
from app.payments.stripe.catch_up import catch_up
from app.web.problems import Problem
from tests.support.emulator import Emulator
from tests.unit.payments.upgrade.first_version import POSTGRES, build_sqlite
from tests.unit.payments.webhook_sender import deliver, event_for

Schema = dict[str, tuple[list[tuple[Any, ...]], list[str]]]

# Story: status, paid, refunded, fulfillment.
ORDERS = {
    "pending": ("pending", 0, 0, None),
    "pending without a session": ("pending", 0, 0, None),
    "processing": ("processing", 0, 0, None),
    "paid, not delivered yet": ("paid", 2000, 0, "pending"),
    "paid": ("paid", 2000, 0, "done"),
    "paid, delivery failed once": ("paid", 2000, 0, "pending"),
    "paid, delivery gave up": ("paid", 2000, 0, "dead"),
    "declined": ("pending", 0, 0, None),
    "failed": ("failed", 0, 0, None),
    "expired": ("expired", 0, 0, None),
    "never started": ("expired", 0, 0, None),
    "canceled": ("canceled", 0, 0, None),
    "partially refunded": ("partially_refunded", 2000, 500, "done"),
    "refunded": ("refunded", 2000, 2000, "done"),
    "disputed": ("disputed", 2000, 0, "done"),
    "dispute lost": ("disputed", 2000, 0, "done"),
    "inquiry": ("disputed", 2000, 0, "done"),
    "in review, less paid": ("needs_review", 1800, 0, None),
    "accepted, less paid": ("paid", 1800, 0, "pending"),
    "accepted and refunded, more paid": ("refunded", 2500, 2000, "pending"),
    "in review, paid twice": ("needs_review", 2000, 0, "done"),
    "in review, another session paid": ("needs_review", 0, 0, None),
    "refund requested": ("paid", 2000, 0, "done"),
    "refund sent": ("partially_refunded", 2000, 700, "done"),
    "refund refused": ("paid", 2000, 0, "done"),
    "refund parked": ("pending", 0, 0, None),
    "event failed": ("pending", 0, 0, None),
    "irrelevant event": ("pending", 0, 0, None),
}
# Today's rules would give a different status; the next event corrects it.
OUTDATED_STATUS = {"inquiry", "accepted and refunded, more paid"}


@pytest.fixture(scope="module")
def new_schema(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Schema:
    """The schema of a new database, which the squashed migration creates."""
    with django_db_blocker.unblock():
        return read_schema()


@pytest.fixture(scope="module")
def first_version(
    new_schema: Schema, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Connect to a migrated database of the first version, on the engine of this test run."""
    settings, name, before = connection.settings_dict, connection.settings_dict["NAME"], connection.connection
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            new = f"test_{secrets.token_hex(6)}"
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {new}")
            _close_connections()
            settings["NAME"] = new
            with connection.cursor() as cursor:
                cursor.execute(POSTGRES.read_text())
        else:
            connection.connection = None  # keeps the in-memory database open
            settings["NAME"] = str(build_sqlite(tmp_path_factory.mktemp("first_version")))
        call_command("migrate", verbosity=0)
        yield
        if connection.vendor == "postgresql":
            _close_connections()
            settings["NAME"] = name
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {new}")
        else:
            connection.close()
            settings["NAME"], connection.connection = name, before


@pytest.fixture
def upgraded(first_version: None, db: None) -> None:
    """The same database, rolled back after each test."""


def _close_connections() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # Postgres has one


def read_schema() -> Schema:
    """Return the columns, indexes and constraints of each of our tables."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if name.startswith("payments_")]
        return {table: (_columns(cursor, table), _constraints(cursor, table)) for table in tables}


def _columns(cursor: Any, table: str) -> list[tuple[Any, ...]]:
    found = connection.introspection.get_table_description(cursor, table)
    return sorted((each.name, each.type_code, each.display_size, each.null_ok, each.default) for each in found)


def _constraints(cursor: Any, table: str) -> list[str]:
    """Return them without the names that Django generated: a renamed table keeps its old ones."""
    found = connection.introspection.get_constraints(cursor, table)
    ours = {index.name for model in apps.get_models() for index in (*model._meta.indexes, *model._meta.constraints)}
    return sorted(str((name if name in ours else "", sorted(each.items(), key=str))) for name, each in found.items())


def order_of(story: str) -> Order:
    return Order.objects.get(idempotency_key=story)


def state_of(story: str) -> tuple[str, int, int, str | None]:
    """Return the order's status, amounts paid and refunded, and fulfillment status."""
    order = order_of(story)
    fulfillment = Fulfillment.objects.filter(order=order).values_list("status", flat=True).first()
    return order.status, order.amount_paid, order.amount_refunded, fulfillment


def send_event(client: Client, story: str, name: str = "checkout.session.completed", **changes: Any) -> None:
    """Deliver an event about the order's payment; only the session's event names the order."""
    slug = re.sub(r"\W+", "_", story)
    ids = {"payment_intent": f"pi_{slug}"} | ({"id": f"cs_test_{slug}"} if name.startswith("checkout") else {})
    event = event_for(order_of(story), name, **(ids | {"metadata": {}} | changes))
    assert json.loads(deliver(client, event).content)["outcome"] == "applied"


def copy_stripe_ids(story: str, other: Order, **ids: str) -> None:
    """Give the order the other order's Stripe ids, which the emulator knows, and delete the other."""
    other.delete()
    Order.objects.filter(idempotency_key=story).update(**ids)


def test_every_order_keeps_its_status(upgraded: None) -> None:
    assert {order.idempotency_key: state_of(str(order.idempotency_key)) for order in Order.objects.all()} == ORDERS
    # Derived again from its facts, each order is the same.
    for order in Order.objects.all():
        if order.idempotency_key not in OUTDATED_STATUS:
            assert order.parsed_facts.status(order.amount_total) == order.status, order.idempotency_key
        if order.is_paid:
            assert order.parsed_facts.amount_paid(order.amount_total) == order.amount_paid == order.amount_subtotal
        assert order.parsed_facts.amount_refunded == order.amount_refunded


def test_no_migration_is_missing(upgraded: None) -> None:
    assert not [name for name in connection.introspection.table_names() if "task" in name]
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    call_command("migrate", check_unapplied=True, verbosity=0)


def test_the_schema_is_that_of_a_new_database(upgraded: None, new_schema: Schema) -> None:
    assert read_schema() == new_schema


@pytest.mark.parametrize(
    ("story", "name", "changes", "expected"),
    [
        ("pending", "checkout.session.completed", {}, ("paid", 2000, 0, "pending")),
        ("pending without a session", "checkout.session.completed", {}, ("paid", 2000, 0, "pending")),
        ("processing", "checkout.session.completed", {"type": "checkout.session.async_payment_succeeded"},
            ("paid", 2000, 0, "pending")),
        ("processing", "checkout.session.completed", {"type": "checkout.session.async_payment_failed"},
            ("failed", 0, 0, None)),
        ("declined", "checkout.session.completed", {}, ("paid", 2000, 0, "pending")),
        ("failed", "checkout.session.completed", {}, ("paid", 2000, 0, "pending")),
        ("expired", "checkout.session.completed", {}, ("paid", 2000, 0, "pending")),
        ("canceled", "checkout.session.completed", {}, ("paid", 2000, 0, "pending")),
        ("paid", "charge.refunded", {}, ("partially_refunded", 2000, 500, "done")),
        ("paid", "refund.updated", {}, ("refunded", 2000, 2000, "done")),
        ("paid", "charge.dispute.created", {}, ("disputed", 2000, 0, "done")),
        ("paid, not delivered yet", "refund.updated", {}, ("refunded", 2000, 2000, "pending")),
        ("paid, delivery gave up", "charge.dispute.created", {}, ("disputed", 2000, 0, "dead")),
        ("partially refunded", "charge.refunded", {"amount_refunded": 2000}, ("refunded", 2000, 2000, "done")),
        ("partially refunded", "refund.updated", {"id": "re_part", "amount": 500, "status": "failed"},
            ("paid", 2000, 0, "done")),
        ("disputed", "charge.dispute.created", {"id": "du_open", "status": "won"}, ("paid", 2000, 0, "done")),
        ("dispute lost", "charge.dispute.created", {"id": "du_lost", "status": "won"}, ("paid", 2000, 0, "done")),
        ("inquiry", "charge.dispute.created", {"id": "du_inquiry", "status": "warning_closed"},
            ("paid", 2000, 0, "done")),
        ("inquiry", "charge.dispute.created", {"id": "du_inquiry"}, ("disputed", 2000, 0, "done")),
        ("accepted, less paid", "refund.updated", {"amount": 1800}, ("refunded", 1800, 1800, "pending")),
        ("accepted, less paid", "charge.refunded", {}, ("partially_refunded", 1800, 500, "pending")),
        ("accepted and refunded, more paid", "charge.refunded", {"amount_refunded": 2500},
            ("refunded", 2500, 2500, "pending")),
        ("in review, less paid", "charge.refunded", {"amount_refunded": 1800}, ("needs_review", 1800, 1800, None)),
        ("refund requested", "charge.refunded", {"amount_refunded": 700}, ("partially_refunded", 2000, 700, "done")),
        ("refund sent", "refund.updated", {"id": "re_sent", "amount": 700}, ("partially_refunded", 2000, 700, "done")),
        ("refund sent", "refund.updated", {"id": "re_more", "amount": 1300}, ("refunded", 2000, 2000, "done")),
        # The parked refund names only the payment, which the order now learns.
        ("refund parked", "checkout.session.completed", {}, ("partially_refunded", 2000, 500, "pending")),
        ("event failed", "checkout.session.completed", {}, ("paid", 2000, 0, "pending")),
    ],
)  # fmt: skip
def test_a_later_event_finds_its_order(
    upgraded: None, client: Client, story: str, name: str, changes: dict[str, Any], expected: Any
) -> None:
    send_event(client, story, name, **changes)
    assert state_of(story) == expected
    send_event(client, story, name, **changes)  # a duplicate changes nothing
    assert state_of(story) == expected


def test_old_events_can_be_delivered_again(upgraded: None, client: Client) -> None:
    for kept in StripeEvent.objects.exclude(order=None):
        if kept.order and kept.order.idempotency_key not in OUTDATED_STATUS:
            assert deliver(client, kept.payload).status_code == 200
    assert {order.idempotency_key: state_of(str(order.idempotency_key)) for order in Order.objects.all()} == ORDERS


def test_open_fulfillments_are_worked_off(upgraded: None, mailoutbox: list[Any]) -> None:
    outbox.process_due()
    fulfillments = {str(row.order.idempotency_key): row.status for row in Fulfillment.objects.select_related("order")}
    before = {story: status for story, (*_, status) in ORDERS.items() if status}
    due = {"paid, not delivered yet", "paid, delivery failed once", "accepted, less paid"}
    assert fulfillments == before | dict.fromkeys(due, "done") | {"accepted and refunded, more paid": "skipped"}
    assert {mail.to[0].partition("@")[0] for mail in mailoutbox} == {re.sub(r"\W+", "_", story) for story in due}
    revived = order_of("paid, delivery gave up")
    outbox.requeue(revived.pk)
    outbox.process_due()
    assert state_of("paid, delivery gave up") == ("paid", 2000, 0, "done")


def test_an_old_review_can_be_accepted(upgraded: None) -> None:
    order = review.accept(order_of("in review, less paid").pk)
    assert state_of("in review, less paid") == ("paid", 1800, 0, "pending")
    assert order.amount_refundable == 1800
    review.accept(order_of("in review, paid twice").pk)
    assert state_of("in review, paid twice") == ("paid", 2000, 0, "done")


def test_another_sessions_payment_does_not_count(upgraded: None, client: Client) -> None:
    story = "in review, another session paid"
    with pytest.raises(Problem, match="own session was not paid"):
        review.accept(order_of(story).pk)
    send_event(client, story)
    review.accept(order_of(story).pk)
    outbox.process_due()
    assert state_of(story) == ("paid", 2000, 0, "done")


def test_an_order_paid_by_another_session_can_be_canceled(upgraded: None, client: Client, emulator: Emulator) -> None:
    story = "in review, another session paid"
    placed = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    session_id = str(placed.stripe_session_id)
    copy_stripe_ids(story, placed, stripe_session_id=session_id)
    review.cancel(order_of(story).pk)
    assert state_of(story) == ("expired", 0, 0, None)
    assert emulator.stripe.v1.checkout.sessions.retrieve(session_id).status == "expired"


def test_an_event_that_failed_can_be_replayed(upgraded: None) -> None:
    failed = StripeEvent.objects.get(outcome="failed")
    assert replay_event(failed).outcome == "applied"
    assert failed.order == order_of("event failed")


def test_an_unconfirmed_refund_is_made_once(upgraded: None, client: Client, emulator: Emulator) -> None:
    assert order_of("refund requested").amount_refundable == 1300
    placed = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    session_id = str(placed.stripe_session_id)
    assert emulator.pay(session_id) == 200
    intent = str(emulator.stripe.v1.checkout.sessions.retrieve(session_id).payment_intent)
    copy_stripe_ids("refund requested", placed, stripe_payment_intent_id=intent)
    catch_up()
    catch_up()
    assert emulator.refunds_of(intent) == [700]
    assert state_of("refund requested") == ("partially_refunded", 2000, 700, "done")
