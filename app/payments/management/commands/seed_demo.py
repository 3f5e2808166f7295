"""`manage.py seed_demo`: a catalogue to start with."""

from typing import Any

from django.core.management.base import BaseCommand

from app.payments.catalogue import ensure_default_product
from app.payments.models import Product

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
        for sku, name, description, amount in DEMO:
            fields = {"name": name, "description": description, "unit_amount": amount, "currency": default.currency}
            Product.objects.get_or_create(sku=sku, defaults=fields)
        self.stdout.write(f"{Product.objects.count()} products in the catalogue")
