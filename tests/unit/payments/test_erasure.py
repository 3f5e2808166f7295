"""Personal data: what is kept, and that erasing it leaves nothing but the accounting figures."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.payments import outbox
from app.payments.erasure import erase, erase_old
from app.payments.management.commands import db_worker
from app.payments.models import Fulfillment, Message, Order, StripeEvent
from app.payments.pruning import prune_events
from app.payments.settle import replay
from app.payments.stripe.personal_data import without_personal_data
from app.web.problems import Problem
from tests.unit.payments.admin.staff import act, log_in, page_of, press, read
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

ADDRESS = {
    "line1": "Kantstraße 7",
    "line2": None,
    "city": "Berlin",
    "state": "BE",
    "postal_code": "PLZ-10623",
    "country": "DE",
}
DETAILS = {"email": "ada@example.com", "name": "Ada Lovelace", "phone": "+4915112345678", "address": ADDRESS}
COLLECTED = {"shipping_details": {"name": "Ada Lovelace", "address": ADDRESS}}
TRACES = ("ada@example.com", "Lovelace", "15112345678", "Kantstra", "PLZ-10623", "Berlin", "rcpt_secret")


def pay(client: Client, order: Order, **changes: Any) -> None:
    """Deliver a payment with everything that a buyer enters, and a refund with what a charge repeats."""
    entered: dict[str, Any] = {"customer_details": DETAILS, "collected_information": COLLECTED}
    deliver(client, event_for(order, **({**entered, "customer_email": "ada@example.com"} | changes)))
    charge: dict[str, Any] = {
        "billing_details": DETAILS,
        "receipt_email": "ada@example.com",
        "receipt_url": "https://x/rcpt_secret",
    }
    deliver(client, event_for(order, "charge.refunded", **charge))
    order.refresh_from_db()


def stored() -> str:
    """Return everything that the database has, as text."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += cursor.fetchall()
    return str(rows)


def work() -> None:
    """Do what the worker does every hour."""
    prune_events()
    erase_old()


def figures(order: Order) -> dict[str, Any]:
    amounts = ("amount_total", "amount_subtotal", "amount_paid", "amount_refunded")
    names = ("status", "currency", "facts", "created_at", "paid_at", "reference", "stripe_session_id", *amounts)
    return {name: getattr(order, name) for name in names}


@pytest.fixture
def sold(client: Client, order: Order) -> Order:
    """A partially refunded order, fulfilled, with personal data everywhere."""
    Order.objects.filter(pk=order.pk).update(reference="cart-17", metadata={"cart": "17", "contact_name": "Lovelace"})
    pay(client, order)
    outbox.process_due()
    act(client, "resend_receipt", order)
    Fulfillment.objects.update(error="SMTPRecipientsRefused: {'ada@example.com': (550, b'no')}")
    said = "NotDelivered: 422: Ada Lovelace, Kantstraße 7: no such address (ada@example.com, +4915112345678)"
    Message.objects.create(id=order.pk, order=order, channel="webhook", type="order.paid", status="dead", error=said)
    order.refresh_from_db()
    return order


def test_phone_and_address_are_kept_with_the_order(client: Client, sold: Order) -> None:
    assert (sold.customer_email, sold.customer_phone) == ("ada@example.com", "+4915112345678")
    assert sold.shipping == {"name": "Ada Lovelace", "address": {k: v for k, v in ADDRESS.items() if v}}
    assert sold.shipping_lines == ["Ada Lovelace", "Kantstraße 7", "PLZ-10623 Berlin BE", "DE"]
    log_in(client)
    page = read(client, page_of(sold))
    assert "+4915112345678" in page
    assert "Ada Lovelace, Kantstraße 7, PLZ-10623 Berlin BE, DE" in page
    public = client.get(f"/api/orders/{sold.pk}/").content.decode() + client.get(f"/return/{sold.pk}/").content.decode()
    assert not [trace for trace in TRACES if trace in public and trace != "Lovelace"]


@pytest.mark.parametrize(
    "where", [{"shipping_details": COLLECTED["shipping_details"]}, {"shipping": COLLECTED["shipping_details"]}]
)
def test_the_address_is_found_in_older_api_versions(client: Client, order: Order, where: dict[str, Any]) -> None:
    pay(client, order, collected_information=None, **where)
    assert order.shipping_lines == ["Ada Lovelace", "Kantstraße 7", "PLZ-10623 Berlin BE", "DE"]


@pytest.mark.parametrize("value", [[], 5, "x", {}, {"shipping_details": []}, {"shipping_details": {"address": 5}}])
def test_an_unusable_address_is_none(client: Client, order: Order, value: Any) -> None:
    details = {"email": "ada@example.com", "phone": value}
    deliver(client, event_for(order, collected_information=value, customer_details=details))
    order.refresh_from_db()
    assert (order.status, order.shipping) == ("paid", {})


def test_nothing_personal_is_left(client: Client, sold: Order) -> None:
    mail.outbox.clear()
    before = stored()
    assert [trace for trace in TRACES if trace not in before] == []
    kept = figures(sold)
    erase(sold.pk)
    after = stored()
    assert [trace for trace in TRACES if trace in after] == []
    sold.refresh_from_db()
    assert figures(sold) == kept
    assert sold.erased_at
    assert sold.shipping == {"address": {"country": "DE", "state": "BE"}}
    assert sold.metadata == {"cart": "17"}
    assert StripeEvent.objects.filter(order=sold).count() == 2
    assert LogEntry.objects.filter(change_message="Sent the receipt to [erased]").count() == 1
    left = "NotDelivered: 422: [erased], [erased]: no such address ([erased], [erased])"
    assert Message.objects.get(channel="webhook").error == left
    erase(sold.pk)  # again: harmless


def test_no_later_event_brings_it_back(client: Client, sold: Order) -> None:
    erase(sold.pk)
    pay(client, sold)
    deliver(client, event_for(sold, "charge.refunded", amount_refunded=2000, billing_details=DETAILS))
    replay(list(StripeEvent.objects.all()))
    assert [trace for trace in TRACES if trace in stored()] == []
    sold.refresh_from_db()
    assert (sold.status, sold.customer_email, sold.amount_refunded) == ("refunded", "", 2000)


def test_an_event_that_was_being_stored_is_cleared_afterwards(client: Client, sold: Order) -> None:
    erase(sold.pk)
    # As if it had been read before the order was erased, and stored after.
    event = event_for(sold, "charge.refunded", billing_details=DETAILS)
    StripeEvent.objects.create(stripe_id=event["id"], type=event["type"], payload=json.dumps(event), order=sold)
    work()
    assert [trace for trace in TRACES if trace in stored()] == []


@pytest.mark.parametrize("state", ["pending", "needs_review", "unfulfilled", "dead", "unreported"])
def test_what_is_still_needed_is_not_erased(client: Client, order: Order, state: str, settings: Settings) -> None:
    if state in ("unfulfilled", "dead"):
        pay(client, order)
        Fulfillment.objects.update(status={"unfulfilled": "pending"}.get(state, state))
    elif state == "needs_review":
        pay(client, order, currency="eur")
    elif state == "unreported":
        settings.ORDER_WEBHOOK_URL = "http://127.0.0.1:9/"
        pay(client, order)
        Fulfillment.objects.update(status="done")
        Message.objects.exclude(type="order.paid").delete()
    Order.objects.update(created_at=timezone.now() - timedelta(days=400), customer_email="ada@example.com")
    settings.KEEP_PERSONAL_DATA_DAYS = 31
    with pytest.raises(Problem, match="still needs its buyer's data"):
        erase(order.pk)
    assert erase_old() == 0
    order.refresh_from_db()
    assert (order.customer_email, order.erased_at) == ("ada@example.com", None)


@pytest.mark.django_db(transaction=True)
def test_the_worker_erases_what_is_old(client: Client, sold: Order, settings: Settings) -> None:
    Order.objects.update(created_at=timezone.now() - timedelta(days=400))
    for days in (0, 401):  # by default, it is kept
        settings.KEEP_PERSONAL_DATA_DAYS = days
        db_worker.prune_once()
        assert "ada@example.com" in stored()
    settings.KEEP_PERSONAL_DATA_DAYS = 399
    db_worker.prune_once()
    assert [trace for trace in TRACES if trace in stored()] == []


def test_events_without_an_order_go_as_early(client: Client, settings: Settings) -> None:
    settings.KEEP_PERSONAL_DATA_DAYS = 40
    theirs = event_for("x", client_reference_id=None, metadata={}, id="cs_theirs", customer_details=DETAILS)
    failed = event_for("x", client_reference_id=None, metadata={}, id="cs_failed", customer_details=DETAILS)
    for event in (theirs, failed):
        deliver(client, event)
    StripeEvent.objects.filter(stripe_id=failed["id"]).update(outcome="failed")
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(days=41))
    work()
    [left] = StripeEvent.objects.all()  # someone has to look at it, without its personal data
    assert left.stripe_id == failed["id"]
    assert [trace for trace in TRACES if trace in stored()] == []


def test_an_email_to_the_buyer_is_sent_before_its_address_is_erased(client: Client, sold: Order) -> None:
    mail.outbox.clear()
    deliver(client, event_for(sold, "charge.refunded", amount_refunded=2000))
    with pytest.raises(Problem, match="a message that needs it is due"):
        erase(sold.pk)
    assert erase_old(timedelta(0)) == 0
    outbox.process_due()
    assert [each.to for each in mail.outbox if "refund" in each.subject] == [["ada@example.com"]]
    assert erase_old(timedelta(0)) == 1


@pytest.mark.parametrize("status", ["dead", "skipped", "done"])
def test_an_email_that_is_not_sent_any_more_keeps_no_address(client: Client, sold: Order, status: str) -> None:
    Message.objects.filter(channel="buyer").update(status=status)
    erase(sold.pk)
    assert [trace for trace in TRACES if trace in stored()] == []
    for message in Message.objects.filter(channel="buyer"):
        outbox.requeue(message.pk, Message)
    mail.outbox.clear()
    outbox.process_due()
    assert mail.outbox == []


def run(*arguments: str) -> str:
    printed = StringIO()
    call_command("erase_personal_data", *arguments, stdout=printed)
    return printed.getvalue()


def test_the_command_erases_a_persons_data(client: Client, sold: Order) -> None:
    theirs = event_for("x", client_reference_id=None, metadata={}, id="cs_theirs", customer_details=DETAILS)
    deliver(client, theirs)
    said = run("--email", "ADA@example.com")
    assert said == f"{sold.pk}: personal data erased\n1 events without an order cleared\n"
    assert [trace for trace in TRACES if trace in stored()] == []


def test_the_command_erases_orders_and_old_orders(client: Client, sold: Order) -> None:
    assert run("--days", "30") == "Personal data of 0 orders erased\n"
    assert run(str(sold.pk)) == f"{sold.pk}: personal data erased\n"
    Order.objects.update(erased_at=None, customer_email="ada@example.com", created_at=timezone.now() - timedelta(31))
    assert run("--days", "30") == "Personal data of 1 orders erased\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "Name orders, or use --email or --days."),
        (["--email", "a@b.example", "--days", "40"], "Name orders, or use --email or --days."),
        (["--days", "0"], "--days must be at least 1."),
        (["00000000-0000-4000-8000-000000000000"], "there is no such order"),
    ],
)
def test_the_command_explains_what_it_needs(arguments: list[str], error: str) -> None:
    with pytest.raises(CommandError, match=error):
        run(*arguments)


def test_the_command_says_what_it_could_not_erase(client: Client, sold: Order) -> None:
    second = Order.objects.get(pk=sold.pk)
    second.pk, second.stripe_session_id, second.status = None, None, "pending"
    second.save(force_insert=True)
    with pytest.raises(CommandError, match=f"{second.pk}: This order still needs"):
        run("--email", "ada@example.com")
    sold.refresh_from_db()
    assert sold.erased_at


def test_the_admin_erases_personal_data(client: Client, sold: Order) -> None:
    log_in(client, "owner")
    assert "Erased the personal data." in press(client, sold, "erase")
    page = read(client, page_of(sold))
    assert "Personal data" in page
    assert "act/erase/" not in page
    assert "ada@example.com" not in page
    assert "Erased the personal data of 1 order." in act(client, "erase", sold)


def test_an_events_facts_survive() -> None:
    event = {"object": {"id": "du_1", "amount": 5, "evidence": {"customer_purchase_ip": "1.2.3.4"}, "status": "lost"}}
    event["object"]["evidence_details"] = {"due_by": 1790000000}
    cleared = json.loads(without_personal_data(json.dumps(event)))["object"]
    assert cleared == event["object"] | {"evidence": None}
    assert without_personal_data("no JSON") == "{}"
