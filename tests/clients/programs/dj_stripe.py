"""dj-stripe as its documentation sets it up, on a day of trading. Usage: dj_stripe.py URL KEY

Its webhook view must process every event, and `djstripe_sync_models` must mirror every object of the kinds that the
emulator lists.
"""

import io
import sys
import tempfile
import threading
import uuid
from importlib.metadata import version
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
import stripe
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path
from receiver import until_delivered
from trading import Day, http

urlpatterns = []


def set_up(url, key, folder):
    """Configure Django and dj-stripe with a database of its own."""
    settings.configure(
        SECRET_KEY="tests",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "djstripe"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/dj-stripe.sqlite3"}},
        MIGRATION_MODULES={"djstripe": None},  # tables straight from the models: the history takes a minute
        USE_TZ=True,
        STRIPE_TEST_SECRET_KEY=key,
        STRIPE_LIVE_MODE=False,
        STRIPE_API_HOST=url,
        DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
        LOGGING={"version": 1, "root": {"handlers": [], "level": "CRITICAL"}},
    )
    django.setup()
    urlpatterns.append(path("stripe/", include("djstripe.urls", namespace="djstripe")))
    call_command("migrate", run_syncdb=True, verbosity=0)


class Server(WSGIServer):
    """One request after the other: SQLite has one writer."""

    request_queue_size = 256


class Quiet(WSGIRequestHandler):
    """Logs no requests."""

    def log_message(self, *args):
        pass


def serve():
    """Start Django's server and return its address."""
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Server, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def register(address, key):
    """Create the webhook endpoint at Stripe and keep it with its secret, as dj-stripe's admin form does."""
    from djstripe.models import Account, WebhookEndpoint

    Account.get_or_retrieve_for_api_key(key)
    known_as = str(uuid.uuid4())
    endpoint = stripe.WebhookEndpoint.create(
        url=f"{address}/stripe/webhook/{known_as}/", enabled_events=["*"], metadata={"djstripe_uuid": known_as}
    )
    WebhookEndpoint.sync_from_stripe_data(endpoint, api_key=key)


def check_webhooks(count):
    """Every event was processed, and no delivery of one failed."""
    from djstripe.models import Event, WebhookEventTrigger

    failed = [
        f"{trigger.json_body.get('type')}: {trigger.exception}\n{trigger.traceback}"
        for trigger in WebhookEventTrigger.objects.all()
        if not (trigger.valid and trigger.processed)
    ]
    assert not failed, "\n".join(failed)
    # Not the deliveries: on a slow machine an event may come twice.
    assert Event.objects.count() == count


def listed(model, supported):
    """Whether the emulator lists the objects of the model."""
    from djstripe.models import StripeModel

    if not issubclass(model, StripeModel) or not hasattr(model.stripe_class, "list"):
        return False
    if all(field.name != "id" for field in model._meta.get_fields()):
        return False  # an upcoming invoice is a calculation, not an object
    return f"GET {model.stripe_class.class_url()}" in supported


def at_stripe(kind):
    """Yield the ids of all objects of a kind; of PaymentMethods those that have a customer."""
    for customer in stripe.Customer.list(limit=100).data if kind is stripe.PaymentMethod else [None]:
        more = {"customer": customer.id} if customer else {}
        yield from (each.id for each in kind.list(limit=100, **more).auto_paging_iter())


def sync(url, key):
    """Sync every model that the emulator has objects of; the number of objects by model."""
    from django.apps import apps

    supported = http("GET", f"{url}/_emulator/supported")[1]["data"]
    models = [each for each in apps.get_app_config("djstripe").get_models() if listed(each, supported)]
    counts = {}
    for model in models:
        told = io.StringIO()
        call_command(
            "djstripe_sync_models", model.__name__, api_keys=[key], fail_on_error=True, stdout=told, stderr=told
        )
        here = set(model.objects.values_list("id", flat=True))
        there = set(at_stripe(model.stripe_class))
        assert here, f"no {model.__name__} was synced: {told.getvalue()}"
        assert there <= here, f"{model.__name__}: {there - here} missing: {told.getvalue()}"
        counts[model.__name__] = len(here)
    return counts


def main():
    url, key = sys.argv[1:]
    day = Day(url, key)
    with tempfile.TemporaryDirectory() as folder:
        set_up(url, key, folder)
        register(serve(), key)
        day.trade()
        until_delivered(url)
        events = len(list(stripe.Event.list(limit=100).auto_paging_iter()))
        check_webhooks(events)
        counts = sync(url, key)
    synced = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"dj-stripe {version('dj-stripe')}: {events} events processed; synced {synced}")


main()
