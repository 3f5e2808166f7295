"""One unit of work: a request, a buyer's click or a moment that has come. It may change objects and emit events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stripe_emulator.entity import Entity
from stripe_emulator.errors import missing_resource
from stripe_emulator.jsontext import JSON

if TYPE_CHECKING:
    from stripe_emulator.emulator import Emulator

#: Kinds whose name in "No such …" differs from their object name.
_NAMES = {"payment_method": "PaymentMethod"}


@dataclass(slots=True)
class Work:
    """`request_id` and `idempotency_key` end up in the events; both None when no API request was the cause."""

    emulator: Emulator
    request_id: str | None = None
    idempotency_key: str | None = None
    #: Event faults that the request asked for by header, beside the standing ones.
    faults: tuple[JSON, ...] = field(default=())

    def now(self) -> int:
        """The emulator's time in whole seconds."""
        return self.emulator.clock.seconds()

    def find(self, kind: str, wanted: str, param: str = "id", *, in_path: bool = False) -> Entity:
        """The object, or Stripe's error that there is none. Raises `StripeError`."""
        entity = self.emulator.store.get(kind, wanted)
        if entity is None:
            raise missing_resource(_NAMES.get(kind, kind), wanted, param=param, in_path=in_path)
        return entity

    def get(self, kind: str, wanted: str | None) -> Entity | None:
        """The object, or None."""
        return self.emulator.store.get(kind, wanted) if wanted else None

    def add(
        self,
        kind: str,
        data: JSON,
        private: JSON | None = None,
        *,
        due: float | None = None,
        keep: bool = False,
    ) -> Entity:
        """Store a new object."""
        if metadata := data.get("metadata"):
            # An empty value deletes its key: of a new object there is nothing to delete.
            data["metadata"] = {key: text for key, text in metadata.items() if text != ""}
        entity = Entity(kind, data["id"], data, private or {}, due, keep)
        if due is not None:
            self.emulator.agenda.expect(due)
        return self.emulator.store.insert(entity)

    def save(self, entity: Entity) -> None:
        """The object has changed."""
        self.emulator.store.save(entity)

    def schedule(self, entity: Entity, due: float | None) -> None:
        """The agenda looks at the object at `due` (emulator time); None: not any more."""
        entity.due = due
        if due is not None:
            self.emulator.agenda.expect(due)
        self.save(entity)

    def emit(self, kind: str, data: JSON, previous: JSON | None = None) -> None:
        """Tell the world, with a snapshot of `data` as it is now.

        `previous` holds the earlier values of what changed (`data.previous_attributes`).
        """
        self.emulator.events.emit(self, kind, data, previous)
