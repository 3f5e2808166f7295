"""`POST /stripe-webhook/`: what is accepted, what is refused, and how the order changes."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.facts import Facts
from app.payments.models import Fulfillment, Order, StripeEvent
from tests.support.front_door import submit
from tests.unit.payments.webhook_sender import deliver, event_for, sign

pytestmark = pytest.mark.django_db


def status_of(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def test_a_signed_completed_event_pays_the_order(client: Client, order: Order) -> None:
    answer = deliver(client, event_for(order))
    assert answer.status_code == 200
    assert status_of(order) == "paid"
    assert order.paid_at
    assert order.stripe_payment_intent_id == "pi_1"
    assert Fulfillment.objects.filter(order=order).count() == 1


def test_the_buyers_email_comes_from_stripe_if_unknown(client: Client, order: Order) -> None:
    deliver(client, event_for(order))
    order.refresh_from_db()
    assert order.customer_email == "jenny@example.com"


@pytest.mark.parametrize("email", [None, 5, "nobody", "a@b.example\nBcc: all@b.example", "x" * 250 + "@b.example"])
def test_an_invalid_email_is_ignored(client: Client, order: Order, email: Any) -> None:
    deliver(client, event_for(order, customer_details={"email": email}))
    order.refresh_from_db()
    assert (order.status, order.customer_email) == ("paid", "")


def test_a_duplicate_event_changes_nothing(client: Client, order: Order) -> None:
    event = event_for(order)
    deliver(client, event)
    before = Order.objects.values().get(pk=order.pk)
    assert deliver(client, event).status_code == 200
    assert Order.objects.values().get(pk=order.pk) == before
    kept = StripeEvent.objects.get(stripe_id=event["id"])
    assert (kept.attempts, kept.outcome, kept.order_id) == (2, "applied", order.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_the_response_holds_no_database_connection(client: Client, order: Order) -> None:
    assert connection.connection
    assert deliver(client, event_for(order)).status_code == 200
    assert connection.connection is None


def test_the_event_is_stored_unchanged(client: Client, order: Order) -> None:
    body = json.dumps(event_for(order), indent=3) + "\n"
    deliver(client, body)
    assert StripeEvent.objects.get().payload == body


def test_an_async_payment_is_processing_until_it_succeeds(client: Client, order: Order) -> None:
    deliver(client, event_for(order, payment_status="unpaid"))
    assert status_of(order) == "processing"
    deliver(client, event_for(order, type="checkout.session.async_payment_succeeded"))
    assert status_of(order) == "paid"


def test_an_async_payment_can_fail(client: Client, order: Order) -> None:
    deliver(client, event_for(order, payment_status="unpaid"))
    failed = event_for(order, type="checkout.session.async_payment_failed", payment_status="unpaid")
    deliver(client, failed)
    assert status_of(order) == "failed"
    assert not Fulfillment.objects.exists()


def test_an_expired_session_expires_the_order(client: Client, order: Order) -> None:
    expired = event_for(order, type="checkout.session.expired", status="expired", payment_status="unpaid")
    deliver(client, expired)
    assert status_of(order) == "expired"


def test_a_late_expiry_does_not_undo_a_payment(client: Client, order: Order) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, type="checkout.session.expired", status="expired", payment_status="unpaid"))
    assert status_of(order) == "paid"


def test_a_free_order_needs_no_payment(client: Client, order: Order) -> None:
    deliver(client, event_for(order, payment_status="no_payment_required"))
    assert status_of(order) == "paid"


def test_a_declined_card_leaves_the_order_unpaid(client: Client, order: Order) -> None:
    deliver(client, event_for(order, "payment_intent.payment_failed"))
    assert status_of(order) == "pending"
    assert (order.reason_code, order.reason) == ("insufficient_funds", "Your card has insufficient funds.")
    deliver(client, event_for(order))
    assert (status_of(order), order.reason_code) == ("paid", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount_total", 1), ("currency", "eur"), ("livemode", True), ("client_reference_id", "somebody-else")],
)
def test_a_mismatching_payment_goes_to_review(client: Client, order: Order, field: str, value: Any) -> None:
    assert deliver(client, event_for(order, **{field: value})).status_code == 200
    assert status_of(order) == "needs_review"
    assert field in order.reason
    assert not Fulfillment.objects.exists()


def test_a_second_paid_session_goes_to_review(client: Client, order: Order) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, id="cs_test_other"))
    assert status_of(order) == "needs_review"


def test_refunds_and_disputes_change_the_order(client: Client, order: Order) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, "charge.refunded"))
    assert (status_of(order), order.amount_refunded) == ("partially_refunded", 500)
    deliver(client, event_for(order, "charge.dispute.created"))
    assert status_of(order) == "disputed"
    deliver(client, event_for(order, "charge.dispute.created", type="charge.dispute.closed", status="won"))
    deliver(client, event_for(order, "refund.updated"))
    assert (status_of(order), order.amount_refunded) == ("refunded", 2000)


def test_a_refund_before_its_payment_is_applied_later(client: Client, order: Order) -> None:
    answer = deliver(client, event_for(order, "refund.updated"))
    assert json.loads(answer.content)["outcome"] == "parked"
    deliver(client, event_for(order))
    assert status_of(order) == "refunded"
    assert not StripeEvent.objects.filter(outcome="parked").exists()


def test_a_redelivered_parked_event_is_applied(client: Client, order: Order) -> None:
    refund = event_for(order, "refund.updated")
    deliver(client, refund)
    # The payment's event was processed at the same moment, so neither saw the other.
    deliver(client, event_for(order))
    before = Facts(session="complete", payment="paid", intent="pi_1").to_json()
    Order.objects.filter(pk=order.pk).update(status="paid", facts=before, amount_refunded=0)
    StripeEvent.objects.filter(stripe_id=refund["id"]).update(outcome="parked", order=None)
    assert json.loads(deliver(client, refund).content)["outcome"] == "applied"
    assert status_of(order) == "refunded"


def test_a_failing_parked_event_does_not_undo_the_payment(client: Client, order: Order) -> None:
    StripeEvent.objects.create(
        stripe_id="evt_bad", type="refund.updated", payload="{", outcome="parked", stripe_payment_intent_id="pi_1"
    )
    assert deliver(client, event_for(order)).status_code == 200
    assert status_of(order) == "paid"
    assert StripeEvent.objects.get(stripe_id="evt_bad").error


def test_a_session_never_counts_for_another_order(client: Client, order: Order) -> None:
    other = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    assert deliver(client, event_for(other)).status_code == 200
    other.refresh_from_db()
    assert (other.status, other.stripe_session_id, other.stripe_payment_intent_id) == ("pending", None, "")
    # It was paid through a session that names another order.
    assert status_of(order) == "needs_review"
    assert str(other.pk) in order.reason


@pytest.mark.parametrize("named", ["00000000-0000-4000-8000-000000000000", "another order of ours"])
def test_a_refund_belongs_to_its_payment_despite_metadata(client: Client, order: Order, named: str) -> None:
    other = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    deliver(client, event_for(order))
    metadata = {"order_id": str(other.pk) if "ours" in named else named}
    deliver(client, event_for(order, "refund.updated", metadata=metadata))
    assert (status_of(order), status_of(other)) == ("refunded", "pending")


def test_metadata_alone_does_not_assign_a_payment(client: Client, order: Order) -> None:
    deliver(client, event_for(order))
    deliver(client, event_for(order, "charge.refunded", payment_intent="pi_by_hand", amount_refunded=2000))
    assert (status_of(order), order.amount_refunded) == ("paid", 0)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("payment_intent.payment_failed", {"last_payment_error": {"code": "a\0b\ud800", "message": "x\0\udfff" * 999}}),
        ("refund.updated", {"amount": 10**40}),
        ("refund.updated", {"amount": -5, "status": "\0"}),
        ("refund.updated", {"id": "re_\ud800", "status": "\ud800"}),
        ("charge.refunded", {"amount_refunded": 2**70}),
        ("charge.dispute.created", {"status": "\0", "id": ["x"]}),
        ("checkout.session.completed", {"amount_total": "\0\ud800" * 9999}),
        ("checkout.session.completed", {"payment_intent": "pi_\0", "url": None}),
        ("checkout.session.completed", {"payment_intent": {"latest_charge": {"amount_refunded": -(2**70)}}}),
    ],
)
def test_values_that_a_database_rejects_are_handled(
    client: Client, order: Order, name: str, changes: dict[str, Any]
) -> None:
    deliver(client, event_for(order))
    assert deliver(client, event_for(order, name, **changes)).status_code == 200
    assert StripeEvent.objects.filter(processed_at__isnull=False).count() == 2


def test_an_event_for_an_unknown_order_is_stored(client: Client) -> None:
    answer = deliver(client, event_for(uuid.uuid4()))
    assert (answer.status_code, StripeEvent.objects.get().outcome) == (200, "parked")


def test_an_event_of_another_application_is_stored(client: Client) -> None:
    foreign = event_for("not-ours", metadata={}, client_reference_id=None)
    assert (deliver(client, foreign).status_code, StripeEvent.objects.get().outcome) == (200, "ignored")


def test_an_event_of_another_type_is_stored(client: Client, order: Order) -> None:
    assert deliver(client, event_for(order, type="customer.created")).status_code == 200
    assert (StripeEvent.objects.get().outcome, status_of(order)) == ("ignored", "pending")


def test_a_failed_event_is_processed_on_redelivery(client: Client, order: Order) -> None:
    event = event_for(order)
    # As left by a first attempt that crashed.
    StripeEvent.objects.create(stripe_id=event["id"], type=event["type"], payload="{}", outcome="failed", attempts=1)
    assert deliver(client, event).status_code == 200
    assert status_of(order) == "paid"


def refuse(client: Client, body: bytes | str, signature: str | None) -> int:
    """Send a request that must be refused. Return its status."""
    headers = {} if signature is None else {"Stripe-Signature": signature}
    answer = client.post("/stripe-webhook/", body, content_type="application/json", headers=headers)
    assert not StripeEvent.objects.exists()
    assert not Order.objects.exclude(status="pending").exists()
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code


def test_a_forged_event_is_refused(client: Client, order: Order) -> None:
    body = json.dumps(event_for(order))
    assert refuse(client, body, sign(body, secret="whsec_guessed")) == 400
    assert refuse(client, body.replace("2000", "1"), sign(body)) == 400
    assert refuse(client, body, None) == 400


def test_a_stale_event_is_refused(client: Client, order: Order) -> None:
    body = json.dumps(event_for(order))
    assert refuse(client, body, sign(body, timestamp=int(time.time()) - 301)) == 400


def test_an_event_from_the_future_is_refused(client: Client, order: Order) -> None:
    body = json.dumps(event_for(order))
    assert refuse(client, body, sign(body, timestamp=int(time.time()) + 400)) == 400


@pytest.mark.parametrize(
    "body",
    ["", "[]", '"text"', "null", "{}", '{"id": 1}', "{", "[" * 100_000]
    + [
        json.dumps({"id": name, "type": kind, "data": {"object": {"id": "x"}}})
        for name, kind in [("evt_\0", "x"), ("e" * 256, "x"), ("evt_1", "t" * 101), ("evt_1", "\ud800"), ("", "x")]
    ],
)
def test_a_signed_body_without_an_event_is_refused(client: Client, order: Order, body: str) -> None:
    assert refuse(client, body, sign(body)) == 400


def test_bytes_that_are_not_utf8_are_refused(client: Client, order: Order) -> None:
    assert refuse(client, b"\xff\xfe{}", sign("{}")) == 400


def test_a_huge_body_is_refused(client: Client, order: Order) -> None:
    body = json.dumps(event_for(order) | {"padding": "x" * 600_000})
    assert refuse(client, body, sign(body)) == 413


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.text(max_size=80) | st.from_regex(r"t=[-0-9e. ]{0,12}(,v[01]=[0-9a-f]{0,8}){0,2}"))
def test_any_signature_header_is_handled(client: Client, order: Order, header: str) -> None:
    assert refuse(client, "{}", header.encode("utf-8", "replace").decode("latin-1")) == 400


def test_without_a_secret_every_event_is_refused(client: Client, order: Order, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    body = json.dumps(event_for(order))
    assert refuse(client, body, sign(body, secret="")) == 503


def test_every_configured_secret_is_valid(client: Client, order: Order, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_one", "whsec_two"]
    body = json.dumps(event_for(order))
    assert deliver(client, body, signature=sign(body, secret="whsec_two")).status_code == 200


def test_a_changed_secret_file_keeps_the_old_secret_valid(client: Client, order: Order, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    file: Path = settings.STRIPE_WEBHOOK_SECRET_FILE
    for secret in ("whsec_first", "whsec_second"):
        file.write_text(f"{secret}\n")
        for valid in ("whsec_first", secret):
            body = json.dumps(event_for(order))
            assert deliver(client, body, signature=sign(body, secret=valid)).status_code == 200


def test_only_post_is_allowed(client: Client) -> None:
    assert client.get("/stripe-webhook/").status_code == 405


def test_a_failed_replay_is_reported_and_blocks_no_other(
    client: Client, order: Order, capsys: pytest.CaptureFixture[str]
) -> None:
    StripeEvent.objects.create(stripe_id="evt_bad", type="refund.updated", payload="{", outcome="failed")
    event = event_for(order)
    StripeEvent.objects.create(stripe_id=event["id"], type=event["type"], payload=json.dumps(event), outcome="failed")
    call_command("replay_event", open=True)
    assert status_of(order) == "paid"
    assert "evt_bad failed again" in capsys.readouterr().err
    client.force_login(User.objects.create_superuser("admin"))
    data = {"action": "process_again", "_selected_action": [StripeEvent.objects.get(stripe_id="evt_bad").pk]}
    answer = submit(client, "/admin/payments/stripeevent/", data, follow=True)
    assert "evt_bad failed again" in answer.content.decode()


def test_an_event_is_replayed_by_its_id(client: Client, order: Order, capsys: pytest.CaptureFixture[str]) -> None:
    event = event_for(order)
    deliver(client, event)
    Order.objects.filter(pk=order.pk).update(status="pending", facts={})
    call_command("replay_event", event["id"])
    assert f"{event['id']} checkout.session.completed: applied" in capsys.readouterr().out
    assert status_of(order) == "paid"
