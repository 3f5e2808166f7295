"""What happened to one order, in chronological order, for the people who run the shop."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.urls import reverse

from app.payments.currencies import format_amount
from app.payments.models import Fulfillment, Message, Order, StripeEvent
from app.payments.stripe.events import due_by, time_of

LATE = timedelta(minutes=1)
TITLES = {
    "checkout.session.completed": "Checkout completed",
    "checkout.session.async_payment_succeeded": "Payment succeeded",
    "checkout.session.async_payment_failed": "Payment failed",
    "checkout.session.expired": "Checkout expired",
    "payment_intent.payment_failed": "Payment attempt declined",
    "payment_intent.canceled": "Payment canceled",
    "charge.refunded": "Payment refunded",
    "refund.created": "Refund created",
    "refund.updated": "Refund updated",
    "refund.failed": "Refund failed",
    "charge.dispute.created": "Dispute opened",
    "charge.dispute.updated": "Dispute updated",
    "charge.dispute.closed": "Dispute closed",
}


@dataclass(frozen=True)
class Step:
    """One step. `link` leads to the row that it was read from."""

    at: datetime
    title: str
    detail: str = ""
    link: str = ""


def steps(order: Order) -> list[Step]:
    """Return the order's steps, oldest first."""
    sources = (_order, _events, _refunds, _fulfillment, _messages, _people)
    found = [step for steps_of in sources for step in steps_of(order)]
    return sorted(found, key=lambda step: step.at)


def happened_at(event: StripeEvent) -> datetime:
    """Return when the event arrived or, if it came late, when it happened, which Stripe tells in whole seconds."""
    created = time_of(event.stripe_created)
    return created if created and event.received_at - created > LATE else event.received_at


def _order(order: Order) -> Iterator[Step]:
    yield Step(order.created_at, "Order created", format_amount(order.amount_total, order.currency))
    if order.paid_at:
        yield Step(order.paid_at, "Paid", format_amount(order.amount_paid, order.currency))


def _events(order: Order) -> Iterator[Step]:
    for event in order.events.all():
        describe = DESCRIBED.get(event.type)
        words = [event.error, describe(event.stripe_object) if describe else "", event.type]
        link = reverse("admin:payments_stripeevent_change", args=[event.pk])
        yield Step(happened_at(event), TITLES.get(event.type, event.type), " · ".join(filter(None, words)), link)


def _amount_and(field: str) -> Callable[[dict[str, Any]], str]:
    def describe(obj: dict[str, Any]) -> str:
        amount, currency = obj.get("amount"), obj.get("currency")
        words = format_amount(amount, currency) if type(amount) is int and isinstance(currency, str) else ""
        due = due_by(obj)
        until = f"respond by {due:%Y-%m-%d %H:%M} UTC" if due else ""
        return ", ".join(filter(None, [words, str(obj.get(field) or "").replace("_", " "), until]))

    return describe


def _decline(intent: dict[str, Any]) -> str:
    error = intent.get("last_payment_error")
    return str(error.get("message") or "") if isinstance(error, dict) else ""


DESCRIBED: dict[str, Callable[[dict[str, Any]], str]] = {
    **{type_: _amount_and("status") for type_ in TITLES if type_.startswith(("refund.", "charge.dispute."))},
    "charge.dispute.created": _amount_and("reason"),
    "payment_intent.payment_failed": _decline,
}


def _refunds(order: Order) -> Iterator[Step]:
    for refund in order.refunds.all():
        words = [format_amount(refund.amount, order.currency), refund.get_status_display(), refund.error]
        link = reverse("admin:payments_refund_change", args=[refund.pk])
        yield Step(refund.created_at, "Refund requested", " · ".join(filter(None, words)), link)


def _fulfillment(order: Order) -> Iterator[Step]:
    row = Fulfillment.objects.filter(pk=order.pk).first()
    if row is None:
        return
    link = reverse("admin:payments_fulfillment_change", args=[row.pk])
    if row.done_at:
        yield Step(row.done_at, "Fulfilled", "", link)
    if row.status == Fulfillment.Status.DEAD:
        yield Step(row.next_attempt_at, "Fulfillment failed on every attempt", row.error, link)
    elif row.status == Fulfillment.Status.SKIPPED:
        yield Step(row.next_attempt_at, "Not fulfilled", row.error, link)
    elif row.status == Fulfillment.Status.PENDING and row.error:
        yield Step(row.next_attempt_at, "Fulfillment is retried", row.error, link)
    elif row.status == Fulfillment.Status.PENDING:
        yield Step(row.created_at, "Fulfillment queued", "", link)


def _messages(order: Order) -> Iterator[Step]:
    for message in order.messages.all():
        channel, detail = message.get_channel_display().capitalize(), message.get_type_display()
        link = reverse("admin:payments_message_change", args=[message.pk])
        if message.done_at:
            yield Step(message.done_at, f"{channel} sent", detail, link)
        if message.status == Message.Status.DEAD:
            words = f"{detail} · {message.error}"
            yield Step(message.next_attempt_at, f"{channel} failed on every attempt", words, link)
        elif message.status == Message.Status.SKIPPED:
            yield Step(message.next_attempt_at, f"{channel} not sent", f"{detail} · {message.error}", link)
        elif message.status == Message.Status.PENDING:
            yield Step(message.created_at, f"{channel} queued", " · ".join(filter(None, [detail, message.error])), link)


def _people(order: Order) -> Iterator[Step]:
    """Yield what people did in the admin, with the order, its fulfillment, which has the same id, or its messages."""
    models = ["order", "fulfillment", "message"]
    log = LogEntry.objects.filter(content_type__app_label="payments", content_type__model__in=models)
    ids = [str(order.pk), *map(str, order.messages.values_list("pk", flat=True))]
    for entry in log.filter(object_id__in=ids).select_related("user"):
        yield Step(entry.action_time, entry.get_change_message(), f"by {entry.user.get_username()}")
