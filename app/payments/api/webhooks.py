"""`POST /stripe-webhook/`: verify the event, store and settle it, respond."""

import logging

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from psycopg_pool import PoolTimeout

from app.payments.models import StripeEvent
from app.payments.settle import Settled, settle
from app.payments.stripe import refusals
from app.payments.stripe.events import read_event
from app.payments.stripe.secrets import webhook_secrets
from app.payments.stripe.signature import InvalidWebhook, verified_event
from app.web.outages import forget_dead_connections, release_connection
from app.web.problems import Problem

logger = logging.getLogger(__name__)

MAX_BODY = 512 * 1024  # bytes; Stripe's events are a few kilobytes


@csrf_exempt  # Stripe authenticates with a signature
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Settle the order that a signed event is about.

    Responds 200 once the event is stored and applied; also to a duplicate or an unrelated event. Responds 400 or 413 to
    a request that is not from Stripe, and 503 without a signing secret. Responds 500 if processing failed, so that
    Stripe sends the event again.
    """
    try:
        settled = _receive(request)
    except Problem as problem:
        return problem.response()
    except InvalidWebhook as error:
        logger.warning("Webhook refused: %s", error)
        refusals.note(error.code, str(error))
        return Problem(400, error.code, str(error)).response()
    if settled.outcome == StripeEvent.Outcome.FAILED:
        return Problem(
            500, "event_failed", f"{settled.event.id} was stored but could not be applied. See the log."
        ).response()
    return JsonResponse({"received": settled.event.id, "outcome": settled.outcome})


def _receive(request: HttpRequest) -> Settled:
    secrets = webhook_secrets()
    if not secrets:
        raise Problem(
            503,
            "webhook_secret_missing",
            "There is no webhook signing secret yet, so no event can be verified. Set STRIPE_WEBHOOK_SECRET in .env, "
            "or wait until `stripe listen` provides it.",
        )
    body = _body(request)
    verified = verified_event(body, request.META.get("HTTP_STRIPE_SIGNATURE", ""), secrets)
    event = read_event(verified, body.decode(), StripeEvent.Source.WEBHOOK)
    try:
        return settle([event])[0]
    except OperationalError as error:
        if isinstance(error.__cause__, PoolTimeout):
            raise  # the database is still unavailable
        # The database was restarted. Retry here, because the Stripe CLI never resends an event.
        forget_dead_connections()
        return settle([event])[0]
    finally:
        release_connection()  # another thread can use it while this one responds


def _body(request: HttpRequest) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) <= MAX_BODY:
        # Read no more than the limit, whatever the header says.
        body = request.read(MAX_BODY + 1)
        if len(body) <= MAX_BODY:
            return body
    raise Problem(413, "body_too_large", f"The body must not exceed {MAX_BODY} bytes.")
