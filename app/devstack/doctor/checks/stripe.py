"""Checks of Stripe: the mode, the key, and the clocks."""

import time

from django.conf import settings

from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.finding import Verdict, failed, ok, warning
from app.devstack.doctor.remedies import after_editing_env
from app.devstack.doctor.stripe_errors import explain
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


def _words(ahead: float) -> str:
    """Return seconds as text: `3600` becomes `1 h 0 min fast`."""
    seconds = round(abs(ahead))
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    length = f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
    return f"{length} {'fast' if ahead > 0 else 'slow'}"
