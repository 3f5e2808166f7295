"""What happens when an order is paid. This is the file to edit."""

from django.core.mail import EmailMessage

from app.payments.currencies import format_amount
from app.payments.models import Order


def fulfill(order: Order) -> None:
    """Deliver what was bought. Runs in the worker, once for each paid order.

    An exception means that it is not done: it is retried with growing delays. A worker can die after doing the work
    but before recording it, so pass `order.pk` as the idempotency key to whatever you call. This example sends a
    receipt (to the log, until EMAIL_URL is set).
    """
    if not order.customer_email:
        return
    rows = [(f"{item.quantity} × {item.name}", item.unit_amount * item.quantity) for item in order.items.all()]
    rows += [*order.surcharges, ("Total", order.amount_paid)]
    lines = [f"{name}: {format_amount(amount, order.currency)}" for name, amount in rows]
    EmailMessage(
        subject=f"Your receipt: {format_amount(order.amount_paid, order.currency)}",
        body="\n".join(["Thank you for your order.", "", *lines, "", f"Order {order.pk}"]),
        to=[order.customer_email],
        headers={"Message-ID": f"<receipt-{order.pk}@shop.invalid>"},  # mail servers drop a second copy
    ).send()
