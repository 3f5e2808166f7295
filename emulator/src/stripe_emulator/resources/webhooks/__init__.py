"""Events and webhook endpoints."""
