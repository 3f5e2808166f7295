"""The state of each link, and since when.

All server processes share the latest state through a file. So each reports the same "since", and nothing is checked
more often than the page needs.
"""

import fcntl
import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.db import DatabaseError, connection

from app.config.stripe_mode import stripe_mode
from app.devstack.console import emulator, outside
from app.devstack.doctor.checks.app import CATCH_UP_OVERDUE
from app.devstack.doctor.checks.tunnel import expected_agents, tunnel_error
from app.devstack.doctor.finding import Status
from app.devstack.stripe_cli_status import cli_status
from app.payments.models import Fulfillment, StripeEvent
from app.payments.stripe import refusals
from app.payments.stripe.catch_up import caught_up_at
from app.web.public_url import public_url

logger = logging.getLogger(__name__)

FRESH = 1.5  # seconds
WATCH_EVERY = 5.0  # seconds
REFUSED, REFUSED_FOR_TIME = "refused: wrong webhook secret", "refused: this computer's clock is wrong"
# FAULTY: it works, but not as it should.
UP, FAULTY, DOWN, UNKNOWN, OFF = "up", "faulty", "down", "unknown", "off"

Link = dict[str, Any]
State = tuple[str, str]  # one of the five above, and its text
DATABASE_DOWN: State = UNKNOWN, "unknown: the database is down"


def links() -> dict[str, Link]:
    """Return each link's `state`, the state's text (`words`) and start (`since`, in seconds since the epoch)."""
    with _path().open("a+", errors="replace") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # one process checks, the others reuse its result
        file.seek(0)
        known = _read(file.read())
        now = time.time()
        if now - known["at"] < FRESH:
            found: dict[str, Link] = known["links"]
            return found
        seen = {name: _with_since(state, known["links"].get(name), now) for name, state in _check_all().items()}
        file.truncate(0)
        file.write(json.dumps({"at": now, "links": seen}))
    return seen


def watch() -> None:
    """Check the links periodically in a thread, so that "since" is known before anyone opens the page."""
    threading.Thread(target=_watch_forever, name="wiring", daemon=True).start()


def _watch_forever() -> None:
    while True:
        try:
            links()
            outside.check_if_due()
        except Exception:
            logger.exception("The links could not be checked")
        finally:
            connection.close()
        time.sleep(WATCH_EVERY)


def _read(text: str) -> dict[str, Any]:
    try:
        return {"at": 0.0, "links": {}, **json.loads(text)}
    except (ValueError, TypeError):
        return {"at": 0.0, "links": {}}


def _check_all() -> dict[str, State]:
    """Check every link. While the database is down, wait for its timeout only once."""
    seen = {"database": _database()}
    need_database = {"worker"} if stripe_mode() == "emulator" else {"worker", "stripe", "events"}
    skipped = need_database if seen["database"][0] == DOWN else set()
    return seen | {name: DATABASE_DOWN if name in skipped else _run(check) for name, check in CHECKS.items()}


def _run(check: Callable[[], State]) -> State:
    try:
        return check()
    except DatabaseError:
        return DATABASE_DOWN


def _with_since(state: State, before: Link | None, now: float) -> Link:
    same = before is not None and before["state"] == state[0]
    return {"state": state[0], "words": state[1], "since": before["since"] if same and before else now}


def _database() -> State:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return DOWN, "not responding"
    return UP, connection.display_name


def _worker() -> State:
    caught_up = caught_up_at(any_key=True)
    if caught_up is None:  # the first catch-up follows the first order
        delivers = Fulfillment.objects.filter(done_at__isnull=False).exists()
        return (UP, "fulfills orders") if delivers else (UNKNOWN, "nothing to do yet")
    age = int(time.time()) - caught_up
    return (DOWN, f"no catch-up for {age // 60} min") if age > CATCH_UP_OVERDUE else (UP, "catches up every minute")


def _stripe() -> State:
    if stripe_mode() == "emulator":
        try:
            return _fault_on("stripe") or (UP, "local, no account needed")
        except emulator.EmulatorDown:
            return DOWN, "not responding"
    # Stripe itself is not called every few seconds; the worker's catch-up calls it once a minute.
    recent = time.time() - (caught_up_at() or 0) <= CATCH_UP_OVERDUE
    return (UP, "responding") if recent else (UNKNOWN, "no recent response")


def _fault_on(link: Literal["stripe", "events"]) -> State | None:
    """Return the link's state while a fault of the local Stripe is on, else None. Raises EmulatorDown."""
    effect, is_fatal = emulator.fault_on(link)
    return (DOWN if is_fatal else FAULTY, f"fault: {effect}") if effect else None


def _events() -> State:
    """Check the delivery of events to the webhook. What breaks it outranks a fault that is switched on."""
    state, words = _events_delivered()
    if stripe_mode() == "emulator" and state != DOWN:
        with suppress(emulator.EmulatorDown):
            return _fault_on("events") or (state, words)
    return state, words


def _events_delivered() -> State:
    """Check the latest events first, then the Stripe CLI's own status."""
    state, words = _latest_events()
    cli = cli_status()
    if cli is None or words in (REFUSED, REFUSED_FOR_TIME):
        return state, words
    if cli.error:
        return DOWN, cli.error
    return (UP, "the Stripe CLI is connected") if state == UNKNOWN else (state, words)


def _latest_events() -> State:
    if stripe_mode() == "emulator":
        return _emulators_deliveries()
    last = StripeEvent.objects.only("received_at", "source").first()
    if refused := _refusal_after(last.received_at.timestamp() if last else 0):
        return DOWN, refused
    if last is None:
        return UNKNOWN, "no event yet"
    delivered = last.source == StripeEvent.Source.WEBHOOK
    return (UP, "events arrive") if delivered else (DOWN, "the last one was not delivered; catch-up fetched it")


def _emulators_deliveries() -> State:
    try:
        deliveries = emulator.call("GET", "deliveries?limit=20")["data"]
    except emulator.EmulatorDown:
        return UNKNOWN, "unknown: the local Stripe is down"
    for delivery in deliveries:
        if delivery["state"] == "delivered":
            return UP, "events arrive"
        if delivery["attempts"]:
            return DOWN, _refusal_after(delivery["created"]) or "the app rejects them"
        if delivery["state"] == "pending" and time.time() - delivery["next_attempt_at"] > WATCH_EVERY:
            return DOWN, "nothing picks them up"
    return UNKNOWN, "no event yet"


def _refusal_after(moment: float) -> str:
    refusal = refusals.last()
    if refusal is None or refusal.at <= moment:
        return ""
    return REFUSED_FOR_TIME if refusal.is_about_time else REFUSED


def _tunnel() -> State:
    if url := public_url():
        seen = outside.last()
        if seen.url != url:
            return UNKNOWN, f"{url.partition('://')[2]}: not checked yet"
        return {Status.OK: UP, Status.WARNING: FAULTY}.get(Status(seen.status), DOWN), seen.words
    if not expected_agents():
        return OFF, "not configured"
    error = tunnel_error()
    return DOWN, error.cause.rstrip(".") if error else "no public URL"


CHECKS: dict[str, Callable[[], State]] = {
    "worker": _worker,
    "stripe": _stripe,
    "events": _events,
    "tunnel": _tunnel,
}


def _path() -> Path:
    return Path(settings.DATA_DIR) / "wiring.json"
