"""`GET /api/products/`, the API's description, and the catalogue's commands."""

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from app.payments.models import Product

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def test_active_products_are_listed_with_their_prices(client: Client) -> None:
    Product.objects.create(sku="mug", name="Mug", description="Enamel.", unit_amount=1800)
    Product.objects.create(sku="retired", name="Retired", unit_amount=1, active=False)
    mug = {"sku": "mug", "name": "Mug", "description": "Enamel.", "unit_amount": 1800, "currency": "usd"}
    assert client.get("/api/products/").json() == {"products": [mug], "default_sku": "default"}


def test_seed_demo_takes_the_default_product_from_the_settings_and_never_overwrites(settings: Settings) -> None:
    settings.DEFAULT_PRODUCT_NAME, settings.DEFAULT_PRODUCT_AMOUNT = "Ticket", 4200
    call_command("seed_demo", verbosity=0)
    Product.objects.filter(sku="default").update(unit_amount=1)
    call_command("seed_demo", verbosity=0)
    product = Product.objects.get(sku="default")
    assert (product.name, product.unit_amount) == ("Ticket", 1)


def test_the_api_describes_itself(client: Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert set(paths) == {"/api/checkout/", "/api/orders/{order_id}/", "/api/products/"}


def test_the_docs_load_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    assert "/static/ninja/swagger-ui-bundle.js" in page
    assert "//" not in page.replace("/// ", "")
