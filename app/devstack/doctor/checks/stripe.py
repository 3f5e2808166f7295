"""Which Stripe is it, does it let us in, and does it have the same time?"""

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
    """Emulator, test account, or real money?"""
    if stripe_mode() == "emulator":
        return ok(f"the local Stripe at {settings.STRIPE_EMULATOR_URL} (no STRIPE_SECRET_KEY is set)")
    if stripe_mode() == "test":
        return ok("a Stripe test account")
    beside = " and a public URL: anybody can make real payments here" if public_url() else ""
    return warning(
        f"a LIVE account{beside}",
        f"For development, put a test key (sk_test_…) into STRIPE_SECRET_KEY in .env and {after_editing_env()}.",
        cause="STRIPE_SECRET_KEY is a live key: payments move real money. The doctor makes none.",
    )


def key() -> Verdict:
    """Does Stripe answer, and accept the key?"""
    try:
        started = time.monotonic()
        client.check_access()
    except Problem as problem:
        return explain(problem)
    milliseconds = round((time.monotonic() - started) * 1000 / 2)
    who = "the local Stripe" if stripe_mode() == "emulator" else "Stripe"
    return ok(f"{who} accepts it and answers in {milliseconds} ms")


def clock() -> Verdict:
    """Is this computer's clock right? Signatures of another time are refused."""
    try:
        ahead = time.time() - client.current_time()
    except Problem as problem:
        return explain(problem)
    if abs(ahead) < SUSPICIOUS:
        return ok("right to the second" if abs(ahead) < 3 else f"{_words(ahead)} (harmless)")
    remedy = (
        "Set the clock by the network (Linux: timedatectl set-ntp true; macOS, Windows: date and time settings, "
        "automatic). Docker Desktop: restart it, its clock stands still while the computer sleeps."
    )
    cause = f"This computer's clock is {_words(ahead)} compared with Stripe's."
    if abs(ahead) < TOLERANCE:
        return warning(f"{_words(ahead)}", remedy, cause=cause)
    return failed(f"{_words(ahead)}: every webhook is refused", remedy, cause=cause)


def _words(ahead: float) -> str:
    """`3600` → `1 h 0 min fast`."""
    seconds = round(abs(ahead))
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    length = f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
    return f"{length} {'fast' if ahead > 0 else 'slow'}"
