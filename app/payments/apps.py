"""The payments app."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


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


class ShopAdminConfig(admin.AdminConfig):
    """Django's admin with the shop's own start page."""

    default = False  # for INSTALLED_APPS by name; `app.payments` means PaymentsConfig
    default_site = "app.payments.site.ShopAdminSite"
