"""`/v1`: from an HTTP request to an answer in Stripe's shape."""
