"""Routes of the API, one module per resource."""

from __future__ import annotations

from stripe_emulator.resources import (
    events,
    payment_pages,
    prices,
    products,
    sessions,
    webhook_endpoints,
)
from stripe_emulator.routing import Router

_MODULES = (sessions, products, prices, events, webhook_endpoints, payment_pages)


def build_router() -> Router:
    """All routes of `/v1`."""
    return Router(route for module in _MODULES for route in module.ROUTES)
