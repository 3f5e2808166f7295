"""`settle`: batches with bad events, every field of every type, and unknown orders."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.payments.api.checkout import place_order
from app.payments.api.schemas import CheckoutIn
from app.payments.models import Fulfillment, Order, StripeEvent
from app.payments.pruning import prune_events
from app.payments.refunds import refund_order
from app.payments.settle import Settled, settle
from app.payments.stripe.catch_up import replay_open
from app.payments.stripe.events import read_event
from app.web.installation import installation
from tests.support.emulator import Emulator
from tests.unit.payments.histories import total
from tests.unit.payments.webhook_sender import EVENTS, deliver, event_for

pytestmark = pytest.mark.django_db

Json = dict[str, Any]


def settle_events(*events: Json) -> list[Settled]:
    return settle([read_event(event, json.dumps(event), StripeEvent.Source.CATCH_UP) for event in events])


def outcomes() -> dict[str, str]:
    return dict(StripeEvent.objects.values_list("stripe_id", "outcome"))


def another_order(number: int) -> Order:
    order = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    Order.objects.filter(pk=order.pk).update(stripe_session_id=f"cs_{number}")
    return order


def payments(count: int) -> list[Json]:
    """Return payment events of that many orders."""
    return [event_for(another_order(n), id=f"cs_{n}", payment_intent=f"pi_{n}") for n in range(count)]


@contextmanager
def database_refusing(value: str, error: type[Exception]) -> Iterator[None]:
    """Fail every statement that carries `value`."""

    def refuse(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if params and value in params:
            raise error(f"value out of range: {value}")
        return execute(sql, params, *rest)

    with connection.execute_wrapper(refuse):
        yield


def test_an_unreadable_event_does_not_affect_its_batch() -> None:
    events = payments(3)
    events[1]["data"]["object"] = ["no object"]
    assert [each.outcome for each in settle_events(*events)] == ["applied", "failed", "applied"]
    assert outcomes() == dict(zip([each["id"] for each in events], ["applied", "failed", "applied"], strict=True))
    assert sorted(Order.objects.values_list("status", flat=True)) == ["paid", "paid", "pending"]
    assert Fulfillment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_rejected_order_does_not_affect_its_batch() -> None:
    events = payments(5)
    email = "too-much@example.com"
    events[2]["data"]["object"]["customer_details"] = {"email": email}
    with database_refusing(email, DataError):
        settled = settle_events(*events)
    assert [each.outcome for each in settled] == ["applied", "applied", "failed", "applied", "applied"]
    kept = StripeEvent.objects.get(outcome="failed")
    assert (kept.stripe_id, kept.processed_at) == (events[2]["id"], None)
    assert "out of range" in kept.error
    assert Fulfillment.objects.count() == 4
    replay_open()
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_number_out_of_range_fails_one_event() -> None:
    events = payments(3)
    full = Order.objects.get(stripe_session_id="cs_1")
    Order.objects.filter(pk=full.pk).update(version=2**31 - 1)
    assert [each.outcome for each in settle_events(*events)] == ["applied", "failed", "applied"]


@pytest.mark.django_db(transaction=True)
def test_a_database_outage_is_not_an_events_error() -> None:
    events = payments(3)
    with database_refusing(events[1]["id"], OperationalError), pytest.raises(OperationalError):
        settle_events(*events)
    assert not StripeEvent.objects.exists()
    assert {each.outcome for each in settle_events(*events)} == {"applied"}


def test_a_duplicate_in_a_batch_is_one_event() -> None:
    [events] = payments(1)
    assert [each.outcome for each in settle_events(events, events)] == ["applied", "applied"]
    assert StripeEvent.objects.count() == Fulfillment.objects.count() == 1


def test_a_refund_before_its_payment_is_applied() -> None:
    [events] = payments(1)
    refund = event_for("x", "refund.updated", payment_intent="pi_0")
    settle_events(refund, events)
    assert Order.objects.get().status == "refunded"
    assert set(outcomes().values()) == {"applied"}


# Every field, of every type --------------------------------------------------------------------------------------

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(str(uuid.UUID(int=1))),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "status"]), inner, max_size=2),
    max_leaves=4,
)
FILES = sorted(path.stem for path in EVENTS.glob("*.json"))


def paths(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every value in an object."""
    found = [path] if path else []
    for key, inner in value.items() if isinstance(value, dict) else ():
        found += paths(inner, (*path, key))
    return found


def set_value(value: Any, path: tuple[str, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


def full_session() -> Json:
    """Return a session with every field that is read, and its payment expanded."""
    charge = {"object": "charge", "payment_intent": "pi_1", "amount_refunded": 5}
    error = {"code": "card_declined", "decline_code": "generic_decline", "message": "Declined."}
    intent = {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "last_payment_error": error}
    return event_for("ORDER", **total(discount=5, paid=1995), payment_intent=intent | {"latest_charge": charge})


@hypothesis_settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_no_field_of_a_wrong_type_fails_an_event(order: Order, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*FILES, "full"]))
    event = full_session() if name == "full" else event_for(order, name)
    obj = event["data"]["object"]
    for path in data.draw(st.lists(st.sampled_from(paths(obj)), max_size=3)):
        try:
            set_value(obj, path, data.draw(any_json))
        except (KeyError, TypeError, IndexError):
            continue  # an earlier change removed this path
    event["created"], event["livemode"] = data.draw(any_json), data.draw(any_json)
    read = read_event(event, "{}", StripeEvent.Source.WEBHOOK)
    assert read.error == ""
    assert settle([read])[0].outcome != StripeEvent.Outcome.FAILED


@pytest.mark.parametrize("field", ["status", "payment_status", "amount_total", "total_details", "metadata", "url"])
@pytest.mark.parametrize("value", [[], {}, 5, True, None, "x", [[]], {"id": {}}, 1.5])
def test_a_session_with_an_invalid_field_is_processed(client: Client, order: Order, field: str, value: Any) -> None:
    event = event_for(order, **{field: value})
    assert deliver(client, event).status_code == 200
    kept = StripeEvent.objects.get()
    assert (kept.outcome, kept.error) == ("applied", "")
    order.refresh_from_db()
    assert field in ("status", "payment_status") or order.status in ("paid", "needs_review")


# Ownership of an event -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metadata", [{"order_id": "WC-1234"}, {}, None, [], {"order_id": 5}, {"order_id": "é"}])
def test_foreign_metadata_does_not_hide_our_session(client: Client, order: Order, metadata: Any) -> None:
    assert deliver(client, event_for(order, metadata=metadata)).status_code == 200
    order.refresh_from_db()
    assert (order.status, order.reason) == ("paid", "")


def test_metadata_does_not_move_a_payment(client: Client, order: Order) -> None:
    other = place_order(CheckoutIn(), return_url="http://testserver/{order_id}")
    deliver(client, event_for(order, metadata={"order_id": str(other.pk)}))
    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.status, other.status) == ("paid", "pending")


def test_a_session_counts_without_its_stored_id(client: Client, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(stripe_session_id=None, checkout_url="")
    deliver(client, event_for(order, metadata={"order_id": "WC-1234"}))
    order.refresh_from_db()
    assert (order.status, order.stripe_session_id) == ("paid", "cs_test_a1")


@pytest.mark.parametrize("named", [uuid.UUID(int=7), uuid.uuid4()])
def test_a_refund_is_matched_by_its_payment(client: Client, order: Order, named: uuid.UUID) -> None:
    deliver(client, event_for(order))
    answer = deliver(client, event_for(named, "charge.refunded"))
    order.refresh_from_db()
    assert (json.loads(answer.content)["outcome"], order.amount_refunded) == ("applied", 500)


# After a restored backup -------------------------------------------------------------------------------------------


def make_events_old() -> None:
    StripeEvent.objects.update(received_at="2020-01-01T00:00:00Z")


def test_a_lost_orders_payment_is_reported_and_kept(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    lost = uuid.uuid4()
    deliver(client, event_for(lost))
    assert f"a payment for order {lost}, which this database does not have" in caplog.text
    make_events_old()
    assert prune_events() == 0
    assert StripeEvent.objects.lost_payments().count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_status": "unpaid"},
        {"type": "checkout.session.expired", "status": "expired", "payment_status": "unpaid"},
        {"metadata": {}},  # another application with UUIDs: our sessions name the order twice
        {"client_reference_id": None},
        {"client_reference_id": "WC-1", "metadata": {"order_id": "WC-1"}},
    ],
)
def test_a_foreign_payment_is_not_reported_and_is_pruned(
    client: Client, caplog: pytest.LogCaptureFixture, changes: Json
) -> None:
    deliver(client, event_for(uuid.uuid4(), **changes))
    assert "does not have" not in caplog.text
    assert StripeEvent.objects.lost_payments().count() == 0
    make_events_old()
    assert prune_events() == 1


def test_a_restored_order_gets_its_lost_payment(client: Client, order: Order) -> None:
    lost = uuid.uuid4()
    deliver(client, event_for(lost, id="cs_lost", payment_intent="pi_lost"))
    order.pk = lost
    order.stripe_session_id = "cs_lost"
    order.save(force_insert=True)
    replay_open()
    order.refresh_from_db()
    assert order.status == "paid"
    assert StripeEvent.objects.lost_payments().count() == 0


# Other installations at the same account -----------------------------------------------------------------------------


def about_an_order_of(owner: str, name: str = "checkout.session.completed") -> Json:
    order_id = uuid.uuid4()
    return event_for(order_id, name, metadata={"order_id": str(order_id), "installation": owner})


@pytest.mark.parametrize("name", ["checkout.session.completed", "charge.refunded", "payment_intent.payment_failed"])
def test_an_event_of_another_installation_is_set_aside(
    client: Client, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    answer = deliver(client, about_an_order_of("0123456789ab", name))
    assert (answer.status_code, StripeEvent.objects.get().outcome) == (200, "foreign")
    assert StripeEvent.objects.lost_payments().count() == 0
    assert "is of another installation" in caplog.text
    assert "does not have" not in caplog.text
    make_events_old()
    assert prune_events() == 1


def test_our_event_without_an_order_is_a_loss(client: Client) -> None:
    deliver(client, about_an_order_of(installation()))
    assert StripeEvent.objects.get().outcome == "parked"
    assert StripeEvent.objects.lost_payments().count() == 1


@pytest.mark.parametrize("owner", [None, 5, [], ""])
def test_an_event_without_an_installation_is_parked(client: Client, owner: Any) -> None:
    deliver(client, about_an_order_of(owner))
    assert StripeEvent.objects.get().outcome == "parked"


def test_a_known_order_counts_whatever_the_installation(client: Client, order: Order) -> None:
    metadata = {"order_id": str(order.pk), "installation": "0123456789ab"}  # copied into a new database
    deliver(client, event_for(order, metadata=metadata))
    order.refresh_from_db()
    assert order.status == "paid"


def test_sessions_payments_and_refunds_name_their_installation(client: Client, paid: Order, emulator: Emulator) -> None:
    refund_order(paid, 500)
    api = emulator.stripe.v1
    session: Any = api.checkout.sessions.retrieve(paid.stripe_session_id or "", {"expand": ["payment_intent"]})
    refunds: Any = api.refunds.list({"payment_intent": paid.stripe_payment_intent_id}).data
    for made in (session, session.payment_intent, *refunds):
        assert made.metadata["installation"] == installation()
