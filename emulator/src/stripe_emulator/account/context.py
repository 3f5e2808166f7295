"""The unit of work: an API request, a buyer's click, or a scheduled change. It changes objects and emits events."""

from __future__ import annotations

from dataclasses import dataclass, field

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.errors import missing_resource
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.entity import Entity

#: Kinds whose name in "No such …" differs from their object name.
_NAMES = {
    "payment_method": "PaymentMethod",
    "promotion_code": "promotion code",
    "shipping_rate": "shipping rate",
    "tax_rate": "tax rate",
}


def page_context(emulator: Emulator) -> Context:
    """Return the context of a click on a page, which is also a request: its events have a request id."""
    return Context(emulator, request_id=new_id("req", 14))


@dataclass(slots=True)
class Context:
    """A unit of work. Its events show `request_id` and `idempotency_key`; both are None without an API request.

    The code that creates a context commits (`Store.commit`) or rolls back, without an await in between.
    """

    emulator: Emulator
    request_id: str | None = None
    idempotency_key: str | None = None
    #: Event faults from the request's header, in addition to the active ones.
    faults: tuple[JSON, ...] = field(default=())
    #: The base of page URLs: the address that the caller used.
    base_url: str = ""

    def now(self) -> int:
        """Return the emulator's time in whole seconds."""
        return self.emulator.clock.seconds()

    def find(self, kind: str, wanted: str, param: str = "id", *, in_path: bool = False) -> Entity:
        """Return the object. Raises `StripeError` (`resource_missing`) if there is none."""
        entity = self.emulator.store.get(kind, wanted)
        if entity is None or (entity.private.get("deleted") and not in_path):
            raise missing_resource(_NAMES.get(kind, kind), wanted, param=param, in_path=in_path)
        return entity

    def get(self, kind: str, wanted: str | None) -> Entity | None:
        """Return the object, or None."""
        return self.emulator.store.get(kind, wanted) if wanted else None

    def linked(self, kind: str, name: str, value: str) -> list[Entity]:
        """Return all objects of `kind` whose field `name` is `value`, oldest first."""
        return self.emulator.store.linked(kind, name, value)

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
            # An empty value deletes its key; a new object has nothing to delete.
            data["metadata"] = {key: text for key, text in metadata.items() if text != ""}
        entity = Entity(kind, data["id"], data, private or {}, due, keep)
        if due is not None:
            self.emulator.scheduler.expect(due)
        return self.emulator.store.insert(entity)

    def save(self, entity: Entity) -> None:
        """Store a changed object."""
        self.emulator.store.save(entity)

    def delete(self, entity: Entity) -> None:
        """Remove an object."""
        self.emulator.store.delete(entity)

    def schedule(self, entity: Entity, due: float | None) -> None:
        """Schedule the object for `due` (emulator time); None cancels it."""
        entity.due = due
        if due is not None:
            self.emulator.scheduler.expect(due)
        self.save(entity)

    def emit(self, kind: str, data: JSON, previous: JSON | None = None) -> None:
        """Emit an event with a snapshot of `data` as it is now.

        `previous` has the previous values of changed fields (`data.previous_attributes`).
        """
        cause = {"id": self.request_id, "idempotency_key": self.idempotency_key}
        self.emulator.events.emit(kind, data, previous, cause=cause, faults=self.faults)
