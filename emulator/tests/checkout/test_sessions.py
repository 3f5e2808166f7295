"""`/v1/checkout/sessions`."""

import time
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from support.running import SESSION, Running


def create(emulator: Running, **more: Any) -> stripe.checkout.Session:
    return emulator.session(**more)


def error_of(emulator: Running, **more: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(emulator, **more)
    return caught.value


def line(**price: Any) -> dict[str, Any]:
    data = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Mug"}, **price}
    return {"price_data": {key: value for key, value in data.items() if value is not None}, "quantity": 1}


def test_a_new_session_is_open_and_unpaid(emulator: Running) -> None:
    session = create(emulator, client_reference_id="order-1", metadata={"order": "1"})
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_subtotal, session.amount_total, session.currency) == (2000, 2000, "usd")
    assert session.client_reference_id == "order-1"
    assert session.metadata
    assert session.metadata.to_dict() == {"order": "1"}
    assert session.livemode is False
    assert session.id.startswith("cs_test_")
    assert abs(session.expires_at - time.time() - 24 * 3600) < 10


def test_the_url_uses_the_requests_host(emulator: Running) -> None:
    assert create(emulator).url.startswith(f"{emulator.url}/c/pay/cs_test_")  # type: ignore[union-attr]
    listed = emulator.api("GET", "/v1/checkout/sessions", {"limit": 1}).json()["data"][0]
    assert listed["url"].endswith(listed["id"])


def test_a_session_uses_a_stored_price(emulator: Running) -> None:
    client = emulator.client()
    product = client.v1.products.create(
        {"name": "Lamp", "default_price_data": {"currency": "eur", "unit_amount": 4500}}
    )
    price = str(product.default_price)
    session = create(emulator, line_items=[{"price": price, "quantity": 3}])
    assert (session.amount_total, session.currency) == (13500, "eur")
    items = client.v1.checkout.sessions.line_items.list(session.id)
    assert [(item.description, item.quantity, item.amount_total) for item in items.data] == [("Lamp", 3, 13500)]
    assert items.data[0].price
    assert items.data[0].price.id == price


def test_line_items_are_included_when_expanded(emulator: Running) -> None:
    session = create(emulator, line_items=[line(), line(unit_amount=250)])
    assert "line_items" not in session
    expanded = emulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert expanded.line_items
    assert [item.amount_total for item in expanded.line_items.data] == [1000, 250]


def test_line_items_are_paged(emulator: Running) -> None:
    session = create(emulator, line_items=[line(unit_amount=100 + number) for number in range(12)])
    listing = emulator.client().v1.checkout.sessions.line_items.list(session.id, {"limit": 5})
    assert listing.has_more
    assert [item.amount_total for item in listing.auto_paging_iter()] == [100 + number for number in range(12)]


def test_line_items_are_paged_backward(emulator: Running) -> None:
    session = create(emulator, line_items=[line(unit_amount=100 + number) for number in range(12)])
    line_items = emulator.client().v1.checkout.sessions.line_items
    items = line_items.list(session.id, {"limit": 20}).data
    before = line_items.list(session.id, {"limit": 3, "ending_before": items[5].id})
    assert ([item.id for item in before.data], before.has_more) == ([item.id for item in items[2:5]], True)
    first = line_items.list(session.id, {"ending_before": items[5].id})
    assert ([item.id for item in first.data], first.has_more) == ([item.id for item in items[:5]], False)


def test_an_unknown_line_item_cursor_is_refused(emulator: Running) -> None:
    session = create(emulator)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.client().v1.checkout.sessions.line_items.list(session.id, {"starting_after": "li_none"})
    assert (caught.value.code, caught.value.param) == ("resource_missing", "starting_after")


def test_expanded_line_items_are_limited_to_ten(emulator: Running) -> None:
    session = create(emulator, line_items=[line()] * 11, expand=["line_items"])
    assert session.line_items
    assert (len(session.line_items.data), session.line_items.has_more) == (10, True)


def test_an_inline_price_is_archived(emulator: Running) -> None:
    session = create(emulator)
    items = emulator.client().v1.checkout.sessions.line_items.list(session.id)
    price = items.data[0].price
    assert price
    stored = emulator.client().v1.prices.retrieve(price.id, {"expand": ["product"]})
    assert stored.active is False
    assert isinstance(stored.product, stripe.Product)
    assert (stored.product.name, stored.product.active) == ("T-shirt", False)


def test_fractional_amounts_are_rounded_once_per_line(emulator: Running) -> None:
    half = {**line(unit_amount=None, unit_amount_decimal="10.5"), "quantity": 11}
    assert create(emulator, line_items=[half]).amount_total == 116


def test_zero_decimal_amounts_are_not_scaled(emulator: Running) -> None:
    assert create(emulator, line_items=[line(currency="jpy", unit_amount=500)]).amount_total == 500


def test_a_free_session_needs_no_payment(emulator: Running) -> None:
    session = create(emulator, line_items=[line(unit_amount=0)])
    assert (session.payment_status, session.amount_total) == ("no_payment_required", 0)


def test_a_coupon_is_subtracted(emulator: Running) -> None:
    coupon = emulator.client().v1.coupons.create({"percent_off": 25})
    session = create(emulator, discounts=[{"coupon": coupon.id}], line_items=[line(), line(unit_amount=333)])
    assert (session.amount_subtotal, session.amount_total) == (1333, 1000)
    assert session.total_details
    assert session.total_details.amount_discount == 333


@pytest.mark.parametrize(
    ("currency", "amount", "smallest"),
    [("usd", 49, "$0.50"), ("jpy", 49, "¥50"), ("krw", 49, "₩50"), ("gbp", 29, "£0.30"), ("ugx", 99, "UGX\u00a01")],
)
def test_a_total_below_the_minimum_is_refused(emulator: Running, currency: str, amount: int, smallest: str) -> None:
    error = error_of(emulator, line_items=[line(currency=currency, unit_amount=amount)])
    assert error.code == "amount_too_small"
    assert f"must add up to at least {smallest} {currency}" in str(error.user_message)


def test_a_total_above_the_maximum_is_refused(emulator: Running) -> None:
    assert error_of(emulator, line_items=[line(unit_amount=100_000_000)]).code == "amount_too_large"


def test_the_maximum_depends_on_the_currency(emulator: Running) -> None:
    assert create(emulator, line_items=[line(currency="idr", unit_amount=150_000_000)]).amount_total == 150_000_000


@pytest.mark.parametrize(("currency", "amount", "step"), [("ugx", 550, 100), ("isk", 550, 100), ("kwd", 5125, 10)])
def test_fractions_of_the_smallest_unit_are_refused(emulator: Running, currency: str, amount: int, step: int) -> None:
    error = error_of(emulator, line_items=[line(currency=currency, unit_amount=amount)])
    assert f"evenly divisible by {step}" in str(error.user_message)


@pytest.mark.parametrize(
    ("change", "param", "message"),
    [
        ({"mode": None}, "mode", "Missing required param: mode."),
        ({"mode": "subscription"}, "mode", "does not support `mode=subscription`."),
        ({"success_url": None}, "success_url", "Missing required param: success_url."),
        ({"success_url": "not a url"}, "success_url", "Not a valid URL"),
        ({"line_items": None}, "line_items", "The `line_items` parameter is required in payment mode."),
        ({"customer_email": "nobody"}, "customer_email", "Invalid email address: nobody"),
        (
            {"payment_method_types": ["klarna"]},
            "payment_method_types[0]",
            "does not support `payment_method_types[0]=klarna`",
        ),
        ({"subscription_data": {"description": "x"}}, "subscription_data", "does not support `subscription_data`"),
        ({"color": "red"}, "color", "Received unknown parameter: color"),
        ({"sucess_url": "x"}, "sucess_url", "Did you mean success_url?"),
        ({"return_url": "https://shop.test"}, "return_url", "`return_url` can not be used"),
        ({"client_reference_id": "x" * 201}, "client_reference_id", "must be at most 200 characters"),
    ],
)
def test_invalid_parameters_are_refused_by_name(
    emulator: Running, change: dict[str, Any], param: str, message: str
) -> None:
    params: Any = {name: value for name, value in {**SESSION, **change}.items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError, match="Request req_") as caught:
        emulator.client().v1.checkout.sessions.create(params)
    assert caught.value.param == param
    assert message in str(caught.value.user_message)


@pytest.mark.parametrize(
    ("item", "param", "message"),
    [
        ({"quantity": 1}, "line_items[0]", "You must provide one of `price` or `price_data`"),
        ({"price": "price_none", "quantity": 1}, "line_items[0][price]", "No such price: 'price_none'"),
        ({"price": "price_none"}, "line_items[0][quantity]", "Quantity is required"),
        (line(currency="xyz"), "line_items[0][price_data][currency]", "Invalid currency: xyz"),
        (line(currency=None), "line_items[0][price_data][currency]", "Missing required param"),
        (line(unit_amount=None), "line_items[0][price_data]", "Prices require an `unit_amount`"),
        (line(unit_amount="1.5"), "line_items[0][price_data][unit_amount]", "Invalid integer: 1.5"),
        (line(unit_amount=-1), "line_items[0][price_data][unit_amount]", "greater than or equal to 0"),
        (line(product_data={}), "line_items[0][price_data]", "You must specify either `product` or `product_data`"),
        (
            line(product_data={"name": ""}),
            "line_items[0][price_data][product_data][name]",
            "You passed an empty string",
        ),
        ({**line(), "quantity": 0}, "line_items[0][quantity]", "greater than or equal to 1"),
    ],
)
def test_invalid_line_items_are_refused_by_name(emulator: Running, item: Any, param: str, message: str) -> None:
    error = error_of(emulator, line_items=[item])
    assert error.param == param
    assert message in str(error.user_message)


def test_mixed_currencies_are_refused(emulator: Running) -> None:
    assert error_of(emulator, line_items=[line(), line(currency="eur")]).param == "line_items"


def test_archived_prices_and_products_are_refused(emulator: Running) -> None:
    client = emulator.client()
    product = client.v1.products.create({"name": "Old"})
    price = client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 900})
    client.v1.products.update(product.id, {"active": False})
    assert "inactive" in str(error_of(emulator, line_items=[{"price": price.id, "quantity": 1}]).user_message)
    client.v1.products.update(product.id, {"active": True})
    client.v1.prices.update(price.id, {"active": False})
    assert "inactive" in str(error_of(emulator, line_items=[{"price": price.id, "quantity": 1}]).user_message)


@pytest.mark.parametrize("seconds", [29 * 60 - 120, 24 * 3600 + 180])
def test_expires_at_must_be_within_its_limits(emulator: Running, seconds: int) -> None:
    assert error_of(emulator, expires_at=int(time.time()) + seconds).param == "expires_at"
    create(emulator, expires_at=int(time.time()) + 31 * 60)


def test_the_customer_must_exist_without_an_email(emulator: Running) -> None:
    assert error_of(emulator, customer="cus_none").code == "resource_missing"
    customer = emulator.client().v1.customers.create({"email": "a@example.com"})
    assert create(emulator, customer=customer.id).customer == customer.id
    error = error_of(emulator, customer=customer.id, customer_email="a@example.com")
    assert "You may only specify one of these parameters" in str(error.user_message)


def test_an_unknown_session_is_a_404(emulator: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.client().v1.checkout.sessions.retrieve("cs_test_none")
    error = caught.value
    assert (error.http_status, error.code, error.param) == (404, "resource_missing", "session")
    assert error.user_message == "No such checkout.session: cs_test_none"


def test_a_sessions_metadata_can_be_updated(emulator: Running) -> None:
    session = create(emulator, metadata={"a": "1", "b": "2"})
    updated = emulator.client().v1.checkout.sessions.update(session.id, {"metadata": {"a": "", "c": "3"}})
    assert updated.metadata
    assert updated.metadata.to_dict() == {"b": "2", "c": "3"}


def test_only_an_open_session_can_be_expired(emulator: Running) -> None:
    client = emulator.client()
    session = create(emulator)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions with a status in"):
        client.v1.checkout.sessions.expire(session.id)
    assert emulator.events() == ["checkout.session.expired"]


def test_sessions_expire_by_the_clock(emulator: Running) -> None:
    session = create(emulator)
    paid = emulator.paid()
    emulator.advance(24 * 3600 + 1)
    client = emulator.client()
    expired = client.v1.checkout.sessions.retrieve(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert client.v1.checkout.sessions.retrieve(paid.id).status == "complete"
    assert emulator.events(type="checkout.session.expired") == ["checkout.session.expired"]


def test_sessions_are_listed_newest_first_and_filtered(emulator: Running) -> None:
    client = emulator.client()
    paid = emulator.paid()
    others = [create(emulator).id for _ in range(2)]
    assert [session.id for session in client.v1.checkout.sessions.list().data] == [*reversed(others), paid.id]
    intent = paid.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    by_intent = client.v1.checkout.sessions.list({"payment_intent": intent.id})
    assert [session.id for session in by_intent.data] == [paid.id]
    complete = client.v1.checkout.sessions.list({"status": "complete"})
    assert [session.id for session in complete.data] == [paid.id]
    by_email = client.v1.checkout.sessions.list({"customer_details": {"email": "jenny@example.com"}})
    assert [session.id for session in by_email.data] == [paid.id]


def test_unnumbered_line_items_keep_their_order(emulator: Running) -> None:
    price = "line_items[][price_data]"
    lines = [
        {f"{price}[currency]": "usd", f"{price}[unit_amount]": amount, f"{price}[product_data][name]": name}
        for amount, name in (("500", "Tea"), ("700", "Mug"))
    ]
    fields = [("mode", "payment"), ("success_url", "https://shop.test/"), ("expand[]", "line_items")]
    fields += [pair for line in lines for pair in (*line.items(), ("line_items[][quantity]", "2"))]
    headers = {"Authorization": "Bearer sk_test_123", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(fields)
    answer = emulator.http.request("POST", f"{emulator.url}/v1/checkout/sessions", body=body, headers=headers).json()
    found = [(line["description"], line["amount_total"]) for line in answer["line_items"]["data"]]
    assert found == [("Tea", 1000), ("Mug", 1400)]
