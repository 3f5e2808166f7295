"""`manage.py webhook_events`: the event types for `stripe listen --events` or a dashboard endpoint."""

from typing import Any

from django.core.management.base import BaseCommand

from app.payments.stripe.event_types import EVENT_TYPES


class Command(BaseCommand):
    """Print the event types that this project handles."""

    help = "Print the Stripe event types that this project handles, separated by commas."
    requires_system_checks = []  # other programs read the output, even before the settings are complete

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        self.stdout.write(",".join(EVENT_TYPES))
