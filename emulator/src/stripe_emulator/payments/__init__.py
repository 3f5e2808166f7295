"""Payments: test cards, PaymentIntents, charges, refunds, disputes, Checkout. Independent of HTTP."""
