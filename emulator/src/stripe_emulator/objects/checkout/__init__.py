"""Objects of a checkout: the session, its line items, and what changes their price."""
