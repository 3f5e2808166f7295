"""Customers, their legacy sources, cash balances and subscriptions."""
