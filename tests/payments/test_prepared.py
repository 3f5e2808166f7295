"""Statements that go to Postgres without a cursor."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from app.payments import prepared
from app.payments.catalogue import chosen_items, ensure_default_product
from app.payments.checkout import place_order
from app.payments.models import Order, Product
from app.payments.problems import Problem
from app.payments.schemas import CheckoutIn
from tests.emulator import Emulator

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
]
RENAME = b"UPDATE payments_product SET name = $1 WHERE sku = $2"


def lent_so_far() -> int:
    """How often the pool was asked for a connection."""
    pool: Any = connection.pool  # type: ignore[attr-defined]
    pool.open()
    return int(pool.get_stats().get("requests_num", 0))


def test_what_was_written_is_committed_and_counted() -> None:
    product = ensure_default_product()
    assert prepared.execute(RENAME, ["New name", product.sku]) == 1
    assert prepared.execute(RENAME, ["Other", "nothing"]) == 0
    product.refresh_from_db()
    assert product.name == "New name"


def test_a_thread_never_takes_a_second_connection() -> None:
    connection.ensure_connection()
    before = lent_so_far()
    prepared.execute(RENAME, ["New name", "default"])
    assert lent_so_far() == before


def test_a_connection_of_the_pool_is_given_back() -> None:
    connection.close()
    for _ in range(30):  # more than there are
        prepared.execute(RENAME, ["New name", "default"])


def test_it_is_not_for_transactions() -> None:
    assert prepared.is_possible()
    with transaction.atomic():
        assert not prepared.is_possible()


def test_errors_are_djangos() -> None:
    order = place_order(CheckoutIn(), return_url="http://x/")
    copy = b"INSERT INTO payments_order SELECT * FROM payments_order WHERE id = $1::uuid"
    with pytest.raises(IntegrityError):
        prepared.execute(copy, [order.pk])
    with pytest.raises(OperationalError):
        prepared.execute(b"UPDATE payments_order SET amount_total = 1 / $1::int", [0])
    with pytest.raises(ValueError, match="NUL"):
        prepared.execute(RENAME, ["a\0b", "default"])


def test_a_text_that_is_too_long_is_refused_not_cut_off() -> None:
    with pytest.raises(OperationalError, match="too long"):
        place_order(CheckoutIn(), return_url="http://x/", idempotency_key="a" * 300)
    assert not Order.objects.exists()


def test_an_order_is_written_whole() -> None:
    choice = CheckoutIn(customer_email="a@example.com")
    order = place_order(choice, return_url="http://x/", idempotency_key="a")
    written = Order.objects.get(pk=order.pk)
    names = [field.attname for field in Order._meta.concrete_fields]
    assert {name: getattr(written, name) for name in names} == {name: getattr(order, name) for name in names}
    assert [(line.sku, line.quantity, line.unit_amount) for line in written.items.all()] == [("default", 1, 2000)]


def test_the_catalogue_is_read_alike_on_both_ways() -> None:
    Product.objects.create(sku="mug", name="Enamel mug, “large” 🫖", unit_amount=1800, currency="usd")
    Product.objects.create(sku="gone", name="Gone", unit_amount=1, currency="usd", active=False)
    choice = [("mug", 2), ("mug", 1), ("default", 1)]
    ensure_default_product()

    def read() -> list[tuple[object, ...]]:
        names = ("sku", "name", "unit_amount", "quantity", "product_id")
        return sorted(tuple(getattr(line, name) for name in names) for line in chosen_items(choice))

    at_once = read()
    with transaction.atomic():
        assert read() == at_once
    with pytest.raises(Problem, match="gone"):
        chosen_items([("gone", 1)])


def test_a_checkout_reads_and_writes_in_three_round_trips(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    ensure_default_product()
    statements: list[bytes] = []
    run = prepared._run

    def noted(statement: bytes, values: Sequence[Any]) -> Any:
        statements.append(statement)
        return run(statement, values)

    monkeypatch.setattr(prepared, "_run", noted)
    with CaptureQueriesContext(connection) as cursors:
        assert client.post("/api/checkout/", "{}", content_type="application/json").status_code == 200
    assert [b"SELECT" in each for each in statements] == [True, False, False]
    assert list(cursors) == []
