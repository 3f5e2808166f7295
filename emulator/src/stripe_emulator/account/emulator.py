"""All parts of one emulator, wired together once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from stripe_emulator.account.events import Events
from stripe_emulator.account.scheduler import Scheduler
from stripe_emulator.clock import Clock
from stripe_emulator.config import Config
from stripe_emulator.deliveries import Deliveries
from stripe_emulator.deliveries.http_client import HttpClient
from stripe_emulator.deliveries.webhook_endpoint import WebhookEndpoint
from stripe_emulator.faults.rules import Faults
from stripe_emulator.request_log import RequestLog
from stripe_emulator.storage.entity import Entity
from stripe_emulator.storage.idempotency import Idempotency
from stripe_emulator.storage.pruning import Pruning
from stripe_emulator.storage.store import Store
from stripe_emulator.stripe_cli import StripeCli
from stripe_emulator.versions.released import checked


class Emulator:
    """A Stripe account in test mode. It has no global state, so a process can have several.

    `linked` has the indexed fields of each kind of object.
    """

    def __init__(self, config: Config, linked: Mapping[str, tuple[str, ...]]) -> None:
        checked(config.api_version)
        self.config = config
        self.store = Store(config.data, linked)
        self.clock = Clock(self.store.setting("clock_offset") or 0.0)
        self.clock.watch(self._store_clock)
        self.faults = Faults()
        self.requests = RequestLog()
        self.idempotency = Idempotency(self.store, self.clock)
        self.pruning = Pruning(self.store, self.clock, config)
        self.deliveries = Deliveries(self.store, self.clock, config, self.faults)
        self.stripe_cli = StripeCli(self.store, self.clock, config, self.deliveries)
        self.events = Events(self.store, self.clock, self.deliveries, config.api_version)
        self.scheduler = Scheduler(self.store, self.clock)
        self._http = HttpClient()

    def start(self, handle_due: Callable[[Entity], None]) -> None:
        """Resume where the last process stopped. Needs a running event loop. `handle_due` is called for due objects."""
        self._attach_all()
        self.stripe_cli.start()
        self.scheduler.start(handle_due)

    async def stop(self) -> None:
        """Stop deliveries (they stay pending) and close the state."""
        self.scheduler.stop()
        await self.deliveries.stop()
        self._http.close()
        self.store.close()

    def _attach_all(self) -> None:
        for endpoint in self.store.select("e.kind='webhook_endpoint' ORDER BY e.seq"):
            self.attach(endpoint)

    def attach(self, endpoint: Entity) -> None:
        """Deliver events to this webhook endpoint from now on."""
        self.deliveries.register(WebhookEndpoint(endpoint, self._http, self.config.delivery_timeout))

    def reset(self, *, webhook_endpoints: bool = False) -> None:
        """Delete objects, events, deliveries and faults, and set the clock back to real time.

        Connected CLIs stay, and so do webhook endpoints unless `webhook_endpoints` is true: both are set up once, and
        other programs have their secrets.
        """
        self.deliveries.empty()  # before the log reuses the ids of deliveries in flight
        try:
            self.store.clear(kept=None if webhook_endpoints else "webhook_endpoint")
        except sqlite3.Error:
            self.store.rollback()
            raise
        else:
            self.faults.remove(None)
            self.requests.clear()
            self.clock.offset = 0.0
        finally:
            self._attach_all()
            self.stripe_cli.restore()

    def _store_clock(self) -> None:
        self.store.set_setting("clock_offset", self.clock.offset)
        self.store.commit()
