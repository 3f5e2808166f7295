"""Routes of the API, one module per resource."""

from __future__ import annotations

from stripe_emulator.resources import (
    balance_transactions,
    cash_balances,
    charges,
    customers,
    discounts,
    disputes,
    early_fraud_warnings,
    events,
    payment_intents,
    payment_methods,
    payment_pages,
    prices,
    products,
    refunds,
    sessions,
    sources,
    subscriptions,
    webhook_endpoints,
)
from stripe_emulator.routing import Router
from stripe_emulator.stripe_cli import routes as stripe_cli

_MODULES = (
    balance_transactions,
    cash_balances,
    charges,
    customers,
    discounts,
    disputes,
    early_fraud_warnings,
    events,
    payment_intents,
    payment_methods,
    payment_pages,
    prices,
    products,
    refunds,
    sessions,
    sources,
    subscriptions,
    stripe_cli,
    webhook_endpoints,
)


def build_router() -> Router:
    """All routes of `/v1`."""
    return Router(route for module in _MODULES for route in module.ROUTES)
