"""Checks of Stripe: the mode, the key, the clocks, and who else uses the account."""

import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.finding import Verdict, failed, ok, warning
from app.devstack.doctor.remedies import after_editing_env
from app.devstack.doctor.stripe_errors import explain
from app.devstack.stripe_cli_status import device_name
from app.payments.models import Order, StripeEvent
from app.payments.refresh import SESSION_MISSING
from app.payments.stripe import client
from app.payments.stripe.signature import TOLERANCE
from app.web.problems import Problem
from app.web.public_url import public_url

SUSPICIOUS = 30  # seconds


def mode() -> Verdict:
    """Report the mode: the emulator, a test account or a live account."""
    if stripe_mode() == "emulator":
        return ok(f"the local Stripe at {settings.STRIPE_EMULATOR_URL} (no STRIPE_SECRET_KEY is set)")
    if stripe_mode() == "test":
        return ok("a Stripe test account")
    exposure = " and a public URL: anyone can make real payments here" if public_url() else ""
    return warning(
        f"a LIVE account{exposure}",
        f"For development, set STRIPE_SECRET_KEY in .env to a test key (sk_test_…) and {after_editing_env()}.",
        cause="STRIPE_SECRET_KEY is a live key: payments move real money. The doctor creates no payments.",
    )


def key() -> Verdict:
    """Check that Stripe responds and accepts the key."""
    try:
        started = time.monotonic()
        client.check_access()
    except Problem as problem:
        return explain(problem)
    milliseconds = round((time.monotonic() - started) * 1000 / 2)
    who = "the local Stripe" if stripe_mode() == "emulator" else "Stripe"
    return ok(f"{who} accepts the key and responds in {milliseconds} ms")


def clock() -> Verdict:
    """Check this computer's clock: if it is wrong, the signatures of all events are rejected."""
    try:
        ahead = time.time() - client.current_time()
    except Problem as problem:
        return explain(problem)
    if abs(ahead) < SUSPICIOUS:
        return ok("accurate to the second" if abs(ahead) < 3 else f"{_words(ahead)} (harmless)")
    remedy = (
        "Synchronize the clock (Linux: timedatectl set-ntp true; macOS, Windows: set date and time automatically). "
        "Restart Docker Desktop: its clock stops while the computer sleeps."
    )
    cause = f"This computer's clock is {_words(ahead)} compared with Stripe's."
    if abs(ahead) < TOLERANCE:
        return warning(f"{_words(ahead)}", remedy, cause=cause)
    return failed(f"{_words(ahead)}: every webhook is rejected", remedy, cause=cause)


def known_orders() -> Verdict:
    """Check that Stripe knows the newest order: after a change of the key, the database still has the old ones."""
    newest = Order.objects.exclude(stripe_session_id=None).order_by("-created_at").first()
    if newest is None:
        return ok("none yet")
    try:
        client.retrieve_session(str(newest.stripe_session_id))
    except Problem as problem:
        if not client.is_unknown(problem):
            return explain(problem)
        return warning(
            "Stripe does not know the newest order in this database",
            "New orders work. Of the old ones, the worker closes those that are still open after an hour, and a refund "
            "must be made where the order was paid. To start with an empty database, set another DATA_DIR or "
            "DATABASE_URL in .env. See docs/troubleshooting.md.",
            cause="It was created with another account's key or at the local Stripe, or the local Stripe was reset.",
        )
    recent = Order.objects.filter(created_at__gte=timezone.now() - timedelta(days=30))
    closed = recent.filter(reason_code=SESSION_MISSING).count()
    return ok("Stripe knows the newest" + (f"; closed, because it does not know them: {closed}" if closed else ""))


def sharing() -> Verdict:
    """Report the events of other installations: every `stripe listen` of an account gets all of its events."""
    yesterday = timezone.now() - timedelta(days=1)
    foreign = StripeEvent.objects.filter(received_at__gte=yesterday, outcome=StripeEvent.Outcome.FOREIGN).count()
    device = device_name() if stripe_mode() != "emulator" else ""
    here = f"; the Stripe CLI listens as {device}" if device else ""
    return ok(f"{foreign or 'no'} events of other installations in the last day{here}")


def _words(ahead: float) -> str:
    """Return seconds as text: `3600` becomes `1 h 0 min fast`."""
    seconds = round(abs(ahead))
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    length = f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
    return f"{length} {'fast' if ahead > 0 else 'slow'}"
