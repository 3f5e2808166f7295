"""`manage.py seed_demo`: a catalogue to start with."""

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
    """Writes the default product (from .env) and a few demo products; changes nothing that is already there."""

    help = "Write the default product and a small demo catalogue. Existing products stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the products."""
        default = ensure_default_product()
        currency = default.currency if is_known(default.currency) else "usd"
        scale = scale_for(currency)
        for sku, name, description, cents in DEMO:
            fields = {"name": name, "description": description, "unit_amount": cents * scale, "currency": currency}
            Product.objects.get_or_create(sku=sku, defaults=fields)
        self.stdout.write(f"{Product.objects.count()} products in the catalogue")


def scale_for(currency: str) -> int:
    """Return the power of ten by which the demo's prices can be charged in `currency`: 18.00 USD, but 1800.00 HUF."""
    scale = 1
    while not all(can_be_charged(cents * scale, currency) for *_, cents in DEMO):
        scale *= 10
    return scale


def can_be_charged(amount: int, currency: str) -> bool:
    """Return whether Stripe takes this price."""
    try:
        check_amount(amount, currency)
    except AmountError:
        return False
    return True
