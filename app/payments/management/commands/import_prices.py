"""`manage.py import_prices`: import the catalog from Stripe."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.payments.stripe.price_import import import_prices
from app.web.problems import Problem


class Command(BaseCommand):
    """Import Stripe's Prices into the catalog."""

    help = (
        "Create and update products from the active one-time Prices at Stripe (or at the local Stripe). A product's "
        "SKU is the Price's lookup key, else `sku` in the metadata of the Price or its product, else the Price's id. "
        "Products whose Price is archived are deactivated; other products stay as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--dry-run`."""
        parser.add_argument("--dry-run", action="store_true", help="only print what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print a line for each price, and the result."""
        try:
            result = import_prices(self.stdout.write, dry_run=options["dry_run"])
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"{result}{' (dry run: nothing was changed)' if options['dry_run'] else ''}")
