"""Does the app itself answer, for browsers on other PCs too, and is its worker at work?"""

import time

from django.conf import settings

from app.config.machine import own_url
from app.devstack.doctor.finding import Verdict, failed, ok
from app.devstack.doctor.http import NoAnswer, send
from app.devstack.doctor.remedies import after_editing_env, log_of, start_again
from app.payments.models import Cursor, Order
from app.payments.stripe.catch_up import EVENTS_CURSOR, OVERLAP

SWEEP_MISSING = 180  # seconds; a sweep is due every minute
WANTED_HEADERS = ("content-type", "idempotency-key", "ngrok-skip-browser-warning")


def answers() -> Verdict:
    """Is the app up and ready?"""
    try:
        answer = send("GET", f"{own_url()}/readyz")
    except NoAnswer as error:
        return failed(
            f"The app does not answer at {own_url()}",
            f"Start it: {start_again('app')}. It says why in: {log_of('app')}.",
            cause=f"{str(error).capitalize()}.",
        )
    if answer.status == 200:
        return ok(f"ready at {own_url()}")
    try:
        missing = ", ".join(answer.json().get("missing", [])).replace("_", " ")
    except ValueError:
        return failed(
            f"Something else answers at {own_url()}",
            f"Stop the other program, or set another PORT in .env and {after_editing_env()}.",
            cause=f"/readyz answers {answer.status}, which this app never does.",
        )
    missing = missing or "it does not say why"
    return failed(f"not ready: {missing}", "See the checks of these below and above.", cause="/readyz answers 503.")


def cors() -> Verdict:
    """May a frontend on another PC call the API from its pages?"""
    origin = settings.FRONTEND_ORIGINS[0] if settings.FRONTEND_ORIGINS else "http://frontend.example:3000"
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ", ".join(WANTED_HEADERS),
    }
    try:
        answer = send("OPTIONS", f"{own_url()}/api/checkout/", headers)
    except NoAnswer as error:
        return failed("The preflight got no answer", start_again("app"), cause=str(error))
    allowed = answer.headers.get("Access-Control-Allow-Origin")
    granted = answer.headers.get("Access-Control-Allow-Headers", "").lower()
    lacking = [name for name in WANTED_HEADERS if name not in granted]
    if allowed not in ("*", origin) or lacking:
        return failed(
            f"Browsers refuse calls from {origin}",
            f"Check FRONTEND_ORIGINS in .env (empty: every origin may call) and {after_editing_env()}.",
            cause=f"Allowed origin: {allowed}; headers not allowed: {', '.join(lacking) or 'none'}.",
        )
    who = "any frontend" if allowed == "*" else ", ".join(settings.FRONTEND_ORIGINS)
    return ok(f"{who} may call the API")


def worker() -> Verdict:
    """Is the worker sweeping? It also delivers what was paid."""
    cursor = Cursor.objects.filter(name=EVENTS_CURSOR).first()
    if cursor is None:
        # Before the first order there is nothing to sweep for.
        first = Order.objects.order_by("created_at").values_list("created_at", flat=True).first()
        age = int(time.time() - first.timestamp()) if first else 0
    else:
        age = int(time.time()) - (cursor.position + OVERLAP)
    if age > SWEEP_MISSING:
        return failed(
            f"No sweep for {age // 60} minutes",
            f"Start it: {start_again('worker')}. It says why in: {log_of('worker')}.",
            cause="The worker is not running, or can't reach Stripe: paid orders are not fulfilled, and events that "
            "were missed are not caught up with.",
        )
    return ok(f"swept {max(age, 0)} s ago" if cursor else "nothing to sweep for yet")
