"""The delivery log: one row per event and destination, one per attempt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stripe_emulator.deliveries.destination import Destination
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.store import Store


@dataclass(slots=True)
class Pending:
    """A pending delivery. Times are the emulator's."""

    id: int
    event_id: str
    kind: str
    destination: str
    tries: int
    created: float
    due: float


class DeliveryLog:
    """The delivery log. Writes are part of the store's transaction; the caller commits."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, event_id: str, kind: str, destination: Destination, now: float, delay: float | None
    ) -> Pending | None:
        """Add a delivery, due after `delay` seconds; None means that a fault drops it."""
        lost = delay is None
        due = now + (delay or 0.0)
        cursor = self._store.write(
            "INSERT INTO deliveries (event,type,destination,url,state,created,due) VALUES (?,?,?,?,?,?,?)",
            (event_id, kind, destination.id, destination.url, "dropped" if lost else "pending", now, due),
        )
        return None if lost else Pending(cursor.lastrowid or 0, event_id, kind, destination.id, 0, now, due)

    def pending(self, destination: str) -> list[Pending]:
        """Return the destination's pending deliveries."""
        rows = self._store.db.execute(
            "SELECT id,event,type,destination,tries,created,due FROM deliveries "
            "WHERE state='pending' AND destination=? ORDER BY due",
            (destination,),
        )
        return [Pending(*row) for row in rows]

    def is_pending(self, wanted: int) -> bool:
        """Return whether the delivery is still pending."""
        row = self._store.db.execute("SELECT 1 FROM deliveries WHERE id=? AND state='pending'", (wanted,)).fetchone()
        return row is not None

    def pending_for(self, event_id: str) -> int:
        """Count the event's pending deliveries (`pending_webhooks`)."""
        sql = "SELECT count(*) FROM deliveries WHERE event=? AND state='pending'"
        return int(self._store.db.execute(sql, (event_id,)).fetchone()[0])

    def undelivered(self, event_id: str) -> bool:
        """Return whether any destination has not received it (`delivery_success=false`)."""
        sql = "SELECT 1 FROM deliveries WHERE event=? AND state NOT IN ('delivered', 'unwanted') LIMIT 1"
        return self._store.db.execute(sql, (event_id,)).fetchone() is not None

    def record(
        self, pending: Pending, state: str, at: float, status: int | None, error: str | None, seconds: float
    ) -> None:
        """Record one attempt."""
        self._store.write("INSERT INTO attempts VALUES (?,?,?,?,?)", (pending.id, at, status, error, seconds))
        self._store.write(
            "UPDATE deliveries SET state=?, tries=?, due=? WHERE id=?",
            (state, pending.tries, pending.due, pending.id),
        )

    def close(self, pending: Pending, state: str) -> None:
        """End a delivery without counting another attempt."""
        self._store.write("UPDATE deliveries SET state=? WHERE id=?", (state, pending.id))

    def give_up(self, destination: str) -> None:
        """Cancel the pending deliveries of a removed destination."""
        sql = "UPDATE deliveries SET state='canceled' WHERE destination=? AND state='pending'"
        self._store.write(sql, (destination,))

    def entries(self, limit: int = 100, event: str | None = None, state: str | None = None) -> list[JSON]:
        """Return the newest deliveries with their attempts, for `/_emulator/deliveries`."""
        sql = (
            "SELECT id,event,type,destination,url,state,tries,created,due FROM deliveries "
            "WHERE (?1 IS NULL OR event=?1) AND (?2 IS NULL OR state=?2) ORDER BY id DESC LIMIT ?3"
        )
        rows = self._store.db.execute(sql, (event, state, limit)).fetchall()
        attempts = self._attempts(row[0] for row in rows)
        return [_entry(row, attempts.get(row[0], [])) for row in rows]

    def _attempts(self, deliveries: Iterable[int]) -> dict[int, list[JSON]]:
        wanted = list(deliveries)
        found: dict[int, list[JSON]] = {}
        marks = ",".join("?" * len(wanted))
        sql = f"SELECT delivery,at,status,error,seconds FROM attempts WHERE delivery IN ({marks}) ORDER BY rowid"  # noqa: S608
        for delivery, at, status, error, seconds in self._store.db.execute(sql, wanted):
            attempt = {"at": at, "status": status, "error": error, "duration_ms": round(seconds * 1000, 1)}
            found.setdefault(delivery, []).append(attempt)
        return found


def _entry(row: tuple[Any, ...], attempts: list[JSON]) -> JSON:
    wanted, event, kind, destination, url, state, tries, created, due = row
    return {
        "id": wanted,
        "event": event,
        "type": kind,
        "destination": destination,
        "url": url,
        "state": state,
        "tries": tries,
        "created": created,
        "next_attempt_at": due if state == "pending" else None,
        "attempts": attempts,
    }
