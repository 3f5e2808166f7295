"""Checks of the app: it responds, browsers on other PCs may call it, and its worker runs."""

import time

from django.conf import settings
from django.db import DatabaseError

from app.config.machine import own_url
from app.devstack.doctor.finding import Verdict, failed, ok, warning
from app.devstack.doctor.public_url import leads_here
from app.devstack.doctor.remedies import after_editing_env, restart
from app.devstack.http import NoResponse, send
from app.payments.models import Order
from app.payments.stripe.catch_up import caught_up_at
from app.web.public_url import public_url

CATCH_UP_OVERDUE = 180  # seconds; a catch-up is due every minute
WANTED_HEADERS = ("content-type", "idempotency-key", "ngrok-skip-browser-warning")


def responds() -> Verdict:
    """Check that the app is up and ready."""
    try:
        response = send("GET", f"{own_url()}/readyz")
    except NoResponse as error:
        return failed(
            f"The app is not responding at {own_url()}",
            restart("app"),
            cause=f"{str(error).capitalize()}.",
        )
    if response.status == 200:
        return _is_this_installation()
    try:
        missing = ", ".join(response.json().get("missing", [])).replace("_", " ")
    except ValueError:
        return failed(
            f"Another program responds at {own_url()}",
            f"Stop that program, or set another PORT in .env and {after_editing_env()}.",
            cause=f"/readyz returns {response.status}, which this app never does.",
        )
    missing = missing or "no reason given"
    return failed(f"not ready: {missing}", "See the other checks.", cause="/readyz returns 503.")


def _is_this_installation() -> Verdict:
    try:
        is_here, _ = leads_here(own_url())
    except DatabaseError:  # which the database's own check reports
        is_here = True
    if is_here:
        return ok(f"ready at {own_url()}")
    return failed(
        f"Another installation responds at {own_url()}",
        f"Stop it, or set another PORT in .env and {after_editing_env()}.",
        cause="It is this program with another database or SECRET_KEY.",
    )


def cors() -> Verdict:
    """Check that a frontend on another PC may call the API from its pages."""
    origin = settings.FRONTEND_ORIGINS[0] if settings.FRONTEND_ORIGINS else "http://frontend.example:3000"
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ", ".join(WANTED_HEADERS),
    }
    try:
        response = send("OPTIONS", f"{own_url()}/api/checkout/", headers)
    except NoResponse as error:
        return failed("No response to the CORS preflight", restart("app"), cause=f"{str(error).capitalize()}.")
    allowed = response.headers.get("Access-Control-Allow-Origin")
    granted = response.headers.get("Access-Control-Allow-Headers", "").lower()
    lacking = [name for name in WANTED_HEADERS if name not in granted]
    if allowed not in ("*", origin) or lacking:
        return failed(
            f"Browsers block calls from {origin}",
            f"Check FRONTEND_ORIGINS in .env (empty allows every origin) and {after_editing_env()}.",
            cause=f"Allowed origin: {allowed}; headers not allowed: {', '.join(lacking) or 'none'}.",
        )
    secure = [each for each in settings.FRONTEND_ORIGINS if each.startswith("https://")]
    if secure and not public_url(ask_now=True).startswith("https://"):
        return warning(
            f"{', '.join(secure)} can call this server only from this PC",
            "Use a tunnel (NGROK_AUTHTOKEN or COMPOSE_PROFILES=cloudflared in .env) or an https PUBLIC_URL, or open "
            "the frontend over http.",
            cause="Browsers block calls from an https page to an http address that is not localhost (mixed content).",
        )
    who = "any frontend" if allowed == "*" else ", ".join(settings.FRONTEND_ORIGINS)
    return ok(f"{who} may call the API")


def worker() -> Verdict:
    """Check that the worker catches up; it then also fulfills paid orders."""
    caught_up = caught_up_at(any_key=True)
    if caught_up is None:
        # Before the first order there is nothing to catch up with.
        first = Order.objects.order_by("created_at").values_list("created_at", flat=True).first()
        age = int(time.time() - first.timestamp()) if first else 0
    else:
        age = int(time.time()) - caught_up
    if age > CATCH_UP_OVERDUE:
        return failed(
            f"No catch-up for {age // 60} minutes",
            restart("worker"),
            cause="The worker is not running, or can't reach Stripe. Paid orders are not fulfilled, and missed events "
            "are not fetched.",
        )
    return ok(f"caught up {max(age, 0)} s ago" if caught_up else "nothing to do yet")
