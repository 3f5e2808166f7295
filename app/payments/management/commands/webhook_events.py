"""`manage.py webhook_events`: for `stripe listen --events` and for a webhook endpoint in the dashboard."""

from typing import Any

from django.core.management.base import BaseCommand

from app.payments.stripe.event_types import EVENT_TYPES


class Command(BaseCommand):
    """Prints the event types that this project handles."""

    help = "Print the Stripe event types that this project handles, separated by commas."
    requires_system_checks = []  # other programs read the output, also before the settings are complete

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        self.stdout.write(",".join(EVENT_TYPES))
