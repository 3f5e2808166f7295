"""How money moves: test cards, PaymentIntents, charges, refunds, disputes, Checkout. Independent of HTTP."""
