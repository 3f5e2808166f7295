"""Checkout Sessions: the basket and its sums, discounts, taxes, shipping, the payment, and what follows it."""

from stripe_emulator.payments.checkout.completion import adjust_amount, complete_free, expire, follow, pay

__all__ = ["adjust_amount", "complete_free", "expire", "follow", "pay"]
