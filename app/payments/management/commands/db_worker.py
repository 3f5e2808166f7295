"""`manage.py db_worker`: the worker. Fulfills paid orders as they come, and sweeps on start and every minute."""

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, InterfaceError, OperationalError, close_old_connections

from app.payments import outbox
from app.payments.pruning import prune_events
from app.payments.stripe.catch_up import catch_up
from app.web.outages import forget_dead_connections, reason_of
from app.web.problems import Problem

logger = logging.getLogger(__name__)

POLL = 0.5  # seconds between looks for a paid order
PRUNE_INTERVAL = 3600.0  # seconds


class Command(BaseCommand):
    """Works off the outbox, with the sweep beside it in a thread of its own."""

    help = "Run the worker: it fulfills paid orders as they come, and catches up with Stripe every minute."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to end."""
        parser.add_argument("--batch", action="store_true", help="sweep once, fulfill what is due, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until told to stop (SIGTERM, SIGINT): what is under way is finished."""
        if options["batch"]:
            sweep_once()
            outbox.work_off()
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        threading.Thread(target=sweep_forever, args=(stop,), name="catch-up", daemon=True).start()
        fulfill_forever(stop)


def fulfill_forever(stop: threading.Event) -> None:
    """Fulfill orders as they become due, until `stop` is set; a database that is away is waited for."""
    away = False
    while not stop.is_set():
        try:
            had_work = outbox.work_one()
            if away:
                logger.info("The database is back")
            away = False
        except Error as error:  # locked, restarted, read-only, not migrated yet
            reason = reason_of(error) or str(error).partition("\n")[0]
            if not away:
                logger.warning("Waiting for the database: %s", reason)
            had_work, away = False, True
            _forget_connections()
        if not had_work:
            stop.wait(POLL)


def _forget_connections() -> None:
    try:
        forget_dead_connections()
    except (OperationalError, InterfaceError):
        close_old_connections()


def sweep_forever(stop: threading.Event) -> None:
    """Sweep now and then every minute, and prune every hour, until `stop` is set."""
    pruned_at = float("-inf")
    while True:
        sweep_once()
        if time.monotonic() - pruned_at >= PRUNE_INTERVAL:
            prune_once()
            pruned_at = time.monotonic()
        if stop.wait(settings.SWEEP_INTERVAL):
            return


def sweep_once() -> None:
    """Sweep once, logged; no error ends the worker."""
    try:
        close_old_connections()
        sweep = catch_up(logger.info)
    except Problem as problem:
        logger.warning("Catch-up postponed: %s", problem.detail)
    except (OperationalError, InterfaceError) as error:
        logger.warning("Catch-up postponed: the database is away: %s", str(error).partition("\n")[0])
        _forget_connections()
    except Exception:
        logger.exception("Catch-up failed; it will be tried again")
    else:
        if sweep.did_something:
            logger.info("Caught up: %s", sweep)
    finally:
        close_old_connections()


def prune_once() -> None:
    """Delete old events, logged; no error ends the worker."""
    try:
        if deleted := prune_events():
            logger.info("%s old events deleted", deleted)
    except Exception:
        logger.exception("Old events could not be deleted; it will be tried again")
    finally:
        close_old_connections()
