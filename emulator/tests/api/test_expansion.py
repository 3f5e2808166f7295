"""`expand[]`: every documented field expands, or is null."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stripe_emulator.resources import RESOURCES
from support import expandable
from support.running import SESSION, Running

FIELDS: dict[str, dict[str, str]] = json.loads(expandable.FILE.read_text())


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with Running() as running:
        yield running


@pytest.fixture(scope="module")
def objects(shared: Running) -> dict[str, tuple[str, str]]:
    """Return an object's path by kind, and the position of the kind in its response."""
    client = shared.client().v1
    coupon = client.coupons.create({"percent_off": 10})
    params: Any = {"source": "tok_visa", "coupon": coupon.id}
    customer = client.customers.create(params)
    client.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    client.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False})
    client.invoice_items.create({"customer": customer.id, "amount": 500, "currency": "usd"})
    post = {"display_name": "Post", "fixed_amount": {"amount": 500, "currency": "usd"}}
    session = shared.paid(
        "4000000000000259",
        customer=customer.id,
        discounts=[{"coupon": coupon.id}],
        shipping_options=[{"shipping_rate_data": post}],
        invoice_creation={"enabled": True},
    )
    shared.paid("4000000000005423")
    shared.api("POST", "/v1/refunds", {"charge": shared.api("GET", "/v1/charges").json()["data"][0]["id"]})
    monthly = {"currency": "usd", "unit_amount": 100, "recurring": {"interval": "month"}}
    price = client.prices.create({**monthly, "product_data": {"name": "A"}})  # type: ignore[typeddict-item]
    wanted = {"customer": customer.id, "items[0][price]": price.id}
    subscription = shared.api("POST", "/v1/subscriptions", wanted).json()["id"]
    client.webhook_endpoints.create({"url": "http://127.0.0.1:1", "enabled_events": ["topup.failed"]})
    found = {
        "item": (f"/v1/checkout/sessions/{session.id}", "line_items.data."),
        "line_item": (f"/v1/invoices/{session.invoice}/lines", "data."),
        "discount": (f"/v1/customers/{customer.id}", "discount."),
        "subscription_item": (f"/v1/subscriptions/{subscription}", "items.data."),
        "plan": (f"/v1/subscriptions/{subscription}", "items.data.plan."),
        "card": (f"/v1/customers/{customer.id}/sources/{customer.default_source}", ""),
        "customer": (f"/v1/customers/{customer.id}", ""),
        "checkout.session": (f"/v1/checkout/sessions/{session.id}", ""),
        "payment_method": ("/v1/payment_methods/pm_card_visa", ""),
        "mandate": (f"/v1/mandates/{mandate(shared)}", ""),
        "balance": ("/v1/balance", ""),
        "account": ("/v1/account", ""),
    }
    for each in RESOURCES:
        if each.list and each.kind not in found:
            found[each.kind] = (f"{each.path}/{shared.api('GET', each.path).json()['data'][0]['id']}", "")
    return found


def mandate(emulator: Running) -> str:
    price = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}}
    session = emulator.session(line_items=[{"price_data": price, "quantity": 1}])
    emulator.confirm(session, method="sepa_debit", iban="AT611904300234573201", **{"account-name": "Jenny Rosen"})
    (charge,) = emulator.api("GET", "/v1/charges", {"limit": 1}).json()["data"]
    return str(charge["payment_method_details"]["sepa_debit"]["mandate"])


def cases() -> list[tuple[str, str]]:
    fields = [(kind, path) for kind, paths in FIELDS.items() for path in paths]
    return fields + [(each.kind, path) for each in RESOURCES for path in each.included]


def look(data: Any, path: str) -> list[Any]:
    """Return the values at the path, for each element of lists."""
    found = [data]
    for part in path.split("."):
        found = [each[part] for each in found if isinstance(each, dict) and part in each]
        found = [inner for each in found for inner in (each if isinstance(each, list) else [each])]
    return found


def test_the_table_matches_the_official_package() -> None:
    assert expandable.FILE.read_text() == expandable.text(), expandable.__doc__
    assert sum(map(len, FIELDS.values())) > 90


@pytest.mark.parametrize(("kind", "path"), cases())
def test_a_documented_field_expands_or_is_null(
    shared: Running, objects: dict[str, tuple[str, str]], kind: str, path: str
) -> None:
    url, prefix = objects[kind]
    answer = shared.api("GET", url, {"expand[]": prefix + path})
    assert answer.status == 200, answer.data
    assert [each for each in look(answer.json(), prefix + path) if isinstance(each, str)] == []


@pytest.mark.parametrize(
    "path", ["amount_total", "nonsense", "customer.nonsense", "total_details.amount_tax", "line_items.data.quantity"]
)
def test_another_field_is_refused(shared: Running, objects: dict[str, tuple[str, str]], path: str) -> None:
    answer = shared.api("GET", objects["checkout.session"][0], {"expand[]": path})
    assert (answer.status, answer.json()["error"]["param"]) == (400, "expand")
    assert path in answer.json()["error"]["message"]


def test_discounts_are_shown_by_session_and_line(shared: Running) -> None:
    client = shared.client().v1
    coupon = client.coupons.create({"percent_off": 25})
    line = SESSION["line_items"][0]
    session = shared.session(discounts=[{"coupon": coupon.id}], line_items=[line, {**line, "quantity": 1}])
    fields: Any = ["total_details.breakdown", "line_items.data.discounts", "line_items.data.taxes"]
    found = client.checkout.sessions.retrieve(session.id, {"expand": fields})
    assert found.line_items
    assert found.total_details
    assert found.total_details.breakdown
    (whole,) = found.total_details.breakdown.discounts
    assert whole.amount == found.total_details.amount_discount == 750
    lines = [each for line in found.line_items.data for each in line.discounts or []]
    assert [each.amount for each in lines] == [500, 250]
    assert {each.discount.id for each in lines} == {whole.discount.id}
    assert whole.discount.source.coupon == coupon.id
    assert [line.taxes for line in found.line_items.data] == [[], []]
    deeper: Any = ["total_details.breakdown.discounts.discount"]
    assert client.checkout.sessions.retrieve(session.id, {"expand": deeper}).total_details == found.total_details
