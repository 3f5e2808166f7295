"""How money moves: test cards, PaymentIntents, charges, refunds, disputes, Checkout. Knows nothing of HTTP."""
