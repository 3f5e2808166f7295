"""`manage.py catch_up`: one sweep now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.payments.stripe.catch_up import catch_up
from app.web.problems import Problem


class Command(BaseCommand):
    """Asks Stripe for everything that was missed and brings the orders up to date."""

    help = "Read Stripe's events since the last sweep and ask about orders that have waited for long."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the sweep and print what it came to."""
        try:
            sweep = catch_up(self.stdout.write)
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(str(sweep))
