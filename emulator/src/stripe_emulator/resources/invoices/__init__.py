"""Invoices and the items that go on them."""
