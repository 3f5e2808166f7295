"""What is announced when an order changes, and to whom. Called while the change is decided: it reads no database."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from app.payments.facts import DELIVERABLE, HARMLESS_DISPUTES, PaymentFacts
from app.payments.models import Message, Order
from app.payments.sql.rows import OrderRow

Channel = Message.Channel
Type = Message.Type

# Statuses that are announced when an order gets them. The others follow from what `_changes` compares.
ANNOUNCED = {
    Order.Status.PROCESSING: Type.PROCESSING,
    Order.Status.FAILED: Type.FAILED,
    Order.Status.EXPIRED: Type.EXPIRED,
    Order.Status.CANCELED: Type.CANCELED,
    Order.Status.NEEDS_REVIEW: Type.NEEDS_REVIEW,
}
# The receipt is not a message: `fulfill` sends it.
MAILED_TO_BUYER = {Type.REFUNDED}
MAILED_TO_SELLER = {Type.INQUIRY, Type.DISPUTED, Type.NEEDS_REVIEW, Type.REFUND_FAILED}


def messages(before: OrderRow, after: OrderRow) -> list[dict[str, Any]]:
    """Return the messages (columns of `Message`) that a change of an order causes."""
    return [
        {
            "id": _message_id(before, type_, channel),
            "order_id": after.id,
            "channel": channel,
            "type": type_,
            "amount": amount,
        }
        for type_, amount in _changes(before, after)
        for channel in _channels(type_, after)
    ]


def _changes(before: OrderRow, after: OrderRow) -> Iterator[tuple[Type, int]]:
    """Yield what changed, and the minor units of a refund."""
    if after.status in DELIVERABLE and before.status not in DELIVERABLE:
        yield Type.PAID, 0
    if refunded := after.amount_refunded - before.amount_refunded:
        yield Type.REFUNDED if refunded > 0 else Type.REFUND_FAILED, abs(refunded)
    if after.facts.own.disputes != before.facts.own.disputes:
        yield from ((type_, 0) for type_ in _disputes(before.facts.own, after.facts.own))
    if after.status != before.status and (announced := ANNOUNCED.get(Order.Status(after.status))):
        yield announced, 0


def _disputes(before: PaymentFacts, after: PaymentFacts) -> Iterator[Type]:
    opened = {status for id_, status in after.disputes.items() if id_ not in before.disputes}
    if after.is_disputed and (opened - HARMLESS_DISPUTES or not before.is_disputed):
        yield Type.DISPUTED
    elif before.is_disputed and not after.is_disputed:
        yield Type.DISPUTE_RESOLVED
    elif "warning_needs_response" in opened:
        yield Type.INQUIRY


def _channels(type_: Type, order: OrderRow) -> Iterator[Channel]:
    if type_ in MAILED_TO_BUYER and order.customer_email:
        yield Channel.BUYER
    if type_ in MAILED_TO_SELLER:
        yield Channel.SELLER
    if settings.ORDER_WEBHOOK_URL:
        yield Channel.WEBHOOK


def _message_id(order: OrderRow, type_: Type, channel: Channel) -> uuid.UUID:
    """Return the message's id. An order is announced as paid once; other messages once for each version.

    Only one writer gets to change a version, so no id is used twice.
    """
    version = "" if type_ == Type.PAID else order.version
    return uuid.uuid5(order.id, f"{channel.value} {type_.value} {version}")
