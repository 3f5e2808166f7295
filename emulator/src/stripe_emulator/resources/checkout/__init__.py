"""Checkout Sessions and their line items."""
