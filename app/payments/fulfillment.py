"""Fulfill paid orders. This is the file to edit."""

from app.payments.emails import send_receipt
from app.payments.models import Order


def fulfill(order: Order) -> None:
    """Deliver what was bought. Runs in the worker, once for each paid order.

    If it raises an exception, it is retried with growing delays. A worker can die after doing the work
    but before recording it, so pass `order.pk` as the idempotency key to whatever you call. `order.reference` and
    `order.metadata` are those of the checkout. This example sends a receipt (to the log and the console, until
    EMAIL_URL is set).
    """
    if order.customer_email:
        send_receipt(order)
