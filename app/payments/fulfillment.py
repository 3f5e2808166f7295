"""What happens when an order is paid. This is the file to edit."""

from django.core.mail import EmailMessage

from app.payments.models import Order
from app.payments.money import format_amount


def fulfill(order: Order) -> None:
    """Deliver what was bought; runs in the worker, once for each paid order.

    An exception means "not done": the same order comes again, later and later. A worker can also die after the
    work and before its note of it, so pass `order.pk` on as the idempotency key of whatever you call. The example
    sends a receipt (to the log, until EMAIL_URL is set).
    """
    if not order.customer_email:
        return
    lines = [f"{item.quantity} × {item.name}" for item in order.items.all()]
    EmailMessage(
        subject=f"Your receipt: {format_amount(order.amount_paid, order.currency)}",
        body="\n".join(["Thank you for your order.", "", *lines, "", f"Order {order.pk}"]),
        to=[order.customer_email],
        headers={"Message-ID": f"<receipt-{order.pk}@shop.invalid>"},  # mail servers drop a second copy
    ).send()
