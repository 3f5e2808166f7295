"""The numbers of the shop, and what waits for a person. The number of statements does not depend on the orders."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone

from app.payments.admin.chart import bar_chart
from app.payments.admin.order.timeline import happened_at
from app.payments.currencies import format_amount
from app.payments.facts import Facts
from app.payments.models import Fulfillment, Message, Order, StripeEvent
from app.payments.stripe.events import due_by

DAYS = 30  # in the plot
LISTED = 10  # items of each kind; their list has the rest
DISPUTES_FROM = timedelta(days=180)  # Stripe: "How disputes work"; the bank has decided by then
NEEDS_RESPONSE = {"needs_response", "warning_needs_response"}

ByDay = dict[str, dict[date, int]]  # currency → day → minor units


@dataclass(frozen=True)
class Item:
    """Something that waits for a person."""

    title: str
    detail: str
    link: str
    due: datetime | None = None


@dataclass(frozen=True)
class Kind:
    """Items of one kind: `count` in all, of which the first are listed. `link` leads to all."""

    title: str
    remedy: str
    count: int
    items: list[Item]
    link: str


def context() -> dict[str, Any]:
    """Return the start page's context."""
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=DAYS - 1)
    days = [(since + timedelta(days=number)).date() for number in range(DAYS)]
    paid, refunded = _paid(since), _refunded(since)
    placed = Order.objects.filter(created_at__gte=today)
    return {
        "today": {
            "date": today.date(),
            "placed": placed.count(),
            "paid": _sums(paid, today.date()),
            "paid_count": Order.objects.filter(paid_at__gte=today).count(),
            "refunded": _sums(refunded, today.date()),
        },
        "attention": [kind for kind in _kinds() if kind.count],
        "charts": [_chart(currency, days, paid, refunded) for currency in sorted({*paid, *refunded})],
    }


def _paid(since: datetime) -> ByDay:
    found: ByDay = defaultdict(dict)
    rows = Order.objects.filter(paid_at__gte=since).annotate(day=TruncDate("paid_at", tzinfo=UTC))
    for currency, day, amount in rows.order_by().values_list("currency", "day").annotate(Sum("amount_paid")):
        found[currency][day] = amount
    return found


def _refunded(since: datetime) -> ByDay:
    """Return the sums of the refunds created on each day, less those that failed later.

    An order knows its refunds but not their dates, which are in the events.
    """
    found: ByDay = defaultdict(lambda: defaultdict(int))
    events = StripeEvent.objects.filter(type="refund.created", received_at__gte=since, order__isnull=False)
    for event in events.select_related("order").iterator():
        order = cast(Order, event.order)
        amount, status = order.parsed_facts.own.refunds.get(event.stripe_object.get("id", ""), (0, "failed"))
        at = happened_at(event)
        if status not in ("failed", "canceled") and at >= since:
            found[order.currency][at.date()] += amount
    return found


def _sums(by_day: ByDay, day: date) -> list[str]:
    return [format_amount(days[day], currency) for currency, days in sorted(by_day.items()) if days.get(day)]


def _chart(currency: str, days: list[date], paid: ByDay, refunded: ByDay) -> dict[str, Any]:
    series = {
        name: [by_day.get(currency, {}).get(day, 0) for day in days]
        for name, by_day in (("Paid", paid), ("Refunded", refunded))
    }
    totals = {name: format_amount(sum(amounts), currency) for name, amounts in series.items()}
    words = ", ".join(f"{name.lower()} {total}" for name, total in totals.items())
    return {
        "currency": currency.upper(),
        "text": f"The last {DAYS} days: {words}.",
        "image": bar_chart(days, series, currency),
        "rows": [
            (day, *(format_amount(amounts[number], currency) for amounts in series.values()))
            for number, day in enumerate(days)
            if any(amounts[number] for amounts in series.values())
        ],
    }


# What needs a person -----------------------------------------------------------------------------------------------


def _kinds() -> Iterator[Kind]:
    yield from (_reviews(), _disputes(), _failed_fulfillments(), _failed_messages(), _lost_payments())


def _reviews() -> Kind:
    orders = Order.objects.filter(status=Order.Status.NEEDS_REVIEW).order_by("created_at")
    items = [_item(order, order.reason) for order in orders[:LISTED]]
    link = f"{reverse('admin:payments_order_changelist')}?status__exact={Order.Status.NEEDS_REVIEW}"
    return Kind("Orders in review", "Accept, refund or cancel each one.", orders.count(), items, link)


def _disputes() -> Kind:
    opened = StripeEvent.objects.filter(
        type="charge.dispute.created", received_at__gte=timezone.now() - DISPUTES_FROM, order__isnull=False
    )
    items = sorted(_open_disputes(opened.select_related("order")), key=lambda item: (item.due is None, item.due))
    link = f"{reverse('admin:payments_order_changelist')}?status__exact={Order.Status.DISPUTED}"
    return Kind("Disputes", "Respond to each one in Stripe’s dashboard.", len(items), items[:LISTED], link)


def _open_disputes(opened: QuerySet[StripeEvent]) -> Iterator[Item]:
    for event in opened:
        order, dispute = cast(Order, event.order), event.stripe_object
        if _dispute_status(order.parsed_facts, dispute.get("id")) in NEEDS_RESPONSE:
            yield _item(order, str(dispute.get("reason") or "").replace("_", " "), due_by(dispute))


def _dispute_status(facts: Facts, dispute_id: Any) -> str:
    return next((each.disputes[dispute_id] for each in facts.payments.values() if dispute_id in each.disputes), "")


def _failed_fulfillments() -> Kind:
    dead = Fulfillment.objects.filter(status=Fulfillment.Status.DEAD).order_by("next_attempt_at")
    items = [_item(row.order, row.error) for row in dead.select_related("order")[:LISTED]]
    link = f"{reverse('admin:payments_fulfillment_changelist')}?status__exact={Fulfillment.Status.DEAD}"
    remedy = "Paid, but not fulfilled. Fix the error shown, then retry them."
    return Kind("Failed fulfillments", remedy, dead.count(), items, link)


def _failed_messages() -> Kind:
    dead = Message.objects.filter(status=Message.Status.DEAD).order_by("next_attempt_at")
    items = [
        Item(str(row), row.error, reverse("admin:payments_message_change", args=[row.pk])) for row in dead[:LISTED]
    ]
    link = f"{reverse('admin:payments_message_changelist')}?status__exact={Message.Status.DEAD}"
    remedy = "Emails or webhooks that could not be delivered. Fix the error shown, then replay them."
    return Kind("Failed messages", remedy, dead.count(), items, link)


def _lost_payments() -> Kind:
    lost = StripeEvent.objects.lost_payments()
    items = [
        Item(
            event.stripe_payment_intent_id or event.stripe_id,
            f"for order {event.order_reference}",
            reverse("admin:payments_stripeevent_change", args=[event.pk]),
        )
        for event in lost.order_by("pk")[:LISTED]
    ]
    outcome = f"outcome__exact={StripeEvent.Outcome.PARKED}&paid__exact=1"
    link = f"{reverse('admin:payments_stripeevent_changelist')}?{outcome}"
    remedy = "The database does not have these orders. Was an older backup restored? Refund them at Stripe, or restore."
    return Kind("Payments without an order", remedy, lost.count(), items, link)


def _item(order: Order, detail: str, due: datetime | None = None) -> Item:
    amount = format_amount(order.amount_due, order.currency)
    return Item(amount, detail, reverse("admin:payments_order_change", args=[order.pk]), due)
