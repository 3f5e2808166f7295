"""The HTTP side of `/v1`: requests and responses in Stripe's format."""
