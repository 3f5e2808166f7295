"""The admin: products are editable; orders and events are read-only, with actions."""

from app.payments.admin import catalog, orders, queues

__all__ = ["catalog", "orders", "queues"]
