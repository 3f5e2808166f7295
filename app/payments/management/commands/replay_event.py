"""`manage.py replay_event`: process stored events again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.payments.models import StripeEvent
from app.payments.settle import replay_event
from app.web.problems import Problem


class Command(BaseCommand):
    """Process events from the inbox again; harmless for those that were applied."""

    help = "Process stored events again: by id, or with --open all that failed or are parked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the ids and `--open`."""
        parser.add_argument("event", nargs="*", help="ids (evt_…)")
        parser.add_argument("--open", action="store_true", help="all that failed or are parked")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and print each outcome."""
        if options["open"] == bool(options["event"]):
            raise CommandError("Pass either event ids (evt_…) or --open.")
        events = StripeEvent.objects.filter(stripe_id__in=options["event"])
        if options["open"]:
            events = StripeEvent.objects.filter(outcome__in=StripeEvent.OPEN)
        elif missing := set(options["event"]) - set(events.values_list("stripe_id", flat=True)):
            raise CommandError(f"There is no event {min(missing)} in the inbox.")
        for event in events.order_by("pk"):
            try:
                self.stdout.write(f"{event.stripe_id} {event.type}: {replay_event(event).outcome}")
            except Problem as problem:
                self.stderr.write(problem.detail)
