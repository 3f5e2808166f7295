"""Fuzz the webhook: any request gets a response, never a 500, and only signed events change anything."""

import http.client
import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.payments.stripe.event_types import EVENT_TYPES
from tests.support.stack import Stack
from tests.unit.fuzz.conftest import state_of
from tests.unit.payments.histories import Step, histories
from tests.unit.payments.webhook_sender import EVENTS, event_for, sign

pytestmark = pytest.mark.parametrize("target", ["sqlite", "postgres"], indirect=True, scope="module")

PATH = "/stripe-webhook/"
NAMES = sorted(file.stem for file in EVENTS.glob("*.json"))

# Values that have broken parsers and databases.
tricky: st.SearchStrategy[Any] = st.sampled_from(
    [
        "",
        "\0",
        "\ud800",
        "é" * 300,
        "x" * 5000,
        "-1",
        "null",
        0,
        -1,
        2**31,
        2**63,
        2**70,
        10**400,
        1e308,
        True,
        None,
        [],
        {},
    ]
)
values = st.recursive(
    tricky | st.text(max_size=20) | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
headers = st.binary(max_size=80) | st.from_regex(rb"\At=[-0-9e. ]{0,14}(,v[01]=[0-9a-f]{0,64}){0,3}\Z")
# A path into an event, and the value to put there.
damage_lists = st.lists(st.tuples(st.lists(st.integers(0, 40), min_size=1, max_size=6), values), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def order_id(target: Stack) -> str:
    """A pending order that the requests are about."""
    return str(urllib3.request("POST", f"{target.url}/api/checkout/").json()["order_id"])


def post(stack: Stack, body: bytes, header: bytes | str) -> tuple[int, Any]:
    """Return the response's status and JSON."""
    # http.client sends header bytes unchanged; other clients refuse them.
    connection = http.client.HTTPConnection("localhost", stack.port, timeout=30)
    connection.request("POST", PATH, body, {"Stripe-Signature": header, "Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if answer.headers.get_content_type().endswith("json") else None


def as_header(raw: bytes) -> bytes:
    """Remove the bytes that no header can contain."""
    return raw.translate(None, b"\r\n\0")


def replace_at(node: Any, path: list[int], value: Any) -> Any:
    """Return a copy of the JSON `node` with `value` at the position that the numbers in `path` select."""
    if not path or not isinstance(node, dict | list) or not node:
        return value
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    chosen = keys[path[0] % len(keys)]
    copy = node.copy()
    copy[chosen] = replace_at(node[chosen], path[1:], value)
    return copy


def test_unsigned_requests_change_nothing(target: Stack, order_id: str) -> None:
    @given(body=st.binary(max_size=200), header=headers)
    def any_bytes_are_refused(body: bytes, header: bytes) -> None:
        assert post(target, body, as_header(header))[0] == 400

    @given(header=headers)
    def a_valid_event_without_signature_is_refused(header: bytes) -> None:
        assert post(target, json.dumps(event_for(order_id)).encode(), as_header(header))[0] == 400

    before = state_of(target)
    any_bytes_are_refused()
    a_valid_event_without_signature_is_refused()
    assert state_of(target) == before


@given(value=values)
def test_any_signed_json_gets_a_response(target: Stack, value: Any) -> None:
    body = json.dumps(value)
    assert post(target, body.encode(), sign(body))[0] in (200, 400)


def test_any_damaged_signed_event_gets_a_response(target: Stack, order_id: str) -> None:
    @given(st.sampled_from(NAMES), st.sampled_from(EVENT_TYPES), damage_lists)
    def damage(name: str, kind: str, changes: list[tuple[list[int], Any]]) -> None:
        event = event_for(order_id, name, type=kind)
        for path, value in changes:
            event = replace_at(event, path, value)
        body = json.dumps(event)
        assert post(target, body.encode(), sign(body))[0] in (200, 400)

    damage()
    # Whatever its state, the order can be read, and was fulfilled at most once.
    assert urllib3.request("GET", f"{target.url}/api/orders/{order_id}/").status == 200
    assert state_of(target)["fulfillments"].count(order_id) <= 1


@dataclass
class Delivered:
    """A history of events, delivered to two orders: in order, and to `shuffled` twice and concurrently."""

    history: list[Step]
    order: tuple[str, str]  # order, session
    shuffled: tuple[str, str]


def test_concurrent_duplicates_end_as_in_order(target: Stack) -> None:
    delivered: list[Delivered] = []

    # Each example makes many requests, and concurrency can't be shrunk.
    @settings(max_examples=settings().max_examples // 5, phases=[Phase.generate])
    @given(histories(), st.integers(0, 99))
    def deliver_history(history: list[Step], seed: int) -> None:
        each = Delivered(history, new_order(target), new_order(target))
        for number, step in enumerate(history):
            assert deliver_one(target, each.order, number, step) == 200
        arrivals = [*enumerate(history)] * 2
        random.Random(seed).shuffle(arrivals)
        with ThreadPoolExecutor(8) as crowd:
            answers = list(crowd.map(lambda arrival: deliver_one(target, each.shuffled, *arrival), arrivals))
        assert set(answers) <= {200}, f"{answers}\n{target.log[-3000:]}"
        delivered.append(each)

    deliver_history()
    state = state_of(target)
    orders = {order.pop("pk"): order for order in state["orders"]}
    for each in delivered:
        order, shuffled = (
            json.loads(json.dumps(orders[order_id]).replace(order_id, ""))
            for order_id, _ in (each.order, each.shuffled)
        )
        assert shuffled == order, each.history
        for order_id, _ in (each.order, each.shuffled):
            # An order refunded before its payment is never queued.
            due = orders[order_id]["status"] in ("paid", "partially_refunded")
            assert due <= state["fulfillments"].count(order_id) <= 1


def new_order(stack: Stack) -> tuple[str, str]:
    """Return the ids of a new order and of its Checkout Session."""
    made = urllib3.request("POST", f"{stack.url}/api/checkout/").json()
    return made["order_id"], made["checkout_url"].rpartition("/")[2]


def deliver_one(stack: Stack, about: tuple[str, str], number: int, step: Step) -> int:
    """Deliver one event of a history. Return the response's status."""
    order_id, session = about
    body = json.dumps(step.event(order_id, number, session=session, run=f"_{order_id}"))
    return post(stack, body.encode(), sign(body))[0]
