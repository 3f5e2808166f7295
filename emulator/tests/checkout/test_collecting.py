"""What the page asks for: custom fields, consent, quantities, optional items; and its texts."""

import re
from typing import Any

import pytest
import stripe

from support.running import SESSION, Running

LINE: dict[str, Any] = SESSION["line_items"][0]


def custom(kind: str, key: str = "size", **own: Any) -> dict[str, Any]:
    field = {"key": key, "type": kind, "label": {"type": "custom", "custom": f"Your {key}"}}
    return {**field, **({kind: own} if own else {})}


SIZES = [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]


def page(emulator: Running, session: stripe.checkout.Session) -> str:
    return emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}").data.decode()


def read(emulator: Running, session: stripe.checkout.Session) -> Any:
    return emulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})


def refused(emulator: Running, **params: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.session(**params)
    return caught.value


def test_custom_fields_are_shown_and_read_back(emulator: Running) -> None:
    fields = [
        custom("text", "name", default_value="Ada", maximum_length=10),
        custom("numeric", "age", minimum_length=2),
        {**custom("dropdown", options=SIZES), "optional": True},
    ]
    session = emulator.session(custom_fields=fields)
    html = page(emulator, session)
    for text in ('value="Ada"', "Your age", 'inputmode="numeric"', "Your size (optional)", ">Large</option>"):
        assert text in html
    assert "redirect" in emulator.confirm(session, **{"custom-name": "Bob", "custom-age": "42", "custom-size": "l"})
    found = read(emulator, session).custom_fields
    assert [each[each.type].value for each in found] == ["Bob", "42", "l"]
    assert [each.optional for each in found] == [False, False, True]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (custom("text"), "", "Fill in “Your size”."),
        (custom("text", minimum_length=3), "ab", "“Your size” needs at least 3 characters."),
        (custom("text", maximum_length=3), "abcd", "“Your size” can have at most 3 characters."),
        (custom("numeric"), "4a", "“Your size” can only contain digits."),
        (custom("dropdown", options=SIZES), "xl", "Fill in “Your size”."),
    ],
)
def test_a_custom_fields_value_is_checked(emulator: Running, field: Any, value: str, message: str) -> None:
    session = emulator.session(custom_fields=[field])
    error = emulator.confirm(session, **{"custom-size": value})["error"]
    assert error == {"field": "custom-size", "message": message}


def test_a_plain_form_keeps_what_was_typed(emulator: Running) -> None:
    session = emulator.session(custom_fields=[custom("dropdown", options=SIZES), custom("text", "name")])
    fields = {"email": "jenny@example.com", "custom-size": "l", "custom-name": "", "card-number": "4242424242424242"}
    html = emulator.post(f"/c/pay/{session.id}/confirm", fields).data.decode()
    assert '<option value="l" selected>Large</option>' in html
    assert 'value="jenny@example.com"' in html
    assert "4242424242424242" not in html


@pytest.mark.parametrize(("choice", "stored"), [("yes", "opt_in"), ("", "opt_out")])
def test_consent_to_promotions_is_optional(emulator: Running, choice: str, stored: str) -> None:
    session = emulator.session(consent_collection={"promotions": "auto"})
    assert 'id="promotions"' in page(emulator, session)
    assert "redirect" in emulator.confirm(session, promotions=choice)
    consent = read(emulator, session).consent
    assert (consent.promotions, consent.terms_of_service) == (stored, None)


def test_texts_may_have_markdown(emulator: Running) -> None:
    text = "Read **all** of [our *terms*](https://shop.test/t?a=1&b=2),\nplease: <b>2 * 3 * 4</b> [x](javascript:alert)"
    session = emulator.session(custom_text={"submit": {"message": text}})
    assert (
        'Read <strong>all</strong> of <a href="https://shop.test/t?a=1&amp;b=2" target="_blank" rel="noopener">our '
        "<em>terms</em></a>,<br>please: &lt;b&gt;2 * 3 * 4&lt;/b&gt; [x](javascript:alert)"
    ) in page(emulator, session)


def test_a_quantity_can_be_changed_within_its_limits(emulator: Running) -> None:
    line = {**LINE, "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5}}
    session = emulator.session(line_items=[line, {**LINE, "quantity": 1}])
    (first, second) = read(emulator, session).line_items.data
    html = page(emulator, session)
    assert re.search(rf'id="quantity-{first.id}"[^>]*value="2" min="1" max="5"', html)
    assert f"quantity-{second.id}" not in html
    for wanted in ("0", "6", "two", "-1", "1.5"):
        error = emulator.confirm(session, **{f"quantity-{first.id}": wanted})["error"]
        assert "quantity" in error["message"] or error["message"] == "Enter a whole number."
    assert "can't be 3" in emulator.confirm(session, **{f"quantity-{second.id}": "3"})["error"]["message"]
    assert "redirect" in emulator.confirm(session, **{f"quantity-{first.id}": "5"})
    bought = read(emulator, session)
    assert [item.quantity for item in bought.line_items.data] == [5, 1]
    assert (bought.amount_total, bought.line_items.data[0].amount_total) == (6000, 5000)


def test_an_item_can_be_removed_but_not_the_last_one(emulator: Running) -> None:
    line = {**LINE, "adjustable_quantity": {"enabled": True}}
    session = emulator.session(line_items=[line, line])
    (first, second) = (item.id for item in read(emulator, session).line_items.data)
    emulator.post(f"/c/pay/{session.id}", {f"quantity-{first}": "0"})
    assert [item.id for item in read(emulator, session).line_items.data] == [second]
    error = emulator.confirm(session, **{f"quantity-{second}": "0"})["error"]
    assert error["message"] == "At least one item must remain in the order."
    emulator.post(f"/c/pay/{session.id}", {f"quantity-{first}": "1", f"quantity-{second}": "0"})
    assert "redirect" in emulator.confirm(session)
    assert [(item.id, item.quantity) for item in read(emulator, session).line_items.data] == [(first, 1)]


def test_optional_items_are_bought_only_if_added(emulator: Running) -> None:
    client = emulator.client().v1
    price = client.prices.create({"currency": "usd", "unit_amount": 300, "product_data": {"name": "Gift wrap"}}).id
    card = client.prices.create({"currency": "usd", "unit_amount": 100, "product_data": {"name": "Card"}}).id
    options = [
        {"price": price, "quantity": 1},
        {"price": card, "quantity": 2, "adjustable_quantity": {"enabled": True, "minimum": 2, "maximum": 4}},
    ]
    session = emulator.session(optional_items=options)
    assert session.optional_items
    assert [item.price for item in session.optional_items] == [price, card]
    assert len(read(emulator, session).line_items.data) == 1
    wrap, cards = re.findall(r'name="add" value="(li_\w+)"', page(emulator, session))
    path = f"/c/pay/{session.id}"
    assert "Pay $23.00" in emulator.post(path, {"add": wrap}).data.decode()
    assert "Pay $25.00" in emulator.post(path, {"add": cards}).data.decode()
    assert "Pay $27.00" in emulator.post(path, {f"quantity-{cards}": "4"}).data.decode()
    assert "Pay $24.00" in emulator.post(path, {"remove": wrap}).data.decode()
    assert "redirect" in emulator.confirm(session)
    bought = read(emulator, session)
    assert [(item.description, item.quantity) for item in bought.line_items.data] == [("T-shirt", 2), ("Card", 4)]
    assert (bought.amount_total, len(bought.optional_items)) == (2400, 2)


def test_the_amount_of_a_declined_payment_follows_the_order(emulator: Running) -> None:
    line = {**LINE, "adjustable_quantity": {"enabled": True}}
    session = emulator.session(line_items=[line])
    (item,) = read(emulator, session).line_items.data
    emulator.confirm(session, **{"card-number": "4000000000000002"})
    assert "redirect" in emulator.confirm(session, **{f"quantity-{item.id}": "1"})
    (charge,) = (each for each in emulator.client().v1.charges.list().data if each.paid)
    assert charge.amount == 1000


def test_an_authentication_of_another_amount_is_not_a_payment(emulator: Running) -> None:
    line = {**LINE, "adjustable_quantity": {"enabled": True}}
    session = emulator.session(line_items=[line])
    (item,) = read(emulator, session).line_items.data
    assert emulator.confirm(session, **{"card-number": "4000000000003220"}) == {"redirect": "authenticate"}
    emulator.post(f"/c/pay/{session.id}", {f"quantity-{item.id}": "5"})
    emulator.post(f"/c/pay/{session.id}/authenticate", {"outcome": "complete"})
    assert read(emulator, session).status == "open"
    assert emulator.client().v1.charges.list().data == []
    emulator.confirm(session, **{"card-number": "4000000000003220"})
    emulator.post(f"/c/pay/{session.id}/authenticate", {"outcome": "complete"})
    (charge,) = emulator.client().v1.charges.list().data
    assert (charge.amount, read(emulator, session).amount_total) == (5000, 5000)


INVALID: list[tuple[dict[str, Any], str, str]] = [
    ({"custom_fields": [custom("text"), custom("numeric")]}, "custom_fields", "unique `key`"),
    ({"custom_fields": [custom("text", "a b")]}, "custom_fields[0][key]", "letters, digits and underscores"),
    ({"custom_fields": [custom("dropdown")]}, "custom_fields[0][dropdown]", "Missing required param"),
    ({"custom_fields": [custom("text", str(key)) for key in range(4)]}, "custom_fields", "maximum 3"),
    (
        {"line_items": [{**LINE, "quantity": 100, "adjustable_quantity": {"enabled": True}}]},
        "line_items[0][quantity]",
        "between `minimum`",
    ),
    (
        {"line_items": [{**LINE, "adjustable_quantity": {"enabled": True, "minimum": 5, "maximum": 4}}]},
        "line_items[0][adjustable_quantity][minimum]",
        "less than or equal to `maximum`",
    ),
    ({"optional_items": [{"price": "price_none", "quantity": 1}]}, "optional_items[0][price]", "No such price"),
]


@pytest.mark.parametrize(("params", "param", "message"), INVALID)
def test_invalid_fields_and_quantities_are_refused(
    emulator: Running, params: dict[str, Any], param: str, message: str
) -> None:
    error = refused(emulator, **params)
    assert error.param == param
    assert message in str(error.user_message)


@pytest.mark.parametrize("name", [" ", "\t", "\u00a0"])
def test_a_products_name_is_not_blank(emulator: Running, name: str) -> None:
    price = {**LINE["price_data"], "product_data": {"name": name}}
    assert refused(emulator, line_items=[{"price_data": price, "quantity": 1}]).code == "parameter_invalid_empty"
    with pytest.raises(stripe.InvalidRequestError):
        emulator.client().v1.products.create({"name": name})
    assert emulator.client().v1.products.create({"name": " Tea "}).name == "Tea"
