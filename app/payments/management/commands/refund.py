"""`manage.py refund`: give money back."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from app.payments.currencies import format_amount
from app.payments.models import Order
from app.payments.refunds import refund_order
from app.web.problems import Problem


class Command(BaseCommand):
    """Refunds an order, in full or in part."""

    help = "Refund a paid order: all of it, or --amount in the currency's minor unit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The order and, perhaps, the amount."""
        parser.add_argument("order", type=UUID, help="the order's id")
        parser.add_argument("--amount", type=int, help="minor units (500 is 5.00 USD); default: all that is left")
        parser.add_argument("--id", type=UUID, help="a UUID of yours for scripts: with the same one it refunds once")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refund and print what the order has become."""
        try:
            order = Order.objects.get(pk=options["order"])
            refund = refund_order(order, options["amount"], refund_id=options["id"])
        except Order.DoesNotExist:
            raise CommandError(f"There is no order {options['order']}.") from None
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        order = refund.order
        self.stdout.write(
            f"{format_amount(refund.amount, order.currency)} refunded ({refund.stripe_id}); the order is {order.status}"
        )
