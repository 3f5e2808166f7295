"""`manage.py prune_events` and the worker's pruning."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from app.payments import pruning
from app.payments.management.commands import db_worker
from app.payments.models import Order, StripeEvent

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def keep_event(name: str, *, days_ago: int, outcome: str = "applied") -> None:
    """Store an event received so many days ago."""
    StripeEvent.objects.create(
        stripe_id=name, type="t", payload="{}", outcome=outcome, received_at=timezone.now() - timedelta(days=days_ago)
    )


def kept() -> set[str]:
    """Return the ids of all stored events."""
    return set(StripeEvent.objects.values_list("stripe_id", flat=True))


def test_old_events_are_deleted(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    for number in range(5):
        keep_event(f"old_{number}", days_ago=91)
    keep_event("young", days_ago=89)
    keep_event("parked", days_ago=100, outcome="parked")
    keep_event("failed", days_ago=100, outcome="failed")
    printed = StringIO()
    call_command("prune_events", stdout=printed)
    assert kept() == {"young", "failed"}
    assert printed.getvalue() == "6 events deleted\n"
    assert Order.objects.filter(pk=order.pk).exists()


def test_events_younger_than_31_days_can_not_be_deleted() -> None:
    keep_event("older", days_ago=40)
    with pytest.raises(CommandError, match="at least 31"):
        call_command("prune_events", "--days=30")
    call_command("prune_events", "--days=35", stdout=StringIO())
    assert kept() == set()


@pytest.mark.django_db(transaction=True)
def test_the_worker_prunes_events() -> None:
    keep_event("old", days_ago=91)
    db_worker.prune_once()
    assert kept() == set()
