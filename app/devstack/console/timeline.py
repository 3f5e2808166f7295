"""The timeline of one order."""

from datetime import UTC, datetime
from typing import Any

from app.devstack.console.feed import event_row
from app.payments.models import Fulfillment, Order, StripeEvent


def steps(order: Order) -> list[dict[str, Any]]:
    """Return the steps, oldest first: `at`, `title`, `detail`, `tone` (good, warn, bad, still), and an event's row."""
    found = [_placed(order), *(_event(event) for event in order.events.all()), *_paid(order), *_fulfilled(order)]
    return sorted(found, key=lambda step: step["at"])


def _placed(order: Order) -> dict[str, Any]:
    detail = f"Checkout Session {order.stripe_session_id}" if order.stripe_session_id else order.reason
    return _step(order.created_at, "Order created", detail or "No Checkout Session yet")


def _event(event: StripeEvent) -> dict[str, Any]:
    delay = event.received_at.timestamp() - event.stripe_created
    happened = datetime.fromtimestamp(event.stripe_created, UTC).strftime("%H:%M:%S UTC")
    detail = f"{event.get_outcome_display()}; created at {happened}, received {max(delay, 0):.0f} s later"
    return _step(event.received_at, event.type, event.error or detail) | {"event": event_row(event)}


def _paid(order: Order) -> list[dict[str, Any]]:
    return [_step(order.paid_at, "Paid", "Fulfillment queued", "good")] if order.paid_at else []


def _fulfilled(order: Order) -> list[dict[str, Any]]:
    row = Fulfillment.objects.filter(pk=order.pk).first()
    if row is None:
        return []
    if row.done_at:
        return [_step(row.done_at, "Fulfilled", f"on the {_nth(row.attempts)} attempt", "good")]
    if not row.attempts:
        return []
    detail = f"{_nth(row.attempts)} attempt: {row.error}"
    if row.status == Fulfillment.Status.DEAD:
        return [_step(row.next_attempt_at, "Fulfillment failed on every attempt", detail, "bad")]
    if not row.error:
        return [_step(row.next_attempt_at, "Fulfillment in progress", f"{_nth(row.attempts)} attempt", "wait")]
    return [_step(row.next_attempt_at, "Fulfillment failed; it will be retried", detail, "warn")]


def _step(at: datetime, title: str, detail: str, tone: str = "still") -> dict[str, Any]:
    return {"at": at, "title": title, "detail": detail, "tone": tone}


def _nth(attempts: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(attempts, f"{attempts}th")
