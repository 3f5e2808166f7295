"""The API's resources: one module for each, with its parameters, calls and links to others."""

from __future__ import annotations

from stripe_emulator.resources.catalog import coupons, prices, products, promotion_codes, shipping_rates, tax_rates
from stripe_emulator.resources.checkout import line_items, sessions
from stripe_emulator.resources.customers import customers, sources, subscriptions
from stripe_emulator.resources.invoices import invoice_items, invoices
from stripe_emulator.resources.payments import (
    accounts,
    balance_transactions,
    charges,
    disputes,
    early_fraud_warnings,
    mandates,
    payment_intents,
    payment_methods,
    refunds,
)
from stripe_emulator.resources.webhooks import events, stripe_cli_sessions, webhook_endpoints
from stripe_emulator.routing.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    accounts.RESOURCE,
    balance_transactions.RESOURCE,
    charges.RESOURCE,
    coupons.RESOURCE,
    customers.RESOURCE,
    disputes.RESOURCE,
    early_fraud_warnings.RESOURCE,
    events.RESOURCE,
    invoice_items.RESOURCE,
    invoices.RESOURCE,
    line_items.RESOURCE,
    mandates.RESOURCE,
    payment_intents.RESOURCE,
    payment_methods.RESOURCE,
    prices.RESOURCE,
    products.RESOURCE,
    promotion_codes.RESOURCE,
    refunds.RESOURCE,
    sessions.RESOURCE,
    shipping_rates.RESOURCE,
    sources.RESOURCE,
    stripe_cli_sessions.RESOURCE,
    subscriptions.RESOURCE,
    tax_rates.RESOURCE,
    webhook_endpoints.RESOURCE,
)
