"""Checkout Sessions: the basket and its sums, discounts, taxes, shipping, the payment, and what follows it."""

from stripe_emulator.payments.checkout.completion import complete_free, expire, follow, pay

__all__ = ["complete_free", "expire", "follow", "pay"]
