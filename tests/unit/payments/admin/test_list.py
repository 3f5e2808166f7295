"""The list of orders: search, filters, and the export as CSV."""

import csv
import io
import re
import tracemalloc
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.payments.admin.order.export import CHUNK
from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Order, OrderItem, StripeEvent
from app.payments.refunds import refund_order
from app.payments.stripe.catch_up import catch_up
from tests.support.emulator import Emulator
from tests.unit.payments.admin.staff import LIST, log_in, page_of, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    """The client, logged in as a superuser."""
    log_in(client)
    return client


@pytest.fixture
def other(order: Order) -> Order:
    """An order that no search in these tests means."""
    return order


def listed(client: Client, query: str) -> list[str]:
    """Return the ids of the orders in the list, in order."""
    return re.findall(r'<span title="([0-9a-f-]{36})">', read(client, f"{LIST}?{query}"))


def new_order(**columns: object) -> Order:
    order = place_order(CheckoutIn(), return_url="http://testserver/return/{order_id}/")
    Order.objects.filter(pk=order.pk).update(**columns)
    order.refresh_from_db()
    return order


# Search ------------------------------------------------------------------------------------------------------------


def test_an_order_is_found_by_everything_that_names_it(other: Order, paid: Order, staff: Client) -> None:
    Order.objects.filter(pk=paid.pk).update(customer_email="Ada.Lovelace@Example.com")
    refund = refund_order(paid, 500)
    event = StripeEvent.objects.filter(order=paid).values_list("stripe_id", flat=True)[0]
    terms = ("ada.lovelace@example.com", "lovelace", str(paid.pk), paid.pk.hex, str(paid.pk)[:8], str(paid.pk)[:15])
    stripe_ids = (paid.stripe_session_id, paid.stripe_payment_intent_id, event, refund.stripe_id)
    for term in (*terms, *stripe_ids, f"  {paid.pk} "):
        assert listed(staff, f"q={term}") == [str(paid.pk)], term
    for term in ("nobody@example.com", str(uuid.uuid4()), "cs_test_none", "pi_none", "evt_none"):
        assert listed(staff, f"q={term}") == [], term


@pytest.mark.parametrize("term", ["cart-17", "Cart-1", 'Bestellung "Ü"', "bestellung", "back\\slash"])
def test_an_order_is_found_by_its_reference_and_metadata(other: Order, staff: Client, term: str) -> None:
    found = new_order(reference="cart-17", metadata={"note": 'Bestellung "Ü"', "path": "back\\slash"})
    assert listed(staff, urlencode({"q": term})) == [str(found.pk)]
    page = read(staff, page_of(found))
    for text in ("cart-17", 'Bestellung "Ü"', "back\\slash"):
        assert text in page


def test_a_reference_may_look_like_an_id_of_stripe(other: Order, staff: Client) -> None:
    found = new_order(reference="re_17")
    assert listed(staff, "q=re_17") == [str(found.pk)]


def test_what_only_stripe_knows_is_looked_up_there(
    other: Order, paid: Order, staff: Client, emulator: Emulator
) -> None:
    intent = paid.stripe_payment_intent_id
    [charge] = emulator.stripe.v1.charges.list({"payment_intent": intent}).data
    refund = emulator.stripe.v1.refunds.create({"payment_intent": intent, "amount": 700})  # in the dashboard
    assert listed(staff, f"q={charge.id}") == listed(staff, f"q={refund.id}") == [str(paid.pk)]
    unknown = read(staff, f"{LIST}?q=ch_none")
    assert "Stripe could not look up ch_none: No such charge" in unknown
    assert str(paid.pk) not in unknown


def test_a_dispute_is_found(client: Client, emulator: Emulator) -> None:
    log_in(client)
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    emulator.pay(order.stripe_session_id or "", card="pm_card_createDispute")
    catch_up()
    [dispute] = emulator.stripe.v1.disputes.list().data
    assert listed(client, f"q={dispute.id}") == [str(order.pk)]


def test_a_second_session_and_its_payment_find_the_order(paid: Order, client: Client, emulator: Emulator) -> None:
    log_in(client)
    params = {"mode": "payment", "success_url": "http://x.test", "client_reference_id": str(paid.pk)}
    price = {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "Tea"}}
    params |= {"metadata": {"order_id": str(paid.pk)}, "line_items": [{"quantity": 1, "price_data": price}]}  # type: ignore[dict-item]
    second = emulator.stripe.v1.checkout.sessions.create(params)  # type: ignore[arg-type]
    emulator.pay(second.id)
    catch_up()
    intent = emulator.stripe.v1.checkout.sessions.retrieve(second.id).payment_intent
    assert listed(client, f"q={second.id}") == listed(client, f"q={intent}") == [str(paid.pk)]


# Columns and filters -----------------------------------------------------------------------------------------------


def test_the_list_shows_what_matters(staff: Client) -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    new_order(status="partially_refunded", amount_refunded=500, customer_email="ada@example.com", created_at=at)
    page = read(staff, LIST)
    for text in ("Partially Refunded", "20.00 USD", "5.00 USD", "ada@example.com", "2026-03-04 05:06"):
        assert text in page


def test_orders_are_filtered_by_status_date_and_currency(staff: Client) -> None:
    today = timezone.now()
    old = new_order(created_at=today - timedelta(days=40), status="paid", currency="eur")
    new = new_order(created_at=today, status="refunded")
    assert listed(staff, "status__exact=paid") == listed(staff, "currency=eur") == [str(old.pk)]
    since = (today - timedelta(days=7)).strftime("%Y-%m-%d %H:%M:%S%z").replace("+", "%2B")
    assert listed(staff, f"created_at__gte={since}") == [str(new.pk)]
    assert f"created_at__year={today.year}" in read(staff, LIST) or "created_at__day" in read(staff, LIST)


def test_the_list_takes_the_same_queries_for_any_number_of_orders(staff: Client) -> None:
    new_order()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            read(staff, LIST)
        counts.append(len(queries))
        for _ in range(5):
            new_order()
    assert counts[0] == counts[1]


# Export ------------------------------------------------------------------------------------------------------------


def export(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"{LIST}export/?{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_export_has_what_the_list_shows(other: Order, paid: Order, staff: Client) -> None:
    address = {"line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    Order.objects.filter(pk=paid.pk).update(
        customer_email="ada@example.com",
        customer_phone="+4915112345678",
        shipping={"name": "Ada Lovelace", "address": address},
        reference="cart-17",
    )
    refund_order(paid, 500)
    assert f'href="{LIST}export/?q=ada"' in read(staff, f"{LIST}?q=ada")
    [row] = export(staff, "q=ada")
    paid.refresh_from_db()
    assert row == {
        "order": str(paid.pk),
        "created": f"{paid.created_at:%Y-%m-%d %H:%M:%S}",
        "status": "partially_refunded",
        "reason": "",
        "email": "ada@example.com",
        "phone": "'+4915112345678",
        "ship_to": "Ada Lovelace, Hauptstr. 1, 10115 Berlin, DE",
        "reference": "cart-17",
        "items": "1 × default",
        "currency": "USD",
        "total": "20.00",
        "discount": "0.00",
        "shipping": "0.00",
        "tax": "0.00",
        "paid": "20.00",
        "refunded": "5.00",
        "paid_at": f"{paid.paid_at:%Y-%m-%d %H:%M:%S}",
        "checkout_session": paid.stripe_session_id,
        "payment_intent": paid.stripe_payment_intent_id,
        "livemode": "no",
    }
    assert [each["order"] for each in export(staff)] == [str(paid.pk), str(other.pk)]
    assert [each["order"] for each in export(staff, "status__exact=pending")] == [str(other.pk)]
    entries = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert entries == ["Exported 1 orders as CSV", "Exported 2 orders as CSV", "Exported 1 orders as CSV"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(staff: Client, start: str) -> None:
    text = f"{start}HYPERLINK(1)"
    order = new_order(customer_email=text, reason=text, reference=text)
    OrderItem.objects.filter(order=order).update(sku=text)
    [row] = export(staff)
    assert row["email"] == row["reason"] == row["reference"] == f"'{text}"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_amounts_follow_the_currency(staff: Client) -> None:
    for currency, amount in (("jpy", 2000), ("kwd", 2000), ("ugx", 50000)):
        new_order(currency=currency, amount_total=amount)
    assert {row["currency"]: row["total"] for row in export(staff)} == {"JPY": "2000", "KWD": "2.000", "UGX": "500"}


def test_a_large_export_is_a_stream(staff: Client) -> None:
    many = 3 * CHUNK + 1
    same_moment = timezone.now()  # the parts must neither repeat nor skip orders of one moment
    template = new_order(created_at=same_moment - timedelta(days=1))
    Order.objects.bulk_create(
        Order(currency="usd", amount_total=2000, return_url=template.return_url, created_at=same_moment)
        for _ in range(many - 1)
    )
    with CaptureQueriesContext(connection) as queries:
        rows = export(staff)
    assert len({row["order"] for row in rows}) == len(rows) == many
    assert rows[-1]["order"] == str(template.pk)
    reads = [query["sql"] for query in queries if "payments_order" in query["sql"]]
    assert len(reads) < 15
    assert all("LIMIT" in sql or "COUNT" in sql for sql in reads if "orderitem" not in sql)


def test_the_memory_of_an_export_does_not_grow_with_it(staff: Client) -> None:
    from app.payments.admin.order.export import csv_response

    Order.objects.bulk_create(
        Order(currency="usd", amount_total=2000, return_url="http://x.test/{order_id}") for _ in range(5 * CHUNK)
    )
    peaks = []
    for parts in (2, 5):
        chosen = Order.objects.all() if parts == 5 else Order.objects.filter(pk__lt=_middle(2 * CHUNK))
        tracemalloc.start()
        for _ in csv_response(chosen).streaming_content:  # type: ignore[union-attr]
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0], peaks


def _middle(count: int) -> uuid.UUID:
    """Return the id that `count` orders come before."""
    return Order.objects.order_by("pk").values_list("pk", flat=True)[count]


def test_wrong_filters_lead_back_to_the_list(staff: Client) -> None:
    assert staff.get(f"{LIST}export/?created_at__gte=never").status_code == 302
    assert staff.post(f"{LIST}export/").status_code in (403, 405)
