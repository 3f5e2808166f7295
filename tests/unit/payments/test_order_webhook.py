"""ORDER_WEBHOOK_URL: each change of an order is reported, signed, at least once, and to no private address."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook

from app.payments import order_webhook, outbox, review
from app.payments.models import Message, Order
from app.payments.order_webhook import is_public
from app.payments.refunds import refund_order
from app.payments.stripe.catch_up import catch_up
from tests.support.emulator import Emulator
from tests.support.endpoint import SECRET, Endpoint, endpoint_running
from tests.tunnel.authority import openssl
from tests.unit.payments.histories import total
from tests.unit.payments.webhook_sender import deliver, event_for

pytestmark = pytest.mark.django_db

SECRETS = [SECRET, "whsec_" + "b2xkIHNlY3JldCwgdGhpcnR5LXR3byBieXRlcyBs"]


@pytest.fixture(autouse=True)
def endpoint(settings: Settings) -> Iterator[Endpoint]:
    """The other system."""
    with endpoint_running() as running:
        settings.ORDER_WEBHOOK_URL = running.url
        settings.ORDER_WEBHOOK_SECRETS = SECRETS
        settings.ORDER_WEBHOOK_ALLOW_PRIVATE = True
        yield running


def webhooks() -> Any:
    """Return the messages to the other system, oldest first."""
    return Message.objects.filter(channel="webhook").order_by("created_at")


def expire_leases() -> None:
    Message.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def types(endpoint: Endpoint) -> list[str]:
    return [json.loads(body)["type"] for _, body in endpoint.received]


def test_a_payment_is_reported_with_a_valid_signature(client: Client, order: Order, endpoint: Endpoint) -> None:
    Order.objects.update(reference="cart-17", metadata={"cart": "17"})
    entered = {"name": "Ada Lovelace", "address": {"line1": "Kantstraße 7", "city": "Berlin", "country": "DE"}}
    buyer = {"email": "jenny@example.com", "phone": "+4915112345678"}
    paid = total(discount=500, tax=380, shipping=500, paid=2380)
    deliver(client, event_for(order, **paid, customer_details=buyer, shipping_details=entered))
    outbox.process_due()
    [(headers, body)] = endpoint.received
    for secret in SECRETS:  # while the secret is replaced, both are valid
        sent = Webhook(secret).verify(body, headers)
    assert headers["webhook-id"] == str(webhooks().get().pk)
    assert headers["host"] == f"127.0.0.1:{endpoint.port}"
    data = sent["data"]
    assert (sent["type"], data["id"], data["status"]) == ("order.paid", str(order.pk), "paid")
    assert (data["amount_discount"], data["amount_tax"], data["amount_shipping"]) == (500, 380, 500)
    assert (data["amount_paid"], data["currency"], data["currency_digits"]) == (2380, "usd", 2)
    assert (data["reference"], data["metadata"]) == ("cart-17", {"cart": "17"})
    assert (data["customer_email"], data["customer_phone"]) == ("jenny@example.com", "+4915112345678")
    assert data["shipping"] == entered
    assert [(item["sku"], item["quantity"], item["unit_amount"]) for item in data["items"]] == [("default", 1, 2000)]
    assert sent["timestamp"].endswith("Z")


CHANGES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "order.paid": [("checkout.session.completed", {})],
    "order.processing": [("checkout.session.completed", {"payment_status": "unpaid"})],
    "order.expired": [
        ("checkout.session.completed", {"type": "checkout.session.expired", "status": "expired", "payment_status": "x"})
    ],
    "order.failed": [
        (
            "checkout.session.completed",
            {"type": "checkout.session.async_payment_failed", "payment_status": "unpaid"},
        )
    ],
    "order.needs_review": [("checkout.session.completed", {"livemode": True})],
    "order.refunded": [("checkout.session.completed", {}), ("charge.refunded", {})],
    "order.refund_failed": [
        ("checkout.session.completed", {}),
        ("refund.updated", {"amount": 700, "status": "pending"}),
        ("refund.updated", {"amount": 700, "status": "failed", "type": "refund.failed"}),
    ],
    "order.disputed": [("checkout.session.completed", {}), ("charge.dispute.created", {})],
    "order.inquiry": [
        ("checkout.session.completed", {}),
        ("charge.dispute.created", {"status": "warning_needs_response"}),
    ],
    "order.dispute_resolved": [
        ("checkout.session.completed", {}),
        ("charge.dispute.created", {}),
        ("charge.dispute.created", {"type": "charge.dispute.closed", "status": "won"}),
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_reported_once(client: Client, order: Order, endpoint: Endpoint, name: str) -> None:
    for event, changes in CHANGES[name]:
        for _ in range(2):  # a duplicate says nothing new
            deliver(client, event_for(order, event, **changes))
        outbox.process_due()
    assert types(endpoint)[-1] == name
    assert len(endpoint.received) == len(CHANGES[name])
    assert not webhooks().exclude(status="done").exists()


def test_a_second_dispute_and_an_escalated_inquiry_are_reported(
    client: Client, order: Order, endpoint: Endpoint
) -> None:
    deliver(client, event_for(order))
    for number, status in [(1, "warning_needs_response"), (1, "needs_response"), (2, "needs_response"), (2, "lost")]:
        deliver(client, event_for(order, "charge.dispute.created", id=f"du_{number}", status=status))
    outbox.process_due()
    assert sorted(types(endpoint)) == ["order.disputed", "order.disputed", "order.inquiry"]


def test_a_refund_names_its_amount(client: Client, order: Order, endpoint: Endpoint) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, "charge.refunded", amount_refunded=500))
    deliver(client, event_for(order, "charge.refunded", amount_refunded=1200))
    outbox.process_due()
    refunds = [json.loads(body)["data"] for _, body in endpoint.received][1:]
    assert [each["refund_amount"] for each in refunds] == [500, 700]
    # The order as it is now, so that a late report does not take the receiver back.
    assert [each["amount_refunded"] for each in refunds] == [1200, 1200]


def test_an_order_is_reported_as_paid_once(client: Client, order: Order, endpoint: Endpoint) -> None:
    deliver(client, event_for(order))
    for status in ("needs_response", "won"):
        deliver(client, event_for(order, "charge.dispute.created", type="charge.dispute.updated", status=status))
    outbox.process_due()
    assert sorted(types(endpoint)) == ["order.dispute_resolved", "order.disputed", "order.paid"]


def test_an_order_refunded_in_the_meantime_is_not_reported_as_paid(
    client: Client, order: Order, endpoint: Endpoint
) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, "refund.updated"))
    outbox.process_due()
    assert types(endpoint) == ["order.refunded"]
    assert webhooks().get(type="order.paid").status == "skipped"
    # The refund fails: now it counts.
    deliver(client, event_for(order, "refund.updated", type="refund.failed", status="failed"))
    outbox.process_due()
    assert sorted(types(endpoint)[1:]) == ["order.paid", "order.refund_failed"]


def test_a_refund_in_the_admin_and_an_accepted_review_are_reported(
    client: Client, paid: Order, endpoint: Endpoint, emulator: Emulator
) -> None:
    refund_order(paid, 500)
    mismatch = event_for(paid, id=paid.stripe_session_id, payment_intent=paid.stripe_payment_intent_id, livemode=True)
    deliver(client, mismatch)
    review.accept(paid.pk)
    catch_up()  # the same facts again
    outbox.process_due()
    assert sorted(types(endpoint)) == ["order.needs_review", "order.paid", "order.refunded"]


def test_a_message_has_all_that_the_api_shows(client: Client, order: Order, endpoint: Endpoint) -> None:
    deliver(client, event_for(order))
    outbox.process_due()
    [(_, body)] = endpoint.received
    sent, shown = json.loads(body)["data"], client.get(f"/api/orders/{order.pk}/").json()
    del shown["checkout_url"]
    assert {name: sent.get(name) for name in shown} == shown


def test_nobody_is_told_of_the_doctors_checks(client: Client, order: Order) -> None:
    metadata = {"order_id": str(order.pk), "purpose": "doctor"}
    expired = {"type": "checkout.session.expired", "status": "expired", "payment_status": "unpaid"}
    deliver(client, event_for(order, metadata=metadata, **expired))
    order.refresh_from_db()
    assert (order.status, Message.objects.exists()) == ("expired", False)


def test_nothing_is_stored_without_a_url(client: Client, order: Order, settings: Settings) -> None:
    settings.ORDER_WEBHOOK_URL = ""
    deliver(client, event_for(order))
    assert not Message.objects.exists()


def test_a_failed_attempt_is_repeated_with_the_same_id(client: Client, order: Order, endpoint: Endpoint) -> None:
    endpoint.answers = [(500, {}), (429, {"Retry-After": "1"})]
    deliver(client, event_for(order))
    for _ in range(3):
        outbox.process_due()
        expire_leases()
    (first, _), (second, _), (third, _) = endpoint.received
    assert first["webhook-id"] == second["webhook-id"] == third["webhook-id"]
    message = webhooks().get()
    assert (message.status, message.attempts, message.error) == ("done", 3, "")


def test_an_error_says_what_the_receiver_responded(client: Client, order: Order, endpoint: Endpoint) -> None:
    endpoint.answers = [(500, {})]
    deliver(client, event_for(order))
    outbox.process_due()
    assert webhooks().get().error == "NotDelivered: 127.0.0.1 responded with 500: try later"
    assert "hooks" not in webhooks().get().error  # the path may be a secret


def test_a_receiver_that_is_gone_leaves_a_dead_letter_that_can_be_replayed(
    client: Client, order: Order, endpoint: Endpoint, mailoutbox: list[Any]
) -> None:
    endpoint.answers = [(410, {})] * outbox.MAX_ATTEMPTS
    deliver(client, event_for(order))
    for _ in range(outbox.MAX_ATTEMPTS):
        outbox.process_due()
        expire_leases()
    message = webhooks().get()
    assert message.status == "dead"
    outbox.process_due()
    assert [mail.subject for mail in mailoutbox if mail.to != ["jenny@example.com"]] == ["1 delivery failed"]
    outbox.requeue(message.pk, Message)
    outbox.process_due()
    assert endpoint.received[-1][0]["webhook-id"] == str(message.pk)
    assert webhooks().get().status == "done"
    # A message that was delivered can be sent again, too.
    outbox.requeue(message.pk, Message)
    outbox.process_due()
    assert len(endpoint.received) == outbox.MAX_ATTEMPTS + 2


def test_a_failing_receiver_does_not_delay_fulfillment(client: Client, order: Order, endpoint: Endpoint) -> None:
    endpoint.answers = [(500, {})] * 3
    deliver(client, event_for(order))
    outbox.process_due()
    order.refresh_from_db()
    assert order.fulfillment.status == "done"


# Private addresses -------------------------------------------------------------------------------------------------

PRIVATE = ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
PRIVATE += ["224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::127.0.0.1"]
PRIVATE += ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1%lo"]
PUBLIC = ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize(
    ("address", "public"), [*((each, False) for each in PRIVATE), *((each, True) for each in PUBLIC)]
)
def test_only_addresses_on_the_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
def test_a_private_address_is_refused(
    client: Client, order: Order, endpoint: Endpoint, settings: Settings, host: str
) -> None:
    settings.ORDER_WEBHOOK_ALLOW_PRIVATE = False
    settings.ORDER_WEBHOOK_URL = f"http://{host}:{endpoint.port}/"
    deliver(client, event_for(order))
    outbox.process_due()
    assert endpoint.received == []
    message = webhooks().get()
    assert (message.status, "private address" in message.error) == ("pending", True)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Answer each look-up of hooks.example with the next of these addresses."""
    real, left = socket.getaddrinfo, list(answers)

    def answer(host: Any, port: Any, *details: Any, **named: Any) -> Any:
        if host != "hooks.example":
            return real(host, port, *details, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (left.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_a_name_that_leads_to_a_private_address_is_refused(
    client: Client, order: Order, endpoint: Endpoint, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ORDER_WEBHOOK_ALLOW_PRIVATE = False
    settings.ORDER_WEBHOOK_URL = f"http://hooks.example:{endpoint.port}/"
    resolve_to(monkeypatch, "127.0.0.1")
    deliver(client, event_for(order))
    outbox.process_due()
    assert (endpoint.received, "hooks.example leads to" in webhooks().get().error) == ([], True)


def test_the_checked_address_is_the_one_that_is_called(
    client: Client, order: Order, endpoint: Endpoint, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name's owner gives another address the second time. There is no second time."""
    settings.ORDER_WEBHOOK_URL = f"http://hooks.example:{endpoint.port}/"
    resolve_to(monkeypatch, "127.0.0.1")
    deliver(client, event_for(order))
    outbox.process_due()
    [(headers, _)] = endpoint.received
    assert headers["host"] == f"hooks.example:{endpoint.port}"


def test_a_redirect_is_not_followed(client: Client, order: Order, endpoint: Endpoint) -> None:
    with endpoint_running() as inside:
        endpoint.answers = [(307, {"Location": inside.url})]
        deliver(client, event_for(order))
        outbox.process_due()
        assert (len(endpoint.received), inside.received) == (1, [])
    assert "redirects are not followed" in webhooks().get().error


@pytest.mark.parametrize("path", ["", "/", "/a/b", "?key=1", "/a?key=%2F"])
def test_the_whole_url_is_called(
    client: Client, order: Order, endpoint: Endpoint, settings: Settings, path: str
) -> None:
    settings.ORDER_WEBHOOK_URL = f"http://127.0.0.1:{endpoint.port}{path}"
    deliver(client, event_for(order))
    outbox.process_due()
    assert endpoint.targets == [path if path.startswith("/") else f"/{path}"]


def test_a_server_that_is_down_is_reported(client: Client, order: Order, settings: Settings) -> None:
    settings.ORDER_WEBHOOK_URL = "http://127.0.0.1:9/"
    deliver(client, event_for(order))
    outbox.process_due()
    assert webhooks().get().error == "NotDelivered: 127.0.0.1 can't be reached."


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for hooks.example, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "cert.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", key, "-out", made, "-subj", "/CN=Us", "-addext", "subjectAltName=DNS:hooks.example")  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + made.read_bytes())
    return both


@pytest.mark.parametrize(("name", "delivered"), [("hooks.example", True), ("other.example", False)])
def test_the_certificate_must_be_the_names(
    client: Client,
    order: Order,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    certificate: Path,
    name: str,
    delivered: bool,
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **named: real("127.0.0.1" if host == name else host, *rest, **named)
    )
    monkeypatch.setattr(order_webhook, "CERTIFICATES", str(certificate))
    with endpoint_running(certificate) as secure:
        settings.ORDER_WEBHOOK_URL = f"https://{name}:{secure.port}/"
        deliver(client, event_for(order))
        outbox.process_due()
        assert len(secure.received) == delivered
    assert (webhooks().get().status == "done") is delivered
