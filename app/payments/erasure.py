"""Erase personal data: the buyer's email address, name, postal address and phone number.

They are in the order, in the kept events, and in the texts of the admin's log and of failed deliveries. What the
accounts need stays: amounts, dates, ids, the products, and the country and state that the goods went to.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from app.payments.models import Fulfillment, Message, Order, StripeEvent
from app.payments.stripe.personal_data import is_personal, without_personal_data
from app.web.problems import Problem

BATCH = 200  # orders per transaction, so that no lock is held for long
# An event that was read before its order was erased can be stored shortly after.
RECENT = timedelta(days=1)
ERASED = "[erased]"
NEEDED = (Order.Status.PENDING, Order.Status.PROCESSING, Order.Status.NEEDS_REVIEW)
UNFULFILLED = (Fulfillment.Status.PENDING, Fulfillment.Status.DEAD)


def erasable() -> QuerySet[Order]:
    """Return the orders that have not been erased and no longer need their buyer's data."""
    unfulfilled = Fulfillment.objects.filter(status__in=UNFULFILLED).values("order")
    # Emails to the buyer, and what another system ships by.
    needing = Q(channel=Message.Channel.BUYER) | Q(type=Message.Type.PAID)
    unsent = Message.objects.filter(needing, status=Message.Status.PENDING).values("order")
    orders = Order.objects.filter(erased_at=None).exclude(status__in=NEEDED)
    return orders.exclude(pk__in=unfulfilled).exclude(pk__in=unsent)


def erase(order_id: uuid.UUID) -> None:
    """Erase one order's personal data; harmless if that was done before.

    Raises Problem 400 if the order still needs the data: while it can be paid, is in review, or waits for
    fulfillment or a message.
    """
    if not _erase([order_id]) and not Order.objects.filter(pk=order_id, erased_at__isnull=False).exists():
        needs = "it can be paid, is in review, is not fulfilled yet, or a message that needs it is due"
        detail = f"This order still needs its buyer's data: {needs}."
        raise Problem(400, "not_erasable", detail)


def erase_old(older_than: timedelta | None = None) -> int:
    """Erase the personal data of orders placed KEEP_PERSONAL_DATA_DAYS (or `older_than`) ago; return how many.

    Without both, only finishes what was begun. Orders that still need the data are erased once they don't.
    """
    if older_than is None and settings.KEEP_PERSONAL_DATA_DAYS:
        older_than = timedelta(days=settings.KEEP_PERSONAL_DATA_DAYS)
    erased, now = 0, timezone.now()
    if older_than is not None:
        old = erasable().filter(created_at__lt=now - older_than).order_by("created_at").values_list("pk", flat=True)
        while batch := list(old[:BATCH]):
            erased += _erase(batch)
        _clear(StripeEvent.objects.filter(order=None, received_at__lt=now - older_than))
    _clear(StripeEvent.objects.filter(order__erased_at__isnull=False, received_at__gte=now - RECENT))
    return erased


def erase_events_of(email: str) -> int:
    """Clear the events without an order that contain an email address; return how many."""
    return _clear(StripeEvent.objects.filter(order=None, payload__icontains=email))


def _erase(order_ids: Sequence[uuid.UUID]) -> int:
    """Erase those of the orders that are erasable; return how many."""
    with transaction.atomic():
        # Orders before events, like every writer. They are locked first: what they need is then read afterwards.
        list(Order.objects.select_for_update().filter(pk__in=order_ids).order_by("pk").values_list("pk"))
        orders = list(erasable().filter(pk__in=order_ids))
        known = {text for order in orders for text in _personal_texts(order)}
        for order in orders:
            address = order.shipping.get("address", {})
            taxed = {part: address[part] for part in ("country", "state") if part in address}
            order.shipping = {"address": taxed} if taxed else {}
            order.metadata = {key: value for key, value in order.metadata.items() if not is_personal(key)}
            order.customer_email = order.customer_phone = order.request_fingerprint = ""
            order.erased_at = order.updated_at = timezone.now()
            order.version += 1  # so that nobody writes back what was read before
        changed = ["shipping", "metadata", "customer_email", "customer_phone", "request_fingerprint"]
        Order.objects.bulk_update(orders, [*changed, "erased_at", "updated_at", "version"])
        ids = [order.pk for order in orders]
        _clear(StripeEvent.objects.filter(order__in=ids))
        log = LogEntry.objects.filter(content_type__app_label="payments", object_id__in=map(str, ids))
        _replace(log, "change_message", known)
        for queue in (Fulfillment, Message):
            _replace(queue.objects.filter(order__in=ids), "error", known)
    return len(orders)


def _personal_texts(order: Order) -> set[str]:
    """Return the texts of the order that a log or an error may repeat; a city or a postal code alone names nobody."""
    address = order.shipping.get("address", {})
    lines = (order.shipping.get("name"), address.get("line1"), address.get("line2"))
    return {text for text in (order.customer_email, order.customer_phone, *lines) if text}


def _clear(events: QuerySet[StripeEvent]) -> int:
    ids, count = list(events.values_list("pk", flat=True)), 0
    for start in range(0, len(ids), BATCH):
        changed = []
        for event in StripeEvent.objects.filter(pk__in=ids[start : start + BATCH]).only("payload"):
            before, event.payload = event.payload, without_personal_data(event.payload)
            if event.payload != before:
                changed.append(event)
        StripeEvent.objects.bulk_update(changed, ["payload"])
        count += len(changed)
    return count


def _replace(rows: "QuerySet[Model]", field: str, texts: Iterable[str]) -> None:
    changed = []
    for row in rows:
        before: str = getattr(row, field)
        after = before
        for text in texts:
            after = after.replace(text, ERASED)
        if after != before:
            setattr(row, field, after)
            changed.append(row)
    rows.model._default_manager.bulk_update(changed, [field])
