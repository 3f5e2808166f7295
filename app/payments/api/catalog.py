"""The catalog: the products that can be bought, and their prices."""

from collections.abc import Iterable, Mapping

from django.conf import settings

from app.payments.models import OrderItem, Product
from app.payments.sql.placing import active_products
from app.web.problems import Problem

DEFAULT_SKU = "default"


def ensure_default_product() -> Product:
    """Return the product that an empty checkout buys; create it from the settings if it does not exist."""
    product, _ = Product.objects.get_or_create(
        sku=DEFAULT_SKU,
        defaults={
            "name": settings.DEFAULT_PRODUCT_NAME,
            "unit_amount": settings.DEFAULT_PRODUCT_AMOUNT,
            "currency": settings.DEFAULT_PRODUCT_CURRENCY,
        },
    )
    return product


def chosen_quantities(choice: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the quantity of each SKU from (SKU, quantity) pairs; no pairs mean one default product."""
    quantities: dict[str, int] = {}
    for sku, quantity in choice:
        quantities[sku] = quantities.get(sku, 0) + quantity
    return quantities or {DEFAULT_SKU: 1}


def chosen_items(quantities: Mapping[str, int]) -> list[OrderItem]:
    """Return unsaved order lines at catalog prices for the quantities by SKU.

    Raises Problem 400 for an unknown or inactive product, and for mixed currencies.
    """
    products = active_products(quantities)
    if DEFAULT_SKU in quantities and DEFAULT_SKU not in products and (default := ensure_default_product()).active:
        products[DEFAULT_SKU] = default  # in a new database
    if missing := sorted(set(quantities) - set(products)):
        raise Problem(
            400, "unknown_product", f"There is no product {missing[0]!r}. GET /api/products/ lists the products."
        )
    if len({product.currency for product in products.values()}) > 1:
        raise Problem(400, "mixed_currencies", "All items must have the same currency. Create one order per currency.")
    return [_line(products[sku], quantity) for sku, quantity in quantities.items()]


def _line(product: Product, quantity: int) -> OrderItem:
    copied = {name: getattr(product, name) for name in ("sku", "name", "unit_amount", "stripe_price_id")}
    return OrderItem(product=product, quantity=quantity, **copied)
