"""Formatters: each builds one object exactly as the API shows it."""
