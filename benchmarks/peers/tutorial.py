"""The tutorials' Django view: construct_event, get the order, save it. With Django's defaults, each request opens a
database connection; with POOL, connections come from a pool of that size. No event is stored, nothing is
deduplicated. DATABASE_URL selects Postgres or SQLite."""

import os
import uuid
from typing import Any

import django
import environ
import stripe
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
database: dict[str, Any] = dict(environ.Env.db_url_config(os.environ["DATABASE_URL"]))
# As on the tutorial's next page (Django: "Connection pool").
if os.environ.get("POOL"):
    database["OPTIONS"] = {"pool": {"min_size": 4, "max_size": int(os.environ["POOL"])}}

stripe.api_key = "sk_test_1"
stripe.api_base = os.environ.get("STRIPE_EMULATOR_URL", stripe.api_base)

settings.configure(
    SECRET_KEY="benchmarks",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=MIDDLEWARE,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DATABASES={"default": database},
    USE_TZ=True,
)
django.setup()


class Order(models.Model):
    """The tutorial's order."""

    id = models.UUIDField(primary_key=True)
    paid = models.BooleanField(default=False)
    stripe_payment_intent = models.CharField(max_length=255, blank=True)
    stripe_session = models.CharField(max_length=255, blank=True)

    class Meta:
        app_label = "tutorial"

    def __str__(self) -> str:
        return str(self.id)


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    """Verify the event, and save the order."""
    try:
        event = stripe.Webhook.construct_event(
            request.body, request.headers["Stripe-Signature"], os.environ["STRIPE_WEBHOOK_SECRET"]
        )
    except (ValueError, stripe.SignatureVerificationError):
        return HttpResponse(status=400)
    if event["type"] == "checkout.session.completed":
        session = event["data"]["object"]
        order = Order.objects.get(id=session["client_reference_id"])
        order.paid = True
        order.stripe_payment_intent = session["payment_intent"]
        order.save()
    return HttpResponse(status=200)


@csrf_exempt
def checkout(request: HttpRequest) -> HttpResponse:
    """Store the order, create a session, and store its id."""
    order = Order.objects.create(id=uuid.uuid4())
    session = stripe.checkout.Session.create(
        mode="payment",
        client_reference_id=str(order.id),
        line_items=[
            {
                "price_data": {"currency": "usd", "unit_amount": 2000, "product_data": {"name": "Demo product"}},
                "quantity": 1,
            }
        ],
        success_url="https://shop.example/return/",
    )
    order.stripe_session = session.id
    order.save()
    return JsonResponse({"checkout_url": session.url})


def healthz(request: HttpRequest) -> HttpResponse:
    """Respond with 200."""
    return JsonResponse({"status": "ok"})


urlpatterns = [path("stripe-webhook/", webhook), path("api/checkout/", checkout), path("healthz", healthz)]
application = get_wsgi_application()


def create_schema() -> None:
    """Create the table."""
    with connection.schema_editor() as editor:
        editor.create_model(Order)
