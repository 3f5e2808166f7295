"""All the parts of one emulator, wired together once."""

from __future__ import annotations

from stripe_emulator.agenda import Agenda
from stripe_emulator.clock import Clock
from stripe_emulator.config import Config
from stripe_emulator.deliveries import Deliveries
from stripe_emulator.deliveries.endpoint import EndpointDestination
from stripe_emulator.deliveries.http import HttpClient
from stripe_emulator.entity import Entity
from stripe_emulator.events import Events
from stripe_emulator.faults import Faults
from stripe_emulator.idempotency import Idempotency
from stripe_emulator.payments.duties import DUTIES
from stripe_emulator.pruning import Pruning
from stripe_emulator.requestlog import RequestLog
from stripe_emulator.store import Store
from stripe_emulator.stripe_cli import StripeCli
from stripe_emulator.work import Work


class Emulator:
    """One Stripe account in test mode. Nothing in it is global, so a process can hold several."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(config.data)
        self.clock = Clock(self.store.setting("clock_offset") or 0.0)
        self.clock.watch(self._remember_clock)
        self.faults = Faults()
        self.requests = RequestLog()
        self.idempotency = Idempotency(self.store, self.clock)
        self.http = HttpClient()
        self.deliveries = Deliveries(self)
        self.stripe_cli = StripeCli(self)
        self.events = Events(self)
        self.agenda = Agenda(self, DUTIES)
        self.pruning = Pruning(self)

    def work(self) -> Work:
        """A unit of work that no API request caused."""
        return Work(self)

    def start(self) -> None:
        """The event loop runs: go on where the last process stopped."""
        self._attach_all()
        self.stripe_cli.start()
        self.agenda.run()

    async def stop(self) -> None:
        """Break off deliveries (they stay pending) and close the state."""
        self.agenda.stop()
        await self.deliveries.stop()
        self.http.close()
        self.store.close()

    def _attach_all(self) -> None:
        for endpoint in self.store.select("e.kind='webhook_endpoint' ORDER BY e.seq"):
            self.attach(endpoint)

    def attach(self, endpoint: Entity) -> None:
        """Events go to this webhook endpoint from now on."""
        destination = EndpointDestination(endpoint, self.http, self.config.delivery_timeout)
        self.deliveries.register(destination)

    def reset(self) -> None:
        """No objects, events, deliveries, faults; the clock back to real time.

        Who gets events stays: webhook endpoints and connected CLIs are set up once, with a secret that others hold.
        """
        self.deliveries.empty()  # before the log gives the numbers of attempts in flight to others
        self.faults.remove(None)
        self.requests.clear()
        self.store.clear(kept="webhook_endpoint")
        self.clock.offset = 0.0
        self._attach_all()
        self.stripe_cli.restore()

    def _remember_clock(self) -> None:
        self.store.set_setting("clock_offset", self.clock.offset)
        self.store.commit()
