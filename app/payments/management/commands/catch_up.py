"""`manage.py catch_up`: catch up with Stripe once, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.payments.stripe.catch_up import catch_up
from app.web.problems import Problem


class Command(BaseCommand):
    """Fetch missed events from Stripe and update the orders."""

    help = "Read Stripe's events since the last catch-up and check orders that have been waiting for over an hour."

    def handle(self, *args: Any, **options: Any) -> None:
        """Catch up and print the result."""
        try:
            result = catch_up(self.stdout.write)
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(str(result))
