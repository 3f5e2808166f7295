"""Statements that go to Postgres without a cursor."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from app.payments import prepared
from app.payments.catalogue import ensure_default_product
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
    ensure_default_product()
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


def test_orders_are_placed_alike_on_both_ways() -> None:
    Product.objects.create(sku="mug", name="Enamel mug, “large” 🫖", unit_amount=1800, currency="usd")
    ensure_default_product()
    choice = CheckoutIn.model_validate(
        {
            "items": [{"sku": "mug", "quantity": 2}, {"sku": "default"}, {"sku": "mug"}],
            "customer_email": "a@example.com",
        }
    )

    def placed() -> list[object]:
        order = place_order(choice, return_url="http://x/")
        assert order.lines == list(order.items.all())
        names = ("sku", "name", "unit_amount", "quantity", "product_id")
        lines = [tuple(getattr(line, name) for name in names) for line in order.lines]
        return [order.currency, order.amount_total, order.customer_email, *lines]

    at_once = placed()
    with transaction.atomic():
        assert placed() == at_once
    assert at_once[1] == 3 * 1800 + 2000


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"sku": "default"}, {"sku": "nothing"}], "unknown_product"),
        ([{"sku": "gone"}], "unknown_product"),
        ([{"sku": "default"}, {"sku": "tee"}], "mixed_currencies"),
        ([{"sku": "default"}, {"sku": "house", "quantity": 50}], "amount_too_large"),
    ],
)
def test_what_can_t_be_bought_together_is_refused_and_nothing_is_written(items: list[Any], code: str) -> None:
    ensure_default_product()
    Product.objects.create(sku="gone", name="Gone", unit_amount=1, currency="usd", active=False)
    Product.objects.create(sku="tee", name="T-shirt", unit_amount=1, currency="eur")
    Product.objects.create(sku="house", name="House", unit_amount=2_000_000, currency="usd")
    with pytest.raises(Problem) as refused:
        place_order(CheckoutIn.model_validate({"items": items}), return_url="http://x/")
    assert refused.value.code == code
    assert not Order.objects.exists()


def test_a_checkout_reads_and_writes_in_two_round_trips(
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
    assert [each.split()[0] for each in statements] == [b"WITH", b"UPDATE"]
    assert list(cursors) == []


def together(*calls: tuple[bytes, list[str]]) -> list[Any]:
    """What several threads' statements come to that are sent in one go."""
    return prepared._on_lent([(statement, [value.encode() for value in values]) for statement, values in calls])


def transactions() -> int:
    """How many of them have written products."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM payments_product")
        return int(cursor.fetchone()[0])


def everywhere(statement: bytes, *values: str) -> None:
    """Run it on each of the pool's connections, which take turns: one that does not know it would have it run alone."""
    for _ in range(8):
        prepared.execute(statement, values)


@pytest.fixture
def two_products() -> None:
    for sku in ("cup", "mug"):
        Product.objects.create(sku=sku, name="Old", unit_amount=1, currency="usd")
    connection.close()
    everywhere(RENAME, "Old", "nothing")


def test_statements_of_several_threads_are_one_transaction(two_products: None) -> None:
    results = together((RENAME, ["New cup", "cup"]), (RENAME, ["?", "nothing"]), (RENAME, ["New mug", "mug"]))
    assert [result.command_tuples for result in results] == [1, 0, 1]
    assert set(Product.objects.values_list("name", flat=True)) == {"New cup", "New mug"}
    assert transactions() == 1


def test_one_that_fails_takes_nobody_with_it(two_products: None) -> None:
    fine, failed, new = together((RENAME, ["New cup", "cup"]), (RENAME, ["x" * 300, "mug"]), (b"SELECT $1::int", ["7"]))
    assert fine.command_tuples == 1
    assert isinstance(failed, OperationalError)
    assert new.get_value(0, 0) == b"7"
    assert Product.objects.get(sku="cup").name == "New cup"


def test_one_that_fails_when_all_is_committed_takes_nobody_with_it(two_products: None) -> None:
    order = place_order(CheckoutIn(), return_url="http://x/")
    # The foreign key to the order is looked at in the end only.
    lost = b"UPDATE payments_orderitem SET order_id = gen_random_uuid() WHERE order_id = $1::uuid"
    with pytest.raises(IntegrityError):
        prepared.execute(lost, [order.pk])
    fine, failed = together((RENAME, ["New cup", "cup"]), (lost, [str(order.pk)]))
    assert fine.command_tuples == 1
    assert isinstance(failed, IntegrityError)
    assert Product.objects.get(sku="cup").name == "New cup"
    assert order.items.exists()


def test_a_connection_that_is_lost_is_told_to_everyone_and_not_used_again(two_products: None) -> None:
    end = b"SELECT CASE $1 WHEN 'now' THEN pg_terminate_backend(pg_backend_pid()) END"
    everywhere(end, "later")
    with pytest.raises(psycopg.OperationalError):  # GroupCommit hands it to everyone
        together((RENAME, ["New cup", "cup"]), (end, ["now"]))
    assert Product.objects.get(sku="cup").name == "Old"
    assert prepared.execute(RENAME, ["New cup", "cup"]) == 1
