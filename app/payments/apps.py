"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Register the system checks, and the health check of the signing secret."""

    name = "app.payments"

    def ready(self) -> None:
        """Import the checks, which registers them."""
        from app.payments import checks  # noqa: F401
        from app.payments.stripe.secrets import webhook_secrets
        from app.web import health

        health.register("webhook_secret", lambda: bool(webhook_secrets()))

    def on_serving(self, *, first: bool) -> None:
        """Log the warnings of the system checks, once: in the first server process."""
        from app.payments import checks

        if first:
            checks.log_warnings()
