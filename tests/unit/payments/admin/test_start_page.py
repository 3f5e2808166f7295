"""The start page: today's numbers, what waits for a person, and the plot."""

import base64
import re
import uuid
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.payments.models import Fulfillment, Order
from app.payments.refunds import refund_order
from app.payments.stripe.catch_up import catch_up
from tests.support.emulator import Emulator
from tests.unit.payments.admin.staff import log_in, page_of, read
from tests.unit.payments.orders import pay_new_order
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

NOTHING = "Nothing: no reviews, disputes, failed fulfillments or messages, or payments without an order."


def start_page(client: Client, group: str = "support") -> str:
    """Return the start page's overview as text, with its links."""
    log_in(client, group)
    shown = read(client, "/admin/").partition('<div class="overview">')[2].partition('id="content-main"')[0]
    shown = re.sub(r'src="data:[^"]+"', "", shown)
    return " ".join(re.sub(r"<(?!a )[^>]+>", " ", shown).split())


def test_an_empty_shop_has_nothing_to_do(client: Client) -> None:
    text = start_page(client)
    assert "Orders 0 Paid – Refunded –" in text
    assert NOTHING in text
    assert "by day" not in text


def test_todays_numbers_are_by_currency(paid: Order, client: Client, emulator: Emulator) -> None:
    refund_order(pay_new_order(client, emulator), 500)
    catch_up()  # the refund's date is in its event
    yesterday = pay_new_order(client, emulator)
    Order.objects.filter(pk=yesterday.pk).update(paid_at=timezone.now() - timedelta(days=1, hours=1))
    euros = pay_new_order(client, emulator)
    Order.objects.filter(pk=euros.pk).update(currency="eur")
    text = start_page(client)
    assert "Orders 4 Paid (3) 20.00 EUR 40.00 USD Refunded 5.00 USD" in text
    assert "The last 30 days: paid 60.00 USD, refunded 5.00 USD." in text
    assert "The last 30 days: paid 20.00 EUR, refunded 0.00 EUR." in text
    assert NOTHING in text


def test_a_refund_that_failed_is_no_refund(client: Client, emulator: Emulator) -> None:
    order = pay_new_order(client, emulator, card="pm_card_refundFail")
    refund_order(order, 500)
    catch_up()
    assert "Refunded 5.00 USD" in start_page(client)
    emulator.turn_clock(20 * 86400)
    catch_up()
    assert "Refunded –" in start_page(client)


def test_a_refund_in_the_dashboard_counts(paid: Order, client: Client, emulator: Emulator) -> None:
    emulator.stripe.v1.refunds.create({"payment_intent": paid.stripe_payment_intent_id, "amount": 700})
    catch_up()
    assert "Refunded 7.00 USD" in start_page(client)


def test_what_waits_for_a_person_is_listed(paid: Order, client: Client, emulator: Emulator) -> None:
    Fulfillment.objects.filter(order=paid).update(status="dead", error="ConnectionError: the mail server is down")
    disputed = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    emulator.pay(disputed.stripe_session_id or "", card="pm_card_createDispute")
    catch_up()
    reviewed = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    deliver(client, event_for(reviewed, id="cs_test_other", payment_intent="pi_other"))
    lost = uuid.uuid4()
    deliver(client, event_for(lost, payment_intent="pi_lost"))
    text = start_page(client)
    assert re.search(f'Failed fulfillments 1 .*<a href="{page_of(paid)}">20.00 USD ConnectionError', text)
    assert re.search(
        f'Disputes 1 .*<a href="{page_of(disputed)}">20.00 USD respond by 20..-..-.. ..:.. UTC fraudulent', text
    )
    assert re.search(
        f'Orders in review 1 .*<a href="{page_of(reviewed)}">20.00 USD Another session, cs_test_other', text
    )
    assert "Payments without an order 1 The database does not have these orders." in text
    assert f"pi_lost for order {lost}" in text
    assert NOTHING not in text
    # Every link leads somewhere.
    for link in re.findall(r'<a href="([^"]+)"', text):
        read(client, link)


def test_an_answered_dispute_waits_for_nobody(client: Client, emulator: Emulator) -> None:
    order = Order.objects.get(pk=client.generic("POST", "/api/checkout/").json()["order_id"])
    emulator.pay(order.stripe_session_id or "", card="pm_card_createDispute")
    catch_up()
    [dispute] = emulator.stripe.v1.disputes.list().data
    emulator.stripe.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "It was sent."}, "submit": True})
    catch_up()
    order.refresh_from_db()
    assert order.status == "disputed"
    assert NOTHING in start_page(client)


def test_the_plot_is_an_image_in_which_nothing_runs(paid: Order, client: Client) -> None:
    log_in(client, "support")
    page = read(client, "/admin/")
    [image] = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    drawing = base64.b64decode(image).decode()
    ElementTree.fromstring(drawing)
    assert "<script" not in drawing
    assert not re.search(r"(?:href|src)=.https?:", drawing)
    assert ">20<" in drawing  # the axis, in money
    assert 'alt="The last 30 days: paid 20.00 USD, refunded 0.00 USD."' in page


def test_the_overview_takes_the_same_queries_for_any_number_of_orders(
    paid: Order, client: Client, emulator: Emulator
) -> None:
    log_in(client, "support")
    read(client, "/admin/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            read(client, "/admin/")
        counts.append(len(queries))
        for _ in range(3):
            refund_order(pay_new_order(client, emulator), 500)
        catch_up()
    assert counts[0] == counts[1]


def test_who_may_not_view_orders_sees_no_numbers(paid: Order, client: Client) -> None:
    client.force_login(User.objects.create_user("translator", is_staff=True))
    page = read(client, "/admin/")
    assert "overview" not in page
    assert "20.00" not in page
