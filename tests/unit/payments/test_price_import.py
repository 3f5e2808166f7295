"""`manage.py import_prices`, against the real emulator."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from app.payments.models import Order, Product
from app.payments.stripe.catch_up import catch_up
from tests.support.emulator import Emulator
from tests.support.front_door import submit
from tests.unit.payments.admin.staff import log_in, read
from tests.unit.payments.test_create_checkout import checkout

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    printed = StringIO()
    call_command("import_prices", *arguments, stdout=printed)
    return printed.getvalue().splitlines()


def new_price(emulator: Emulator, name: str = "Enamel mug", amount: int = 1800, **fields: Any) -> str:
    product: Any = {"name": name, "description": f"About the {name}"} | fields.pop("product", {})
    made = emulator.stripe.v1.products.create(product)
    params: Any = {"product": made.id, "currency": "usd"} | fields
    if "unit_amount_decimal" not in params:
        params["unit_amount"] = amount
    return emulator.stripe.v1.prices.create(params).id


def catalog() -> dict[str, tuple[str, int, str, str, bool]]:
    return {
        product.sku: (product.name, product.unit_amount, product.currency, product.stripe_price_id, product.active)
        for product in Product.objects.all()
    }


def test_prices_become_products_that_are_sold(client: Client, emulator: Emulator) -> None:
    by_key = new_price(emulator, lookup_key="mug")
    by_metadata = new_price(emulator, "Green tea", 450, currency="eur", product={"metadata": {"sku": "tea"}})
    by_own_metadata = new_price(emulator, "Lamp", 50000, currency="jpy", metadata={"sku": "lamp"})
    by_id = new_price(emulator, "Chair", 9900, lookup_key="no sku: spaces")
    said = run()
    assert catalog() == {
        "mug": ("Enamel mug", 1800, "usd", by_key, True),
        "tea": ("Green tea", 450, "eur", by_metadata, True),
        "lamp": ("Lamp", 50000, "jpy", by_own_metadata, True),
        by_id: ("Chair", 9900, "usd", by_id, True),
    }
    assert Product.objects.get(sku="tea").description == "About the Green tea"
    assert f"created      mug: Enamel mug, 18.00 USD ({by_key})" in said
    assert said[0] == "4 prices read"
    assert said[-1] == "4 created, 0 updated, 0 unchanged, 0 deactivated, 0 skipped"
    order = Order.objects.get(pk=checkout(client, {"items": [{"sku": "lamp", "quantity": 2}]}).json()["order_id"])
    emulator.pay(order.stripe_session_id or "")
    catch_up()
    order.refresh_from_db()
    assert (order.status, order.amount_paid) == ("paid", 100000)


def test_an_import_follows_stripe(emulator: Emulator) -> None:
    Product.objects.create(sku="own", name="Our own", unit_amount=700)
    old, gone = new_price(emulator, lookup_key="mug"), new_price(emulator, "Plate", 1500, lookup_key="plate")
    archived = new_price(emulator, "Bowl", 1600, lookup_key="bowl")
    run()
    assert run()[-1] == "0 created, 0 updated, 3 unchanged, 0 deactivated, 0 skipped"
    api = emulator.stripe.v1
    product = str(api.prices.retrieve(old).product)
    new = api.prices.create(
        {"product": product, "currency": "usd", "unit_amount": 2100, "lookup_key": "mug", "transfer_lookup_key": True}
    )
    api.prices.update(old, {"active": False})
    api.products.update(product, {"name": "Enamel mug, large"})
    api.prices.update(gone, {"active": False})
    api.products.update(str(api.prices.retrieve(archived).product), {"active": False})
    before = catalog()
    assert run("--dry-run")[-1].startswith("0 created, 1 updated, 0 unchanged, 2 deactivated, 1 skipped (dry run")
    assert catalog() == before
    said = run()
    assert catalog() == before | {
        "mug": ("Enamel mug, large", 2100, "usd", new.id, True),
        "plate": ("Plate", 1500, "usd", gone, False),
        "bowl": ("Bowl", 1600, "usd", archived, False),
    }
    assert f"deactivated  plate: {gone} is not active at Stripe" in said
    assert f"skipped      {archived}: its product is archived." in said


def test_what_can_not_be_sold_is_skipped_with_the_reason(emulator: Emulator) -> None:
    recurring = new_price(emulator, "Club", recurring={"interval": "month"})
    fraction = new_price(emulator, "Screw", unit_amount_decimal="0.5")
    cheap = new_price(emulator, "Nail", 10)
    first, second = (new_price(emulator, "Mug", 1800, metadata={"sku": "mug"}) for _ in range(2))
    said = "\n".join(run())
    assert recurring not in said
    assert f"skipped      {fraction}: its amount is not a fixed number of minor units." in said
    assert f"skipped      {cheap}: 0.10 USD is below Stripe's minimum of 0.50 USD." in said
    assert "another price has the SKU mug. Give one of them a lookup key." in said
    assert list(catalog()) == ["mug"]
    assert catalog()["mug"][3] in (first, second)


def test_an_existing_product_adopts_its_price(emulator: Emulator) -> None:
    Product.objects.create(sku="mug", name="Mug", unit_amount=1700)
    price = new_price(emulator, lookup_key="mug")
    assert run()[-1] == "0 created, 1 updated, 0 unchanged, 0 deactivated, 0 skipped"
    assert catalog() == {"mug": ("Enamel mug", 1800, "usd", price, True)}


def test_statements_depend_on_pages_not_on_prices(emulator: Emulator) -> None:
    counts = []
    for number in range(2):
        for index in range(3 + 9 * number):
            new_price(emulator, lookup_key=f"mug-{number}-{index}")
        with CaptureQueriesContext(connection) as queries:
            run()
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 1


def test_an_unreachable_stripe_is_an_error(emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"kind": "error", "status": 401, "path": "/v1/prices"})
    with pytest.raises(CommandError, match="Stripe does not accept the secret key"):
        run()


def test_the_admin_does_not_edit_the_price_of_stripe(client: Client) -> None:
    product = Product.objects.create(sku="mug", name="Mug", unit_amount=1800, stripe_price_id="price_1Abc")
    own = Product.objects.create(sku="own", name="Own", unit_amount=1800)
    log_in(client)
    page = f"/admin/payments/product/{product.pk}/change/"
    assert 'name="unit_amount"' not in read(client, page)
    assert 'name="unit_amount"' in read(client, f"/admin/payments/product/{own.pk}/change/")
    fields = {"sku": "mug", "name": "Mug", "description": "", "stripe_price_id": "prod_1Abc", "active": "on"}
    answer = submit(client, page, fields)
    assert "Enter the id of a Price (price_…), not of a product" in answer.content.decode()
    submit(client, page, fields | {"stripe_price_id": "", "name": "Large mug"})
    product.refresh_from_db()
    assert (product.name, product.unit_amount, product.stripe_price_id) == ("Large mug", 1800, "")
