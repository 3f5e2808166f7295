"""The admin: the catalogue can be edited; orders and events can be looked at, and acted upon, but not changed."""

from app.payments.admin import catalog as catalogue
from app.payments.admin import orders, queues

__all__ = ["catalogue", "orders", "queues"]
