"""Shipping rates, the buyer's choice, and the fields of each country's addresses."""

from typing import Any

import pytest
import stripe

from support.running import Running

AMOUNT = {"amount": 500, "currency": "usd"}


def inline(name: str, amount: int, **more: Any) -> dict[str, Any]:
    rate = {"display_name": name, "type": "fixed_amount", "fixed_amount": {"amount": amount, "currency": "usd"}}
    return {"shipping_rate_data": {**rate, **more}}


def page(emulator: Running, session: stripe.checkout.Session) -> str:
    return emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}").data.decode()


def test_a_rate_is_created_updated_and_listed(emulator: Running) -> None:
    rates = emulator.client().v1.shipping_rates
    rate = rates.create({"display_name": "Post", "type": "fixed_amount", "fixed_amount": AMOUNT})  # type: ignore[typeddict-item]
    assert rate.fixed_amount
    assert (rate.active, rate.fixed_amount.amount, rate.tax_behavior) == (True, 500, "unspecified")
    assert rates.update(rate.id, {"active": False}).active is False
    assert [each.id for each in rates.list({"active": False, "currency": "usd"}).data] == [rate.id]
    assert rates.list({"currency": "eur"}).data == []
    assert emulator.events() == []


def test_the_first_option_is_chosen_at_first(emulator: Running) -> None:
    session = emulator.session(
        shipping_options=[inline("Post", 500), inline("Courier", 1500)], expand=["shipping_cost.shipping_rate"]
    )
    assert session.shipping_cost
    assert (session.shipping_cost.amount_subtotal, session.shipping_cost.amount_total) == (500, 500)
    assert isinstance(session.shipping_cost.shipping_rate, stripe.ShippingRate)
    assert session.shipping_cost.shipping_rate.display_name == "Post"
    assert (session.amount_subtotal, session.amount_total) == (2000, 2500)
    assert session.total_details
    assert session.total_details.amount_shipping == 500


def test_the_buyer_chooses_a_rate(emulator: Running) -> None:
    times = {"minimum": {"unit": "business_day", "value": 1}, "maximum": {"unit": "business_day", "value": 3}}
    session = emulator.session(shipping_options=[inline("Post", 0), inline("Courier", 1500, delivery_estimate=times)])
    html = page(emulator, session)
    for text in ("Post", "Free", "Courier", "$15.00", "1–3 business days", "Shipping (Post)"):
        assert text in html
    courier = session.shipping_options[1]
    assert courier.shipping_amount == 1500
    assert (
        "Pay $35.00"
        in emulator.post(f"/c/pay/{session.id}", {"shipping_rate": str(courier.shipping_rate)}).data.decode()
    )
    assert "redirect" in emulator.confirm(session)
    bought = emulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert bought.shipping_cost
    assert (bought.shipping_cost.shipping_rate, bought.amount_total) == (courier.shipping_rate, 3500)
    assert isinstance(bought.payment_intent, stripe.PaymentIntent)
    assert bought.payment_intent.amount_received == 3500


def test_another_rate_can_not_be_chosen(emulator: Running) -> None:
    other = emulator.session(shipping_options=[inline("Free", 0)]).shipping_options[0].shipping_rate
    session = emulator.session(shipping_options=[inline("Post", 500), inline("Courier", 1500)])
    error = emulator.confirm(session, shipping_rate=str(other))["error"]
    assert error == {"field": "shipping_rate", "message": "Choose one of the shipping methods."}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"active": False}, "is archived"),
        ({"fixed_amount": {"amount": 500, "currency": "eur"}}, "the line items are in usd"),
    ],
)
def test_a_rate_fits_the_session(emulator: Running, change: dict[str, Any], message: str) -> None:
    rates = emulator.client().v1.shipping_rates
    params: Any = {"display_name": "Post", "fixed_amount": change.get("fixed_amount", AMOUNT)}
    rate = rates.create(params)
    if "active" in change:
        rates.update(rate.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match=message) as caught:
        emulator.session(shipping_options=[{"shipping_rate": rate.id}])
    assert caught.value.param == "shipping_options[0]"


def test_the_payment_shows_where_it_is_shipped(emulator: Running) -> None:
    session = emulator.session(shipping_address_collection={"allowed_countries": ["US"]})
    address = {"line1": "1 Main St", "city": "Austin", "state": "TX", "postal_code": "73301", "country": "US"}
    fields = {f"shipping-{part}": text for part, text in address.items()}
    assert "redirect" in emulator.confirm(session, **fields, **{"shipping-name": "Ada"})
    found = emulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert isinstance(found.payment_intent, stripe.PaymentIntent)
    shipping: Any = found.payment_intent.shipping
    assert (shipping.name, shipping.address.to_dict()) == ("Ada", {**address, "line2": None})


# A country, its fields besides street and city, and the field that is refused.
ADDRESSES = [
    ("US", {"state": "TX", "postal_code": "73301"}, None),
    ("US", {"state": "Texas", "postal_code": "73301"}, "state"),
    ("US", {"postal_code": "73301"}, "state"),
    ("US", {"state": "TX", "postal_code": "7330"}, "postal_code"),
    ("CA", {"state": "ON", "postal_code": "M5V 2T6"}, None),
    ("CA", {"state": "ON", "postal_code": "73301"}, "postal_code"),
    ("JP", {"state": "Tokyo", "postal_code": "100-0001"}, None),
    ("GB", {"postal_code": "sw1a 1aa"}, None),
    ("AT", {"postal_code": "1010"}, None),
    ("AT", {}, "postal_code"),
    ("HK", {"state": "Central"}, None),
    ("QA", {}, None),
    ("DE", {"postal_code": "10115"}, "country"),
]


@pytest.mark.parametrize(("country", "more", "refused"), ADDRESSES)
def test_an_address_has_the_fields_of_its_country(
    emulator: Running, country: str, more: dict[str, str], refused: str | None
) -> None:
    allowed = ["US", "CA", "JP", "GB", "AT", "HK", "QA"]
    session = emulator.session(shipping_address_collection={"allowed_countries": allowed})
    given = {"name": "Ada", "line1": "1 Main St", "city": "Town", "country": country, **more}
    answer = emulator.confirm(session, **{f"shipping-{part}": text for part, text in given.items()})
    if refused:
        assert answer["error"]["field"] == f"shipping-{refused}"
    else:
        assert "redirect" in answer


def test_the_page_has_the_fields_of_the_chosen_country(emulator: Running) -> None:
    session = emulator.session(shipping_address_collection={"allowed_countries": ["AT", "US", "HK"]})
    html = page(emulator, session)
    assert "ZIP code" in html
    assert '<option value="TX">Texas</option>' in html
    for country, label, other in (("AT", "Postal code", "ZIP code"), ("HK", "District", "shipping-postal_code")):
        html = emulator.post(f"/c/pay/{session.id}", {"shipping-country": country}).data.decode()
        assert label in html
        assert other not in html
