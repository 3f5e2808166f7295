"""`manage.py prune_events`: delete old events."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.payments.pruning import prune_events

# Stripe lists events for 30 days, and catch-up must recognize them.
MIN_DAYS = 31


class Command(BaseCommand):
    """Delete old events. The worker does the same every hour."""

    help = "Delete events older than KEEP_EVENTS_DAYS (or --days). Orders and failed events stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--days`."""
        parser.add_argument("--days", type=int, default=settings.KEEP_EVENTS_DAYS, help=f"at least {MIN_DAYS}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete events and print how many."""
        if options["days"] < MIN_DAYS:
            raise CommandError(f"--days must be at least {MIN_DAYS}: Stripe still lists younger events.")
        self.stdout.write(f"{prune_events(timedelta(days=options['days']))} events deleted")
