"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Registers the system checks."""

    name = "app.payments"

    def ready(self) -> None:
        """Checks register themselves."""
        from app.payments import checks  # noqa: F401
