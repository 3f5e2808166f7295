"""The return page as rendered by the server for each status."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from app.payments.models import Order, OrderItem, Product

pytestmark = [pytest.mark.django_db, pytest.mark.quick]

TITLES = {
    "pending": "Waiting for Stripe’s confirmation",
    "processing": "Your payment is being processed",
    "paid": "Thank you, it’s paid",
    "failed": "The payment didn’t go through",
    "expired": "This checkout has expired",
    "canceled": "This order was canceled",
    "partially_refunded": "Part of your payment was refunded",
    "refunded": "Your payment was refunded",
    "disputed": "This payment is disputed",
    "needs_review": "We are checking this payment",
}
PAID_STATUSES = {"paid", "partially_refunded", "refunded", "disputed", "needs_review"}


def order(**fields: Any) -> Order:
    product, _ = Product.objects.get_or_create(sku="tea", defaults={"name": "Tea", "unit_amount": 1250})
    defaults = {
        "currency": "eur",
        "amount_total": 2500,
        "stripe_session_id": "cs_test_1",
        "checkout_url": "http://127.0.0.1:12111/c/pay/cs_test_1",
        "return_url": "http://localhost/return/{order_id}/",
    }
    made = Order.objects.create(**(defaults | fields))
    OrderItem.objects.create(
        order=made, product=product, sku=product.sku, name=product.name, unit_amount=1250, quantity=2
    )
    return made


def page(client: Client, made: Order, query: str = "") -> str:
    answer = client.get(f"/return/{made.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_status_has_a_title(client: Client) -> None:
    assert set(TITLES) == set(Order.Status.values)


@pytest.mark.parametrize(("status", "title"), TITLES.items())
def test_each_status_shows_its_title(client: Client, status: str, title: str) -> None:
    html = page(client, order(status=status))
    assert f"<h1>{title}</h1>" in html
    assert f'data-status="{status}"' in html
    assert "25.00 EUR" in html
    assert "Tea" in html


@pytest.mark.parametrize("status", sorted(PAID_STATUSES))
@pytest.mark.parametrize("query", ["", "?canceled=1"])
def test_a_paid_order_is_never_called_failed(client: Client, status: str, query: str) -> None:
    text = page(client, order(status=status, reason="card declined", reason_code="x"), query).lower()
    for wrong in ("fail", "charged", "declined", "go through"):
        assert wrong not in text


@pytest.mark.parametrize("status", sorted(set(TITLES) - {"pending", "processing"}))
def test_a_final_status_is_not_polled(client: Client, status: str) -> None:
    html = page(client, order(status=status))
    assert 'data-final="true"' in html
    assert "http-equiv" not in html


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_a_waiting_page_reloads_without_javascript(client: Client, status: str) -> None:
    html = page(client, order(status=status))
    assert 'data-final="false"' in html
    assert '<noscript><meta http-equiv="refresh"' in html


def test_a_canceled_checkout_can_be_resumed(client: Client) -> None:
    html = page(client, order(reason="Your card was declined.", reason_code="card_declined"), "?canceled=1")
    assert "has not been paid yet" in html
    assert 'id="resume" href="http://testserver/c/pay/cs_test_1"' in html
    assert "Your card was declined." in html


def test_a_waiting_page_hides_an_earlier_decline(client: Client) -> None:
    html = page(client, order(reason="Your card was declined.", reason_code="card_declined"))
    assert "declined" not in html.replace('data-version="pending|0|card_declined|open"', "")


def test_an_expired_checkout_can_not_be_resumed(client: Client) -> None:
    html = page(client, order(status="expired"), "?canceled=1")
    assert "This checkout has expired" in html
    assert 'id="resume"' not in html


def test_an_order_without_a_session_shows_the_error(client: Client) -> None:
    html = page(
        client, order(stripe_session_id=None, checkout_url="", reason="Stripe could not be reached.", reason_code="x")
    )
    assert "The payment page could not be opened" in html
    assert "Stripe could not be reached." in html


def test_a_failed_payment_shows_the_reason(client: Client) -> None:
    made = order(status="failed", reason="The account has insufficient funds.", reason_code="insufficient_funds")
    assert "The account has insufficient funds." in page(client, made)


def test_a_review_does_not_show_its_reason(client: Client) -> None:
    assert "1 of 2" not in page(client, order(status="needs_review", reason="1 of 2", reason_code="mismatch"))


def test_a_refund_shows_its_amount(client: Client) -> None:
    html = page(client, order(status="partially_refunded", amount_refunded=1000, paid_at=timezone.now()))
    assert 'id="amount-refunded"' in html
    assert "10.00 EUR" in html


def test_zero_and_three_decimal_currencies_are_shown(client: Client) -> None:
    assert "2,500 JPY" in page(client, order(currency="jpy"))
    assert "2.500 KWD" in page(client, order(currency="kwd", stripe_session_id="cs_test_2"))


def test_the_page_is_never_cached(client: Client) -> None:
    assert "no-store" in client.get(f"/return/{order().pk}/")["Cache-Control"]


def test_an_unknown_order_is_a_404_with_a_link(client: Client) -> None:
    answer = client.get(f"/return/{uuid.uuid4()}/")
    assert answer.status_code == 404
    assert "Order not found" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_the_page_refuses_writes(client: Client) -> None:
    path = f"/return/{order().pk}/"
    assert client.post(path).status_code == 405
    assert client.options(path).status_code == 405
