"""dj-stripe set up as in its documentation: its webhook view stores a trigger and an event, mirrors the session and
related objects, which it retrieves from Stripe (here a stand-in that responds immediately), and calls the handlers;
ours marks the order paid."""

import os
import uuid
from typing import Any

import django
import environ
import stripe
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

KEY = f"sk_test_{'0' * 24}"
ENDPOINT = uuid.UUID(int=1)
database: dict[str, Any] = dict(environ.Env.db_url_config(os.environ["DATABASE_URL"]))
database["CONN_MAX_AGE"] = None

settings.configure(
    SECRET_KEY="benchmarks",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "djstripe"],
    DATABASES={"default": database},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    STRIPE_TEST_SECRET_KEY=KEY,
    STRIPE_LIVE_MODE=False,
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
    LOGGING={
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"], "level": "ERROR"},
    },
)
stripe.api_base = os.environ.get("STRIPE_EMULATOR_URL", "http://127.0.0.1:1")
django.setup()

from djstripe.event_handlers import djstripe_receiver  # noqa: E402  # needs Django to be set up
from djstripe.models import Account, APIKey, WebhookEndpoint  # noqa: E402


class Order(models.Model):
    """An order."""

    id = models.UUIDField(primary_key=True)
    paid = models.BooleanField(default=False)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return str(self.id)


@djstripe_receiver("checkout.session.completed")
def completed(sender: Any, event: Any, **kwargs: Any) -> None:
    """Mark the order paid."""
    Order.objects.filter(id=event.data["object"]["client_reference_id"]).update(paid=True)


def healthz(request: HttpRequest) -> HttpResponse:
    """Respond with 200."""
    return JsonResponse({"status": "ok"})


urlpatterns = [path("stripe/", include("djstripe.urls", namespace="djstripe")), path("healthz", healthz)]
application = get_wsgi_application()


def create_schema() -> None:
    """Create the tables, and the endpoint whose secret signs the events."""
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Order)
    account = Account.objects.create(id="acct_1", livemode=False)
    APIKey.objects.create(id="key_1", secret=KEY, livemode=False, type="secret", djstripe_owner_account=account)
    WebhookEndpoint.objects.create(
        id="we_1",
        djstripe_uuid=ENDPOINT,
        secret=os.environ["STRIPE_WEBHOOK_SECRET"],
        url="http://localhost/stripe/webhook/",
        enabled_events=["*"],
        livemode=False,
        djstripe_owner_account=account,
    )
