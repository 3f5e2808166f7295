"""Formatters: each builds one kind of object exactly as the API returns it."""
