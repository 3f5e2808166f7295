"""Booleans as sent by all versions of the official clients."""

from collections.abc import Iterator

import pytest

from stripe_emulator.resources import RESOURCES
from stripe_emulator.schema import Array, Boolean, BooleanOr, Field, Fields, Hash
from support.running import SESSION, Running


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with Running() as running:
        yield running


def walk(fields: Fields, where: str = "") -> Iterator[tuple[str, Field]]:
    """Yield all fields at any depth with their paths."""
    for name, field in fields.items():
        path = f"{where}[{name}]" if where else name
        yield path, field
        inner, steps = field, ""
        while isinstance(inner, Array):
            inner, steps = inner.item, f"{steps}[0]"
        if isinstance(inner, Hash):
            yield from walk(inner.fields, path + steps)


BOOLEANS = {
    (f"{route.method} {route.path}", path): field
    for each in RESOURCES
    for route in each.routes()
    for path, field in walk(route.fields)
    if isinstance(field, Boolean | BooleanOr)
}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("false", False), ("False", False)])
def test_every_boolean_accepts_both_spellings(text: str, value: bool) -> None:
    assert len(BOOLEANS) > 20
    assert {key for key, field in BOOLEANS.items() if field.read(text, key[1]) is not value} == set()


@pytest.mark.parametrize("text", ["tRUE", "yes", "1", "0", "None"])
def test_other_words_are_refused(shared: Running, text: str) -> None:
    answer = shared.api("POST", "/v1/products", {"name": "A", "active": text})
    assert (answer.status, answer.json()["error"]["param"]) == (400, "active")


def test_capitalized_booleans_work_in_free_hashes_and_lists(shared: Running) -> None:
    text = {"custom_text[submit][message]": "True", "phone_number_collection[enabled]": "True"}
    plain = {"mode": "payment", "success_url": str(SESSION["success_url"]), "line_items[0][quantity]": "1"}
    price = "line_items[0][price_data]"
    item = {f"{price}[currency]": "usd", f"{price}[unit_amount]": "500", f"{price}[product_data][name]": "A"}
    answer = shared.api("POST", "/v1/checkout/sessions", {**plain, **item, **text}).json()
    assert answer["phone_number_collection"]["enabled"] is True
    shared.api("POST", "/v1/products", {"name": "A", "active": "False"})
    found = shared.api("GET", "/v1/products", {"active": "False"}).json()["data"]
    assert {each["active"] for each in found} == {False}


def test_off_session_accepts_booleans_and_words(shared: Running) -> None:
    def confirm(off_session: str) -> str:
        params = {"amount": "500", "currency": "usd", "confirm": "True", "off_session": off_session}
        params["payment_method"] = "pm_card_threeDSecure2Required"
        answer = shared.api("POST", "/v1/payment_intents", {**params, "return_url": "https://shop.test/back"}).json()
        return str(answer["error"]["code"] if "error" in answer else answer["status"])

    assert [confirm(each) for each in ("False", "false")] == ["requires_action"] * 2
    assert len({confirm(each) for each in ("True", "true", "one_off", "recurring")}) == 1
    assert confirm("True") != "requires_action"
