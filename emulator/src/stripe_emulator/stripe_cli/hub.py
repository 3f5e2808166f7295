"""The hub: sessions and listeners of all CLIs of one emulator."""

from __future__ import annotations

from collections import Counter

from stripe_emulator.clock import Clock
from stripe_emulator.config import Config
from stripe_emulator.deliveries import Deliveries
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.store import Store
from stripe_emulator.stripe_cli.listener import Listener, SendText
from stripe_emulator.stripe_cli.sessions import Session, Sessions


class StripeCli:
    """All CLIs. Events wait for a `stripe listen` that was connected before, for as long as Stripe retries."""

    def __init__(self, store: Store, clock: Clock, config: Config, deliveries: Deliveries) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._deliveries = deliveries
        self.sessions = Sessions(store, clock)
        self._listeners: dict[str, Listener] = {}
        self._connections: Counter[str] = Counter()

    def start(self) -> None:
        """Resume where the last process stopped."""
        self.sessions.load()
        for session in self.sessions:
            if session.feature == "webhooks" and session.seen is not None:
                self._listener(session)
        self._forget_absent()
        self._store.commit()

    def _forget_absent(self) -> None:
        """Remove listeners that have been disconnected for too long, with their pending events."""
        for wanted, listener in list(self._listeners.items()):
            if not listener.wants("*"):
                del self._listeners[wanted]
                self._deliveries.unregister(wanted)

    def restore(self) -> None:
        """Keep connected CLIs after the store and the destinations were cleared."""
        self.sessions.restore()
        present = {session.listener for session in self.sessions}
        self._listeners = {wanted: each for wanted, each in self._listeners.items() if wanted in present}
        for listener in self._listeners.values():
            self._deliveries.register(listener)
        self._store.commit()

    def open(self, device: str, feature: str, forward_to: str | None, filters: JSON) -> tuple[Session, str]:
        """Open a session. Return it with its signing secret."""
        self._forget_absent()
        session = self.sessions.open(device, feature, forward_to, filters)
        if listener := self._listeners.get(session.listener):
            listener.forget()
        return session, self.sessions.secret(device)

    def connect(self, session: Session, send: SendText) -> Listener:
        """Connect a `stripe listen`, and send the events that waited for it."""
        self._forget_absent()
        self.enter(session)
        listener = self._listener(session)
        listener.join(send)
        self._deliveries.connected(listener.id)
        return listener

    def _listener(self, session: Session) -> Listener:
        """Return the session's destination, registering it the first time."""
        listener = self._listeners.get(session.listener)
        if listener is None:
            wanted, deliveries = session.listener, self._deliveries
            listener = Listener(
                wanted,
                session.forward_to,
                self.sessions.secret(session.device),
                absent=lambda: self._absent(wanted),
                release=lambda: deliveries.connected(wanted),
            )
            self._listeners[wanted] = listener
            deliveries.register(listener)
        return listener

    def _absent(self, wanted: str) -> bool:
        seen = self.sessions.last_seen(wanted)
        return seen is None or self._clock.now() - seen > self._config.retry_for

    def enter(self, session: Session) -> None:
        """Count a new websocket: a CLI may reconnect before its old connection ends."""
        self._connections[session.id] += 1
        self._mark(session)

    def leave(self, session: Session) -> None:
        """Count a closed websocket."""
        self._connections[session.id] -= 1
        self._mark(session)

    def _mark(self, session: Session) -> None:
        session.connected = self._connections[session.id] > 0
        session.seen = self._clock.now()
        if self.sessions.get(session.id):
            self.sessions.save(session)
            self._store.commit()
