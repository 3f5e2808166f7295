"""The payments app."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class PaymentsConfig(AppConfig):
    """Check the options of the payment page; register the system checks and the signing secret's health check."""

    name = "app.payments"

    def ready(self) -> None:
        """Import the checks, which registers them. Raises ImproperlyConfigured for unusable options."""
        from app.payments import checks  # noqa: F401
        from app.payments.stripe import session_params
        from app.payments.stripe.secrets import webhook_secrets
        from app.web import health

        session_params.check()
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
