"""Sessions: a CLI's options, by the id that it connects with. They survive restarts of the CLI and the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256

from stripe_emulator.clock import Clock
from stripe_emulator.ids import new_id, new_secret
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.entity import Entity
from stripe_emulator.storage.store import Store

_KIND = "stripecli_session"
#: The maximum number of sessions that never connected (each `listen --print-secret` creates one), and of those that are
#: not connected now.
_KEPT_UNUSED = 100
_KEPT_IDLE = 1000


@dataclass(slots=True)
class Session:
    """A session. `feature` is "webhooks" or "request_logs".

    `seen` is the last time that it was connected, in the emulator's time; None if never. `connected` stays true after a
    `kill -9` of the emulator.
    """

    id: str
    device: str
    feature: str
    forward_to: str | None
    filters: JSON
    created: float
    seen: float | None = None
    connected: bool = False

    @property
    def listener(self) -> str:
        """Return the id of its destination, which is the same after a restart of the CLI with the same options."""
        return "cli_" + sha256(f"{self.device}\n{self.forward_to}".encode()).hexdigest()[:24]


class Sessions:
    """All sessions and each device's signing secret, in memory and in the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._secrets: dict[str, str] = {}

    def load(self) -> None:
        """Load the sessions of an earlier process. One that was still connected counts as seen now."""
        for entity in list(self._store.select("e.kind=? ORDER BY e.seq", (_KIND,))):
            session = Session(**entity.data)
            if session.connected:
                session.connected, session.seen = False, self._clock.now()
            self._sessions[session.id] = session

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sessions.values())

    def get(self, wanted: str) -> Session | None:
        """Return the session with the id in the CLI's header, or None."""
        return self._sessions.get(wanted)

    def open(self, device: str, feature: str, forward_to: str | None, filters: JSON) -> Session:
        """Open a session; durable with the next commit."""
        session = Session(new_id("cliws"), device, feature, forward_to, filters, self._clock.now())
        self._sessions[session.id] = session
        self.save(session)
        self._prune()
        return session

    def save(self, session: Session) -> None:
        """Store a changed session."""
        store = self._store
        entity = store.get(_KIND, session.id)
        if entity is None:
            store.insert(Entity(_KIND, session.id, asdict(session), keep=True))
        else:
            entity.data = asdict(session)
            store.save(entity)

    def _prune(self) -> None:
        unused = [session for session in self if session.seen is None]
        idle = sorted((each for each in self if each.seen is not None and not each.connected), key=_seen)
        for session in unused[:-_KEPT_UNUSED] + idle[:-_KEPT_IDLE]:
            del self._sessions[session.id]
            if entity := self._store.get(_KIND, session.id):
                self._store.delete(entity)

    def secret(self, device: str) -> str:
        """Return the device's signing secret, the same for all its sessions."""
        name = f"stripecli_secret:{device}"
        secret = self._secrets.get(device) or self._store.setting(name) or new_secret("whsec", 64)
        if device not in self._secrets:
            self._store.set_setting(name, secret)
            self._secrets[device] = secret
        return secret

    def last_seen(self, listener: str) -> float | None:
        """Return when any CLI of this listener was last connected; None if never."""
        return max((each.seen for each in self if each.listener == listener and each.seen is not None), default=None)

    def restore(self) -> None:
        """Keep connected CLIs and their secrets after the store was cleared."""
        self._sessions = {wanted: session for wanted, session in self._sessions.items() if session.connected}
        secrets, self._secrets = self._secrets, {}
        for session in self:
            self.save(session)
            self._secrets[session.device] = secrets[session.device]
            self._store.set_setting(f"stripecli_secret:{session.device}", secrets[session.device])


def _seen(session: Session) -> float:
    return session.seen or 0.0
