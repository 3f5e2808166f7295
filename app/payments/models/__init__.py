"""Products, orders, and the inbox of Stripe's events. Amounts are integers in the currency's minor unit (cents)."""

from app.payments.models.catalog import Product
from app.payments.models.events import Cursor, Lease, StripeEvent
from app.payments.models.orders import Order, OrderItem, Refund
from app.payments.models.outbox import Fulfillment, Message

__all__ = ["Cursor", "Fulfillment", "Lease", "Message", "Order", "OrderItem", "Product", "Refund", "StripeEvent"]
