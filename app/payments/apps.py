"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Registers the system checks."""

    name = "app.payments"
