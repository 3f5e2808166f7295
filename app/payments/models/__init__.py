"""Products, orders, and the inbox of Stripe's events. Amounts are integers in the currency's minor unit (cents)."""

from app.payments.models.catalog import Product
from app.payments.models.events import Cursor, Lease, StripeEvent
from app.payments.models.fulfillments import Fulfillment
from app.payments.models.orders import Order, OrderItem, Refund

__all__ = ["Cursor", "Fulfillment", "Lease", "Order", "OrderItem", "Product", "Refund", "StripeEvent"]
