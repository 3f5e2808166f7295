"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Registers the system checks, and what has to be there before a payment works."""

    name = "app.payments"

    def ready(self) -> None:
        """Checks register themselves."""
        from app.payments import checks  # noqa: F401
        from app.payments.stripe.secrets import webhook_secrets
        from app.web import health

        health.register("webhook_secret", lambda: bool(webhook_secrets()))

    def on_serving(self, *, first: bool) -> None:
        """The first server process logs what the checks find."""
        from app.payments import checks

        if first:
            checks.log_warnings()
