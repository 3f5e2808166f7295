"""Fixtures for all unit tests."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_calls_counted() -> None:
    """Start each test with its own rate limits: together they would exceed those of one client."""
    cache.clear()
