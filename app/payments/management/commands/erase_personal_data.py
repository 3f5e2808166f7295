"""`manage.py erase_personal_data`: erase buyers' personal data."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from app.payments.erasure import erase, erase_events_of, erase_old
from app.payments.models import Order
from app.web.problems import Problem


class Command(BaseCommand):
    """Erase the personal data of orders: named ones, a person's, or old ones."""

    help = (
        "Erase the email address, name, postal address and phone number from orders and their events: of the orders "
        "named, of all orders of --email, or of all orders older than --days. Amounts and dates stay. This can't be "
        "undone. Stripe keeps its own copy."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the orders, `--email` and `--days`."""
        parser.add_argument("order", type=UUID, nargs="*", help="an order's id")
        parser.add_argument("--email", default="", help="a buyer's email address")
        parser.add_argument("--days", type=int, help="orders placed more than so many days ago")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase the data and print of which orders. Raises CommandError if an order still needs it, after the rest."""
        named, email, days = options["order"], options["email"].strip(), options["days"]
        if sum(map(bool, (named, email, days is not None))) != 1:
            raise CommandError("Name orders, or use --email or --days.")
        if days is not None:
            if days < 1:
                raise CommandError("--days must be at least 1.")
            self.stdout.write(f"Personal data of {erase_old(timedelta(days=days))} orders erased")
            return
        orders = Order.objects.filter(customer_email__iexact=email) if email else Order.objects.filter(pk__in=named)
        found = set(orders.values_list("pk", flat=True))
        failed = [f"{order_id}: there is no such order." for order_id in named if order_id not in found]
        for order_id in found:
            try:
                erase(order_id)
            except Problem as problem:
                failed.append(f"{order_id}: {problem.detail}")
            else:
                self.stdout.write(f"{order_id}: personal data erased")
        if email:
            self.stdout.write(f"{erase_events_of(email)} events without an order cleared")
        if failed:
            raise CommandError("\n".join(failed))
