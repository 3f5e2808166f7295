"""Events: snapshots of objects, stored with the exact bytes that are delivered ("The Event object")."""

from __future__ import annotations

from stripe_emulator.clock import Clock
from stripe_emulator.deliveries import Deliveries
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON, pretty
from stripe_emulator.storage.entity import Entity
from stripe_emulator.storage.store import Store


class Events:
    """The events: stored, and queued for delivery."""

    def __init__(self, store: Store, clock: Clock, deliveries: Deliveries, api_version: str) -> None:
        self._store = store
        self._clock = clock
        self._deliveries = deliveries
        self._api_version = api_version

    def emit(self, kind: str, data: JSON, previous: JSON | None, *, cause: JSON, faults: tuple[JSON, ...]) -> None:
        """Store an event of type `kind` about `data`. `cause` is the event's `request`."""
        wanting = self._deliveries.wanting(kind)
        payload: JSON = {"object": data} if previous is None else {"object": data, "previous_attributes": previous}
        event: JSON = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": self._api_version,
            "created": self._clock.seconds(),
            "data": payload,
            "livemode": False,
            "pending_webhooks": len(wanting),
            "request": cause,
            "type": kind,
        }
        self._store.insert(Entity("event", event["id"], event, text=pretty(event)))
        if wanting:
            self._deliveries.queue(event["id"], kind, wanting, faults)
