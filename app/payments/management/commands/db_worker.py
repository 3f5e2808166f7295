"""`manage.py db_worker`: the worker. It works off the outbox, and catches up with Stripe at start and every minute."""

import logging
import os
import signal
import threading
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, InterfaceError, OperationalError, close_old_connections

from app.payments import outbox
from app.payments.erasure import erase_old
from app.payments.leases import JobLease
from app.payments.models import Fulfillment, Message
from app.payments.pruning import prune_events
from app.payments.stripe.catch_up import catch_up
from app.web.health import is_migrated
from app.web.outages import forget_dead_connections, reason_of
from app.web.problems import Problem

logger = logging.getLogger(__name__)

POLL = 0.5  # seconds between queries for a due row
PRUNE_INTERVAL = 3600.0  # seconds
STALLED_AFTER = 10.0  # seconds without an update; a fulfillment has its lease in addition
RELEASE_WITHIN = 5.0  # seconds


class Command(BaseCommand):
    """Fulfill orders, and send messages and catch up in two more threads."""

    requires_system_checks = ()  # a server runs them; here, they would import the API and all pages
    help = "Run the worker: it fulfills paid orders, sends emails and webhooks, and catches up with Stripe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--batch` and `--alive`."""
        parser.add_argument("--batch", action="store_true", help="catch up once, do what is due, and exit")
        parser.add_argument("--alive", type=Path, metavar="FILE", help="keep FILE up to date for scripts/probe")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT, and finish the current fulfillment and message first."""
        if options["batch"]:
            catch_up_once()
            outbox.process_due()
            return
        stop = set_by_signals()
        alive = Alive(options["alive"])
        wait_for_migrations(stop, alive)
        lease = JobLease("catch-up")
        keeper = threading.Thread(target=lease.keep, args=(stop,), name="lease", daemon=True)
        keeper.start()
        threading.Thread(target=catch_up_forever, args=(stop, lease.held), name="catch-up", daemon=True).start()
        # A slow mail server or webhook delays no fulfillment.
        messages = threading.Thread(target=send_forever, args=(stop,), name="messages", daemon=True)
        messages.start()
        work_forever(Fulfillment, stop, alive)
        messages.join()
        keeper.join(RELEASE_WITHIN)


def set_by_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a thread: the handler interrupts the main thread, which may just hold the event's lock, in `stop.wait`.
        signal.signal(number, lambda *_: threading.Thread(target=stop.set).start())
    return stop


class Alive:
    """A file that tells health checks how the worker is (scripts/probe).

    It is modified in the future, at the moment when the worker counts as stalled, and contains what the worker is
    waiting for, if anything.
    """

    def __init__(self, file: Path | None) -> None:
        self.file, self._written = file, ""

    def update(self, within: float = STALLED_AFTER, *, waiting_for: str = "") -> None:
        """Record that the next update comes `within` seconds."""
        if self.file is None:
            return
        with suppress(OSError):  # a full or read-only disk must not stop the worker; the health check notices
            if waiting_for != self._written or not self.file.exists():
                self.file.write_text(waiting_for)
                self._written = waiting_for
            stalled_at = time.time() + within
            os.utime(self.file, (stalled_at, stalled_at))

    def working(self) -> None:
        """Record that a fulfillment starts, which may take as long as its lease."""
        self.update(settings.FULFILLMENT_LEASE + STALLED_AFTER)


def wait_for_migrations(stop: threading.Event, alive: Alive) -> None:
    """Wait until the database has this version's tables, or until `stop` is set."""
    waiting = False
    while not is_migrated() and not stop.is_set():
        alive.update(waiting_for="The database is not migrated.")
        if not waiting:
            logger.info("Waiting until the database is migrated")
        waiting = True
        _forget_connections()
        stop.wait(POLL)
    if waiting and not stop.is_set():
        logger.info("The database is migrated: starting")


def work_forever(queue: outbox.Queue, stop: threading.Event, alive: Alive) -> None:
    """Process the queue's rows as they become due, until `stop` is set. Wait while the database is unavailable."""
    waiting = False
    # Both queues are in the same database: one thread reports its state.
    info, warning = (logging.INFO, logging.WARNING) if queue is Fulfillment else (logging.DEBUG, logging.DEBUG)
    while not stop.is_set():
        try:
            had_work = outbox.process_one(queue, alive.working)
            alive.update()
            if waiting:
                logger.log(info, "The database is back")
            waiting = False
        except Error as error:  # locked, restarted, read-only, not migrated yet
            reason = reason_of(error) or str(error).partition("\n")[0]
            if not waiting:
                logger.log(warning, "Waiting for the database: %s", reason)
            had_work, waiting = False, True
            alive.update(waiting_for=f"The database is unavailable: {reason}")
            _forget_connections()
        if not had_work:
            close_old_connections()  # back to the pool: all threads together need one or two
            stop.wait(POLL)


def send_forever(stop: threading.Event) -> None:
    """Send messages until `stop` is set. An unexpected error ends the whole worker, so that it is started again."""
    try:
        work_forever(Message, stop, Alive(None))
    finally:
        stop.set()
        close_old_connections()


def _forget_connections() -> None:
    try:
        forget_dead_connections()
    except (OperationalError, InterfaceError):
        close_old_connections()


def catch_up_forever(stop: threading.Event, held: threading.Event) -> None:
    """Catch up at once and then every CATCH_UP_INTERVAL, and prune every hour, until `stop` is set.

    Only while `held` is set: several workers would ask Stripe for the same events.
    """
    pruned_at = float("-inf")
    while held.wait():
        catch_up_once()
        if time.monotonic() - pruned_at >= PRUNE_INTERVAL:
            prune_once()
            pruned_at = time.monotonic()
        if stop.wait(settings.CATCH_UP_INTERVAL):
            return


def catch_up_once() -> None:
    """Catch up once and log the result. Errors don't stop the worker."""
    try:
        close_old_connections()
        result = catch_up(logger.info)
    except Problem as problem:
        logger.warning("Catch-up postponed: %s", problem.detail)
    except (OperationalError, InterfaceError) as error:
        logger.warning("Catch-up postponed: the database is unavailable: %s", str(error).partition("\n")[0])
        _forget_connections()
    except Exception:
        logger.exception("Catch-up failed; it will be retried")
    else:
        if result.did_something:
            logger.info("Caught up: %s", result)
    finally:
        close_old_connections()


def prune_once() -> None:
    """Delete old events, erase old personal data, and log the result. Errors don't stop the worker."""
    try:
        if deleted := prune_events():
            logger.info("%s old events deleted", deleted)
        if erased := erase_old():
            logger.info("Personal data of %s old orders erased", erased)
    except Exception:
        logger.exception("Deleting old data failed; it will be retried")
    finally:
        close_old_connections()
