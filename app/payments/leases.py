"""Leases: of all workers, one does a periodic job.

The lease is a row that ends soon. Its holder extends it again and again; when the holder has stopped or died, another
worker takes it. Only the database's clock counts, because those of several machines differ.
"""

import logging
import threading
import uuid
from contextlib import suppress
from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.models import Q
from django.db.models.functions import Now

from app.payments.models import Lease
from app.web.outages import release_connection

logger = logging.getLogger(__name__)

# Short, because two holders for a moment do no harm, while nobody does the job until a dead holder's lease ends.
DURATION = timedelta(seconds=6)
EXTEND_EVERY = 2.0  # seconds


class JobLease:
    """This process's lease for `job`. `held` is set while it has it."""

    def __init__(self, job: str) -> None:
        self.job, self.holder = job, uuid.uuid4().hex
        self.held = threading.Event()

    def keep(self, stop: threading.Event) -> None:
        """Take the lease once it is free, extend it until `stop` is set, then give it back.

        On SQLite, which has one worker, it is always held.
        """
        if not connection.features.has_select_for_update_skip_locked:
            self.held.set()
            return
        waiting = False
        while not stop.is_set():
            if self._extend() is waiting:
                waiting = not waiting
                logger.info("%s: %s", self.job, "another worker does it" if waiting else "this worker does it now")
            stop.wait(EXTEND_EVERY)
        with suppress(DatabaseError):
            self.release()

    def take(self) -> bool:
        """Take the lease if it is free, or extend it; return whether this process has it."""
        free_or_ours = Q(until__lte=Now()) | Q(holder=self.holder)
        values = {"holder": self.holder, "until": Now() + DURATION}
        if Lease.objects.filter(free_or_ours, job=self.job).update(**values):
            return True
        _, is_first = Lease.objects.get_or_create(job=self.job, defaults=values)
        return is_first

    def release(self) -> None:
        """Give the lease back, so that another worker need not wait for its end."""
        Lease.objects.filter(job=self.job, holder=self.holder).update(until=Now())

    def _extend(self) -> bool | None:
        """Update `held`, and return whether this process has the lease; None if the database is unavailable."""
        taken = None
        try:
            taken = self.take()
        except DatabaseError:  # the worker's main thread reports it
            pass
        finally:
            release_connection()
        (self.held.set if taken else self.held.clear)()
        return taken
