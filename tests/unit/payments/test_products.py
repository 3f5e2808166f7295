"""`GET /api/products/`, the OpenAPI document, the catalog's rules and its commands."""

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from app.payments.currencies import CURRENCIES, format_amount
from app.payments.models import Product
from tests.support.front_door import submit

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def test_active_products_are_listed_with_their_prices(client: Client) -> None:
    Product.objects.create(sku="mug", name="Mug", description="Enamel.", unit_amount=1800)
    Product.objects.create(sku="retired", name="Retired", unit_amount=100, active=False)
    mug = {"sku": "mug", "name": "Mug", "description": "Enamel.", "unit_amount": 1800, "currency": "usd"}
    mug |= {"currency_digits": 2}
    assert client.get("/api/products/").json() == {"products": [mug], "default_sku": "default"}


def test_seed_demo_uses_the_settings_and_never_overwrites(settings: Settings) -> None:
    settings.DEFAULT_PRODUCT_NAME, settings.DEFAULT_PRODUCT_AMOUNT = "Ticket", 4200
    call_command("seed_demo", verbosity=0)
    Product.objects.filter(sku="default").update(unit_amount=1)
    call_command("seed_demo", verbosity=0)
    product = Product.objects.get(sku="default")
    assert (product.name, product.unit_amount) == ("Ticket", 1)


def test_the_demo_products_fit_every_currency() -> None:
    prices = {}
    for currency in CURRENCIES:
        Product.objects.all().delete()
        price = 100 * CURRENCIES[currency].minimum
        Product.objects.create(sku="default", name="Ticket", unit_amount=price, currency=currency)
        call_command("seed_demo", verbosity=0)
        assert set(Product.objects.values_list("sku", "currency")) == {
            (sku, currency) for sku in ("default", "mug", "notebook", "stickers")
        }
        mug = Product.objects.get(sku="mug")
        prices[currency] = format_amount(mug.unit_amount, currency)
    assert [prices[code] for code in ("usd", "huf", "jpy", "kwd", "ugx")] == [
        "18.00 USD",
        "1800.00 HUF",
        "1800 JPY",
        "1.800 KWD",
        "180 UGX",
    ]


def test_an_unknown_currency_does_not_stop_the_start() -> None:
    Product.objects.create(sku="default", name="Ticket", unit_amount=1800)
    Product.objects.update(currency="xyz")  # as an older version stored it
    call_command("seed_demo", verbosity=0)
    assert Product.objects.get(sku="mug").currency == "usd"


def test_the_openapi_document_lists_every_path(client: Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert set(paths) == {"/api/checkout/", "/api/orders/{order_id}/", "/api/products/"}


def test_the_docs_page_loads_no_external_files(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    assert "/static/ninja/swagger-ui-bundle.js" in page
    assert "//" not in page.replace("/// ", "")


@pytest.mark.parametrize(
    ("currency", "amount", "digits"),
    [("usd", 1800, 2), ("jpy", 500, 0), ("kwd", 5120, 3), ("ugx", 500, 2), ("idr", 150_000_000, 2), ("huf", 17500, 2)],
)
def test_the_api_returns_stripes_decimals(client: Client, currency: str, amount: int, digits: int) -> None:
    Product.objects.create(sku="mug", name="Mug", unit_amount=amount, currency=currency)
    listed = next(each for each in client.get("/api/products/").json()["products"] if each["sku"] == "mug")
    assert (listed["unit_amount"], listed["currency"], listed["currency_digits"]) == (amount, currency, digits)


@pytest.mark.parametrize("currency", ["EUR", "Eur", " eur "])
def test_a_currency_is_stored_in_lower_case(currency: str) -> None:
    created = Product.objects.create(sku="mug", name="Mug", unit_amount=1800, currency=currency)
    assert created.currency == Product.objects.get(sku="mug").currency == "eur"


WRONG_PRICES = [
    (10, "usd", "unit_amount", "0.10 USD is below Stripe's minimum of 0.50 USD."),
    (0, "eur", "unit_amount", "0.00 EUR is below Stripe's minimum of 0.50 EUR."),
    (5125, "kwd", "unit_amount", "5.125 KWD can't be charged: the smallest unit is 0.010 KWD."),
    (550, "ugx", "unit_amount", "5.50 UGX can't be charged: the smallest unit is 1 UGX."),
    (100_000_000, "usd", "unit_amount", "1000000.00 USD is above Stripe's maximum of 999999.99 USD"),
    (1800, "xyz", "currency", "Stripe has no currency 'xyz'."),
    (1800, "", "currency", "Stripe has no currency ''."),
]


@pytest.mark.parametrize(
    ("amount", "currency", "field", "error"),
    [*WRONG_PRICES, (18.5, "usd", "unit_amount", "18.5 is not a whole number of minor units")],
)
def test_an_invalid_price_is_not_saved(amount: int, currency: str, field: str, error: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Product.objects.create(sku="mug", name="Mug", unit_amount=amount, currency=currency)
    assert error in refused.value.message_dict[field][0]
    assert not Product.objects.filter(sku="mug").exists()


def test_a_changed_price_is_validated() -> None:
    product = Product.objects.create(sku="mug", name="Mug", unit_amount=1800)
    product.unit_amount = 1
    with pytest.raises(ValidationError, match="below Stripe's minimum"):
        product.save()
    assert Product.objects.get(sku="mug").unit_amount == 1800


def add_in_admin(client: Client, **fields: Any) -> str:
    """Add a product in the admin. Return the resulting page."""
    client.force_login(User.objects.create_superuser("admin"))
    form = {"sku": "mug", "name": "Mug", "description": "", "active": "on", **fields}
    page = submit(client, "/admin/payments/product/add/", form, follow=True)
    return str(page.content.decode()).replace("&#x27;", "'")


@pytest.mark.parametrize(("amount", "currency", "field", "error"), WRONG_PRICES[:-1])
def test_the_admin_explains_a_wrong_price(client: Client, amount: int, currency: str, field: str, error: str) -> None:
    page = add_in_admin(client, unit_amount=amount, currency=currency)
    assert f'id="id_{field}_error"><li>{error}' in page
    assert not Product.objects.filter(sku="mug").exists()


def test_the_admin_shows_one_error_for_a_missing_price(client: Client) -> None:
    page = add_in_admin(client, unit_amount="", currency="usd")
    assert page.count('class="errorlist"') == 1
    assert "This field is required." in page


def test_the_admin_accepts_capitals_and_large_prices(client: Client) -> None:
    add_in_admin(client, unit_amount=2_500_000_000, currency="IDR")
    product = Product.objects.get(sku="mug")
    assert (product.unit_amount, product.currency) == (2_500_000_000, "idr")


def test_the_migration_lowercases_currencies() -> None:
    Product.objects.create(sku="mug", name="Mug", unit_amount=1800)
    Product.objects.update(currency="EUR")  # as an older version stored it
    migration = importlib.import_module("app.payments.migrations.0008_product_prices")
    migration.write_currencies_as_stripe_does(apps, connection.schema_editor())
    assert Product.objects.get(sku="mug").currency == "eur"
