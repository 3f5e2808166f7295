"""Import the catalog from Stripe: each active one-time Price becomes a product that names it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from app.payments.currencies import format_amount
from app.payments.models import Product
from app.payments.stripe import client
from app.web.outages import release_connection

Progress = Callable[[str], None]
SKU = re.compile(r"[-\w]{1,64}", re.ASCII)
FIELDS = ("name", "description", "unit_amount", "currency", "stripe_price_id")  # that an import changes


@dataclass
class Imported:
    """The result of an import. `names` maps the ids of the prices seen to SKUs."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deactivated: int = 0
    skipped: int = 0
    names: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = ("created", "updated", "unchanged", "deactivated", "skipped")
        return ", ".join(f"{getattr(self, name)} {name}" for name in counts)


def import_prices(progress: Progress = lambda line: None, *, dry_run: bool = False) -> Imported:
    """Create and update products from Stripe's Prices; `progress` is called with a line for each.

    Products whose Price is gone or archived are deactivated, as Stripe would refuse them. Products without a Price stay
    as they are. Raises Problem if Stripe can't respond; what was imported before that stays.
    """
    result = Imported()
    release_connection()
    for page in client.list_prices():
        progress(f"{len(page)} prices read")
        _import_page(page, result, progress, dry_run)
        release_connection()
    imported = Product.objects.filter(active=True).exclude(stripe_price_id="")
    gone = imported.exclude(sku__in=[*result.names.values()])
    for product in gone:
        progress(f"deactivated  {product.sku}: {product.stripe_price_id} is not active at Stripe")
    result.deactivated = len(gone)
    if not dry_run:
        Product.objects.filter(pk__in=[product.pk for product in gone]).update(active=False)
    return result


def _import_page(page: list[dict[str, Any]], result: Imported, progress: Progress, dry_run: bool) -> None:
    skus = {price["id"]: _sku(price) for price in page}
    known = Product.objects.filter(Q(stripe_price_id__in=skus) | Q(sku__in=skus.values()))
    by_price = {product.stripe_price_id: product for product in known if product.stripe_price_id}
    by_sku = {product.sku: product for product in known}
    new: list[Product] = []
    changed: list[Product] = []
    for price in page:
        product = by_price.get(price["id"]) or by_sku.get(skus[price["id"]]) or Product(sku=skus[price["id"]])
        before = [getattr(product, name) for name in FIELDS]
        if reason := _refusal(price, product, result.names.values()) or _apply(price, product):
            result.skipped += 1
            progress(f"skipped      {price['id']}: {reason}")
            continue
        result.names[price["id"]] = product.sku
        by_sku[product.sku] = product
        verb = "created" if product.pk is None else "updated"
        if product.pk is None:
            new.append(product)
        elif before != [getattr(product, name) for name in FIELDS]:
            changed.append(product)
        else:
            verb = "unchanged"
        setattr(result, verb, getattr(result, verb) + 1)
        words = format_amount(product.unit_amount, product.currency)
        progress(f"{verb:12} {product.sku}: {product.name}, {words} ({product.stripe_price_id})")
    if not dry_run:
        with transaction.atomic():
            Product.objects.bulk_create(new)
            Product.objects.bulk_update(changed, FIELDS)


def _sku(price: dict[str, Any]) -> str:
    """Return the price's lookup key, or the SKU in its metadata or that of its product, or its id."""
    product = _product(price)
    is_default = product.get("default_price") in (None, price["id"])
    of_product = (product.get("metadata") or {}).get("sku") if is_default else None
    found = (price.get("lookup_key"), (price.get("metadata") or {}).get("sku"), of_product)
    return next((sku for sku in found if sku and SKU.fullmatch(sku)), str(price["id"]))


def _product(price: dict[str, Any]) -> dict[str, Any]:
    product = price.get("product")
    return product if isinstance(product, dict) else {}


def _refusal(price: dict[str, Any], product: Product, taken: Iterable[str]) -> str:
    """Return why the price can't become this product; empty if it can."""
    if not _product(price).get("active"):
        return "its product is archived."
    if price.get("unit_amount") is None or price.get("transform_quantity"):
        return "its amount is not a fixed number of minor units."
    if product.sku in taken:
        return f"another price has the SKU {product.sku}. Give one of them a lookup key."
    return ""


def _apply(price: dict[str, Any], product: Product) -> str:
    """Copy the price's values to the product; return why it can't be sold, if it can't."""
    at_stripe = _product(price)
    product.name, product.description = str(at_stripe.get("name"))[:250], at_stripe.get("description") or ""
    product.unit_amount, product.currency = price["unit_amount"], price["currency"]
    product.stripe_price_id = price["id"]
    try:
        product.clean()
    except ValidationError as error:
        return " ".join(error.messages)
    return ""
