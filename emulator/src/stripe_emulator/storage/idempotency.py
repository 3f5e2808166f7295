"""Idempotency keys: the same key returns the same response for a day ("Idempotent requests")."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from stripe_emulator.clock import Clock
from stripe_emulator.errors import idempotency_error, invalid_request
from stripe_emulator.storage.store import Store

#: Stripe says "at least 24 hours".
KEPT_FOR = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored response."""

    request_id: str
    status: int
    body: bytes


@dataclass(slots=True)
class Idempotency:
    """Responses by key, in the store; `running` are the keys of requests in progress."""

    store: Store
    clock: Clock
    running: set[str] = field(default_factory=set)

    def recall(self, key: str, path: str, fingerprint: str) -> Stored | None:
        """Return the stored response. Raises `StripeError` if the key was used for another request or is in use."""
        if len(key) > 255:
            raise invalid_request("Idempotency keys can be at most 255 characters long.")
        if key in self.running:
            raise idempotency_error(
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                status=409,
                code="idempotency_key_in_use",
            )
        row = self.store.db.execute(
            "SELECT request_id,status,body,path,fingerprint FROM idempotency WHERE key=? AND created>?",
            (key, self.clock.now() - KEPT_FOR),
        ).fetchone()
        if row is None:
            return None
        self._compare(key, row[3], path, same=row[4] == fingerprint)
        return Stored(*row[:3])

    @staticmethod
    def _compare(key: str, first: str, path: str, *, same: bool) -> None:
        if first != path:
            raise idempotency_error(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{path}' vs '{first}'). Try using a key other than '{key}' if you meant to execute a different "
                "request."
            )
        if not same:
            raise idempotency_error(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )

    def remember(self, key: str, path: str, fingerprint: str, stored: Stored) -> None:
        """Store the response, in the same transaction as its changes."""
        self.store.write(
            "INSERT OR REPLACE INTO idempotency VALUES (?,?,?,?,?,?,?)",
            (key, stored.request_id, path, fingerprint, self.clock.now(), stored.status, stored.body),
        )


def fingerprint(body: bytes) -> str:
    """Return a hash of the parameters, in any order."""
    return sha256(b"&".join(sorted(body.split(b"&")))).hexdigest()
