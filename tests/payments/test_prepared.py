"""Statements that go to Postgres without a cursor."""

from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from app.payments import prepared
from app.payments.catalogue import ensure_default_product
from app.payments.checkout import place_order
from app.payments.models import Order
from app.payments.schemas import CheckoutIn

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
