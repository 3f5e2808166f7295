"""`manage.py db_worker`: the worker. Runs queued tasks, and sweeps on start and every minute."""

import logging
import threading
import time
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django_tasks_db.management.commands import db_worker

from app.payments.catch_up import catch_up
from app.payments.problems import Problem
from app.payments.pruning import prune_events

logger = logging.getLogger(__name__)

PRUNE_INTERVAL = 3600.0  # seconds


class Command(db_worker.Command):
    """django-tasks' worker, with the sweep beside it in a thread of its own."""

    help = "Run the worker: queued tasks as they come, and a catch-up sweep every minute."

    def handle(self, **options: Any) -> None:
        """Work until told to stop; with --batch, sweep once, work off the queue and end."""
        logging.getLogger("django_tasks_db").setLevel(logging.WARNING)
        if options["batch"]:
            sweep_once()
        else:
            threading.Thread(target=sweep_forever, args=(threading.Event(),), name="catch-up", daemon=True).start()
        super().handle(**options)


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
    """One sweep, logged; no error ends the worker."""
    try:
        close_old_connections()
        sweep = catch_up(logger.info)
    except Problem as problem:
        logger.warning("Catch-up postponed: %s", problem.detail)
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
