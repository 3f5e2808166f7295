"""Events: a snapshot of an object, stored with the very bytes that are delivered ("The Event object")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_emulator.entity import Entity
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON, pretty

if TYPE_CHECKING:
    from stripe_emulator.emulator import Emulator
    from stripe_emulator.work import Work


class Events:
    """Writes events and hands them to the deliveries."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def emit(self, work: Work, kind: str, data: JSON, previous: JSON | None = None) -> None:
        """Store an event of type `kind` about `data` and queue its deliveries."""
        emulator = self._emulator
        wanting = emulator.deliveries.wanting(kind)
        payload: JSON = {"object": data} if previous is None else {"object": data, "previous_attributes": previous}
        event: JSON = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": emulator.config.api_version,
            "created": emulator.clock.seconds(),
            "data": payload,
            "livemode": False,
            "pending_webhooks": len(wanting),
            "request": {"id": work.request_id, "idempotency_key": work.idempotency_key},
            "type": kind,
        }
        stored = Entity("event", event["id"], event, text=pretty(event))
        emulator.store.insert(stored)
        if wanting:
            emulator.deliveries.queue(event["id"], kind, wanting, work.faults)
