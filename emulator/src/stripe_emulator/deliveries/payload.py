"""What is delivered of an event: its bytes, as an API version renders them."""

from __future__ import annotations

import json

from stripe_emulator.jsontext import pretty
from stripe_emulator.storage.store import Store
from stripe_emulator.versions.released import NEWEST, notice
from stripe_emulator.versions.rendering import render_event


class Payload:
    """One stored event. For the same version it has the same bytes at every attempt."""

    def __init__(self, text: str, store: Store) -> None:
        self._text = text
        self._store = store

    def at(self, version: str | None) -> tuple[bytes, dict[str, str]]:
        """Return the bytes in `version` (None: the account's when the event was created), and headers about them."""
        event = json.loads(self._text)
        own = event["api_version"]
        wanted = version or own
        if wanted == own == NEWEST:
            return self._text.encode(), {}
        return pretty(render_event(event, wanted, self._store.look)).encode(), notice(wanted)
