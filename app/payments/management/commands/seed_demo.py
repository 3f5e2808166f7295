"""`manage.py seed_demo`: create a demo catalog."""

from typing import Any

from django.core.management.base import BaseCommand

from app.payments.api.catalog import ensure_default_product
from app.payments.currencies import AmountError, check_amount, is_known
from app.payments.models import Product

# Prices in US cents.
DEMO = (
    ("mug", "Enamel mug", "For the third coffee of the day.", 1800),
    ("notebook", "Notebook, dotted", "160 pages that lie flat.", 1250),
    ("stickers", "Sticker sheet", "Twelve stickers for a laptop lid.", 600),
)


class Command(BaseCommand):
    """Create the default product (from .env) and a few demo products; change no existing ones."""

    help = "Create the default product and a small demo catalog. Existing products stay unchanged."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the products."""
        default = ensure_default_product()
        currency = default.currency if is_known(default.currency) else "usd"
        scale = scale_for(currency)
        for sku, name, description, cents in DEMO:
            fields = {"name": name, "description": description, "unit_amount": cents * scale, "currency": currency}
            Product.objects.get_or_create(sku=sku, defaults=fields)
        self.stdout.write(f"{Product.objects.count()} products in the catalog")


def scale_for(currency: str) -> int:
    """Return the power of ten by which the demo prices must grow in `currency`: 18.00 USD, but 1800.00 HUF."""
    scale = 1
    while not all(can_be_charged(cents * scale, currency) for *_, cents in DEMO):
        scale *= 10
    return scale


def can_be_charged(amount: int, currency: str) -> bool:
    """Return whether Stripe can charge this price."""
    try:
        check_amount(amount, currency)
    except AmountError:
        return False
    return True
