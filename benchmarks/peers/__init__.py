"""Alternatives as their documentation shows them; each module is one server."""
