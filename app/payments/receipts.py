"""The receipt that a buyer gets by email."""

import uuid

from django.core.mail import EmailMessage

from app.payments.currencies import format_amount
from app.payments.models import Order


def send_receipt(order: Order, *, again: bool = False) -> None:
    """Send a paid order's receipt to the buyer's address; `again` sends another copy of one that was sent before.

    Raises OSError if the mail server does not take it.
    """
    rows = [(f"{item.quantity} × {item.name}", item.sum) for item in order.items.all()]
    rows += [*order.surcharges, ("Total", order.amount_paid)]
    lines = [f"{name}: {format_amount(amount, order.currency)}" for name, amount in rows]
    # Mail servers drop a second message with the same id.
    copy = f"-{uuid.uuid4()}" if again else ""
    EmailMessage(
        subject=f"Your receipt: {format_amount(order.amount_paid, order.currency)}",
        body="\n".join(["Thank you for your order.", "", *lines, "", f"Order {order.pk}"]),
        to=[order.customer_email],
        headers={"Message-ID": f"<receipt-{order.pk}{copy}@shop.invalid>"},
    ).send()
