"""Payment intents, payment methods, charges, refunds, disputes, and the balance."""
