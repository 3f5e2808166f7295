"""Tax rates on line items, automatic tax by the buyer's place, and tax IDs."""

from typing import Any

import pytest
import stripe

from support.running import SESSION, Running

LINE: dict[str, Any] = SESSION["line_items"][0]


def rate(emulator: Running, percentage: float, *, inclusive: bool = False) -> stripe.TaxRate:
    params: Any = {"display_name": "VAT", "percentage": percentage, "inclusive": inclusive}
    return emulator.client().v1.tax_rates.create(params)


def line(amount: int, currency: str = "usd", **more: Any) -> dict[str, Any]:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Tea"}, **more.pop("price", {})}
    return {"price_data": price, "quantity": 1, **more}


def at(kind: str, country: str, state: str = "", postal_code: str = "") -> dict[str, str]:
    given = {"country": country, "state": state, "postal_code": postal_code}
    return {f"{kind}-{part}": text for part, text in given.items()}


def read(emulator: Running, session: stripe.checkout.Session) -> Any:
    fields: Any = {"expand": ["total_details.breakdown", "line_items.data.taxes", "shipping_cost.taxes"]}
    return emulator.client().v1.checkout.sessions.retrieve(session.id, fields)


def test_a_tax_rate_is_created_and_updated(emulator: Running) -> None:
    made = rate(emulator, 7.1234)
    assert (made.percentage, made.inclusive, made.active) == (7.1234, False, True)
    rates = emulator.client().v1.tax_rates
    assert rates.update(made.id, {"active": False}).active is False
    assert rates.list({"active": True}).data == []
    assert emulator.events() == ["tax_rate.created", "tax_rate.updated"]
    with pytest.raises(stripe.InvalidRequestError, match="at most 4 decimal places"):
        rate(emulator, 7.12345)
    with pytest.raises(stripe.InvalidRequestError, match="archived"):
        emulator.session(line_items=[{**LINE, "tax_rates": [made.id]}])


def test_exclusive_and_inclusive_rates_are_shown_by_line(emulator: Running) -> None:
    on_top, included = rate(emulator, 10), rate(emulator, 25, inclusive=True)
    lines = [line(1000, tax_rates=[on_top.id]), line(1000, tax_rates=[included.id]), line(1000)]
    found = read(emulator, emulator.session(line_items=lines))
    assert [(each.amount_tax, each.amount_total) for each in found.line_items.data] == [
        (100, 1100),
        (200, 1000),
        (0, 1000),
    ]
    assert (found.amount_subtotal, found.total_details.amount_tax, found.amount_total) == (3000, 300, 3100)
    (tax,) = found.line_items.data[1].taxes
    assert (tax.amount, tax.rate.id, tax.taxable_amount) == (200, included.id, 800)
    by_rate = {each.rate.id: (each.amount, each.taxable_amount) for each in found.total_details.breakdown.taxes}
    assert by_rate == {on_top.id: (100, 1000), included.id: (200, 800)}


def test_tax_is_due_after_the_discount(emulator: Running) -> None:
    coupon = emulator.client().v1.coupons.create({"amount_off": 500, "currency": "usd"})
    lines = [line(2000, tax_rates=[rate(emulator, 20).id])]
    found = read(emulator, emulator.session(line_items=lines, discounts=[{"coupon": coupon.id}]))
    assert (found.total_details.amount_discount, found.total_details.amount_tax, found.amount_total) == (500, 300, 1800)


def test_a_lines_price_may_have_a_rate_and_the_page_shows_it(emulator: Running) -> None:
    session = emulator.session(line_items=[line(1000, tax_rates=[rate(emulator, 8.875).id])])
    html = emulator.http.request("GET", f"{emulator.url}/c/pay/{session.id}").data.decode()
    assert "VAT (8.875%)" in html
    assert "Pay $10.89" in html
    paid = emulator.paid(line_items=[line(1000, tax_rates=[rate(emulator, 8.875).id])])
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    assert paid.payment_intent.amount_received == 1089


# A currency and price, a place, and the tax that the table says.
PLACES = [
    ("usd", 2000, ("US", "NY", "10001"), 80),
    ("usd", 2000, ("US", "OR", "97201"), 0),
    ("usd", 2000, ("BS",), 0),
    ("cad", 2000, ("CA", "QC", "H2Y 1C6"), 300),  # 5 % and 9.975 %: 1.00 and 2.00
    ("eur", 2000, ("DE", "", "10115"), 319),  # included
    ("jpy", 2000, ("JP", "Tokyo", "100-0001"), 182),  # included
    ("huf", 1_000_000, ("HU", "", "1011"), 212_598),  # included
]


@pytest.mark.parametrize(("currency", "amount", "place", "tax"), PLACES)
def test_automatic_tax_depends_on_the_place(
    emulator: Running, currency: str, amount: int, place: tuple[str, ...], tax: int
) -> None:
    session = emulator.session(line_items=[line(amount, currency)], automatic_tax={"enabled": True})
    assert (session.automatic_tax.status, session.amount_total) == ("requires_location_inputs", amount)
    on_top = currency in ("usd", "cad")
    assert "redirect" in emulator.confirm(session, **at("billing", *place))
    found = read(emulator, session)
    assert (found.automatic_tax.status, found.total_details.amount_tax) == ("complete", tax)
    assert found.amount_total == amount + (tax if on_top else 0)
    assert found.customer_details.address.country == place[0]
    assert {each.taxability_reason for each in found.total_details.breakdown.taxes} <= {"standard_rated"}
    assert (found.total_details.breakdown.taxes == []) == (tax == 0)


def test_the_tax_behavior_of_a_price_decides(emulator: Running) -> None:
    lines = [
        line(1000, "eur", price={"tax_behavior": "exclusive"}),
        line(1190, "eur", price={"tax_behavior": "inclusive"}),
    ]
    session = emulator.session(line_items=lines, automatic_tax={"enabled": True})
    emulator.post(f"/c/pay/{session.id}", at("billing", "DE"))
    found = read(emulator, session)
    assert [each.amount_tax for each in found.line_items.data] == [190, 190]
    assert (found.amount_subtotal, found.amount_total) == (2190, 2380)


def test_what_is_not_taxable_has_no_tax(emulator: Running) -> None:
    gift = line(1000, price={"product_data": {"name": "Gift card", "tax_code": "txcd_00000000"}})
    session = emulator.session(line_items=[gift, line(1000)], automatic_tax={"enabled": True})
    emulator.post(f"/c/pay/{session.id}", at("billing", "US", "NY"))
    assert [each.amount_tax for each in read(emulator, session).line_items.data] == [0, 40]


def test_shipping_is_taxed_where_it_goes(emulator: Running) -> None:
    post = {"display_name": "Post", "fixed_amount": {"amount": 500, "currency": "usd"}, "tax_behavior": "exclusive"}
    session = emulator.session(
        automatic_tax={"enabled": True},
        shipping_address_collection={"allowed_countries": ["US"]},
        shipping_options=[{"shipping_rate_data": post}],
    )
    emulator.post(f"/c/pay/{session.id}", at("shipping", "US", "TX"))
    found = read(emulator, session)
    assert (found.shipping_cost.amount_tax, found.shipping_cost.amount_total) == (31, 531)
    assert [each.amount for each in found.shipping_cost.taxes] == [31]
    assert (found.total_details.amount_tax, found.total_details.amount_shipping, found.amount_total) == (156, 500, 2656)


def test_a_customer_with_an_address_is_taxed_there(emulator: Running) -> None:
    client = emulator.client().v1
    address: Any = {"country": "US", "state": "CA", "postal_code": "94105"}
    customer = client.customers.create({"email": "ada@example.com", "address": address}).id
    session = emulator.session(customer=customer, automatic_tax={"enabled": True})
    assert (session.automatic_tax.status, session.amount_total) == ("complete", 2145)
    client.customers.update(customer, {"tax_exempt": "exempt"})
    assert emulator.session(customer=customer, automatic_tax={"enabled": True}).amount_total == 2000


def test_a_customer_without_an_address_needs_one(emulator: Running) -> None:
    customer = emulator.client().v1.customers.create({"email": "ada@example.com"}).id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.session(customer=customer, automatic_tax={"enabled": True})
    assert caught.value.code == "customer_tax_location_invalid"
    update = {"address": "auto"}
    session = emulator.session(customer=customer, automatic_tax={"enabled": True}, customer_update=update)
    assert "redirect" in emulator.confirm(session, **at("billing", "US", "NY", "10001"))
    assert read(emulator, session).amount_total == 2080


def test_a_tax_id_is_collected_with_the_business(emulator: Running) -> None:
    session = emulator.session(tax_id_collection={"enabled": True}, billing_address_collection="required")
    address = {"line1": "1 Main St", "city": "Vienna", "postal_code": "1010", "country": "AT"}
    fields = {f"billing-{part}": text for part, text in address.items()}
    html = emulator.post(f"/c/pay/{session.id}", fields).data.decode()
    assert "ATU12345678" in html
    wrong = emulator.confirm(session, **fields, **{"tax-id": "ATU1234567", "business-name": "Tea Ltd"})["error"]
    assert (wrong["field"], wrong["message"]) == ("tax-id", "Enter a tax ID in this format: ATU12345678")
    assert emulator.confirm(session, **fields, **{"tax-id": "ATU12345678"})["error"]["field"] == "business-name"
    assert "redirect" in emulator.confirm(session, **fields, **{"tax-id": "atu12345678", "business-name": "Tea Ltd"})
    details = read(emulator, session).customer_details
    assert (details.business_name, details.name) == ("Tea Ltd", "Jenny Rosen")
    assert [each.to_dict() for each in details.tax_ids] == [{"type": "eu_vat", "value": "ATU12345678"}]


def test_a_tax_id_may_be_required(emulator: Running) -> None:
    session = emulator.session(
        tax_id_collection={"enabled": True, "required": "if_supported"}, automatic_tax={"enabled": True}
    )
    assert emulator.confirm(session, **at("billing", "US", "NY", "10001"))["error"]["field"] == "tax-id"
    assert "redirect" in emulator.confirm(session, **at("billing", "BS"))
