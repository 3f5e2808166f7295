"""django-payments' own Stripe provider: pay, refund and let expire. Usage: django_payments.py URL KEY

It is its own Django app, `shop`, so Django imports it again.
"""

import sys
import tempfile
import threading
from decimal import Decimal
from importlib.metadata import version
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
import stripe
from django.apps import AppConfig
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path
from trading import DAY, Day, pay, until

urlpatterns = []


class Shop(AppConfig):
    """The app that the payments' table belongs to."""

    name, label, default_auto_field = "django_payments", "shop", "django.db.models.BigAutoField"


class Quiet(WSGIRequestHandler):
    """Logs no requests."""

    def log_message(self, *args):
        pass


def set_up(key, folder):
    """Configure Django; return the model of payments and the server's address, with the endpoint registered."""
    variant = {"api_key": key, "use_token": True}
    settings.configure(
        SECRET_KEY="tests",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=["payments", "django_payments.Shop"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/payments.sqlite3"}},
        USE_TZ=True,
        PAYMENT_HOST="shop.test",
        PAYMENT_MODEL="shop.Payment",
        PAYMENT_VARIANTS={"stripe": ("payments.stripe.StripeProviderV3", variant)},
    )
    django.setup()
    urlpatterns.append(path("payments/", include("payments.urls")))
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from payments.models import BasePayment

    class Payment(BasePayment):
        """A payment of the shop."""

        class Meta:
            app_label = "shop"

        def get_success_url(self):
            return "https://shop.test/done"

        def get_failure_url(self):
            return "https://shop.test/cart"

        def get_purchased_items(self):
            return []

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Payment)
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = stripe.WebhookEndpoint.create(
        url=f"http://127.0.0.1:{server.server_port}/payments/process/stripe/",
        enabled_events=["checkout.session.completed", "checkout.session.expired"],
    )
    variant["endpoint_secret"] = endpoint.secret
    return Payment


def check_out(model):
    """Start a payment; it and the address that the buyer is sent to."""
    from payments import RedirectNeeded

    payment = model.objects.create(
        variant="stripe", description="Book", total=Decimal("20.00"), currency="USD", billing_email="jenny@example.com"
    )
    try:
        payment.get_form()
    except RedirectNeeded as redirect:
        return payment, str(redirect)
    raise AssertionError("the provider did not redirect")


def await_status(payment, status):
    """Until a webhook has changed the payment."""

    def changed():
        payment.refresh_from_db()
        return payment.status == status

    until(changed, f"the payment is {status}")


def main():
    day = Day(*sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        model = set_up(sys.argv[2], folder)
        from payments import PaymentStatus

        payment, url = check_out(model)
        assert pay(url) is None
        await_status(payment, PaymentStatus.CONFIRMED)
        assert payment.captured_amount == Decimal("20.00")
        payment.refund(Decimal("5.00"))
        payment.refund(Decimal("15.00"))
        assert payment.status == PaymentStatus.REFUNDED
        assert sum(refund.amount for refund in stripe.Refund.list().data) == 2000

        given_up, _ = check_out(model)
        day.advance(2 * DAY)
        await_status(given_up, PaymentStatus.REJECTED)
    print(f"django-payments {version('django-payments')}, stripe {version('stripe')}: paid, refunded, expired")


if __name__ == "__main__":
    main()
