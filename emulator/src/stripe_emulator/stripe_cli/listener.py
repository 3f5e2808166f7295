"""`stripe listen` as a destination of events: one per device and forward URL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from stripe_emulator.deliveries.destination import Answer, Attempt, NoAnswer, NotConnected, Outcome, Unwanted
from stripe_emulator.ids import new_id
from stripe_emulator.stripe_cli.forwarded_types import ForwardedTypes
from stripe_emulator.stripe_cli.frames import Ack, Response, parse, webhook_event
from stripe_emulator.stripe_cli.in_flight import InFlight, Message
from stripe_emulator.versions.released import NEWEST

#: Sends one text frame. Raises OSError when the connection is gone.
SendText = Callable[[str], Awaitable[None]]

#: A missing response means that the target is down or busy. The first timeout is short, because local responses take
#: milliseconds. It doubles with each attempt, up to slightly more than the 30 s that the CLI allows its target.
_TIMEOUT_S = 3.0
_MAX_TIMEOUT_S = 32.0
#: For a slow target, the timeout is at least this many times its slowest response.
_SLOW = 4.0
_ACK_WITHIN_S = 10.0


class Listener:
    """A listener. It delivers through all its connections: two CLIs with the same options both get all events."""

    def __init__(
        self,
        wanted: str,
        forward_to: str | None,
        secret: str,
        *,
        absent: Callable[[], bool],
        release: Callable[[], None],
    ) -> None:
        """Create a listener without connections.

        `absent` returns whether it was disconnected for so long that no events are kept for it. `release` is called
        when the events that it held back can be sent.
        """
        self.id = wanted
        self.url = forward_to or "stripe listen"
        self.secret = secret
        self._forwarded = ForwardedTypes()
        self.connections: set[SendText] = set()
        self._forwards = forward_to is not None
        self._absent = absent
        self._release = release
        self._in_flight = InFlight()
        self._slowest = 0.0
        #: The CLI accepts events in the account's version or, with `--latest`, in the newest. Its first response
        #: shows which.
        self._versions = {new_id("wh"): None, new_id("wh"): NEWEST}
        self._understood: set[str] = set()

    def wants(self, event_type: str) -> bool:
        """Accept all types, because the CLI filters them. Events are kept while it is disconnected, but not forever."""
        return bool(self.connections) or not self._absent()

    async def deliver(self, attempt: Attempt) -> Outcome:
        """Send the event to the CLI and wait for the target's response."""
        late = self._in_flight.late_status(attempt.delivery)
        if late is not None:
            return Answer(late)
        if not self.connections or not self._forwarded.admits(attempt.event_type, attempt.delivery):
            return NotConnected()
        message = self._in_flight.write(attempt.delivery, attempt.event_type)
        try:
            await self._send(attempt, message)
            return await self._acknowledged(message) or await self._answer(message, attempt)
        finally:
            message.settle(None)

    async def _send(self, attempt: Attempt, message: Message) -> None:
        for webhook in list(self._understood or self._versions):
            version = self._versions[webhook]
            payload, _ = attempt.payload.at(version)
            await self._broadcast(webhook_event(payload, self.secret, message.conversation, webhook, version))

    async def _broadcast(self, frame: str) -> None:
        for send in list(self.connections):
            try:
                await send(frame)
            except OSError:
                self.leave(send)

    async def _acknowledged(self, message: Message) -> Outcome | None:
        """Return the outcome, if it is known once the CLI has received the event."""
        try:
            await asyncio.wait_for(message.acked.wait(), _ACK_WITHIN_S)
        except TimeoutError:
            return NoAnswer(f"the Stripe CLI did not acknowledge the event within {_ACK_WITHIN_S:g} s")
        if message.status.done():
            return None
        if self._forwarded.unwanted(message.event_type):
            return Unwanted()
        return None if self._forwards else Answer(200)

    async def _answer(self, message: Message, attempt: Attempt) -> Outcome:
        timeout = max(_TIMEOUT_S * 2.0 ** min(attempt.attempt - 1, 8), _SLOW * self._slowest)
        timeout = min(timeout, _MAX_TIMEOUT_S)
        await asyncio.wait([message.status], timeout=timeout)
        if message.status.done():
            status = message.status.result()
            return NotConnected() if status is None else Answer(status)
        if self._forwarded.timed_out(attempt.event_type, message.sent):
            self._release()
            return Unwanted()
        return NoAnswer(f"no response through the Stripe CLI within {timeout:g} s")

    def received(self, text: str) -> None:
        """Handle a frame from the CLI."""
        frame = parse(text)
        if isinstance(frame, Ack):
            self._in_flight.acked(frame.conversation)
        elif isinstance(frame, Response):
            self._understood |= {frame.webhook} & self._versions.keys()
            self._responded(self._in_flight.responded(frame.conversation, frame.status, frame.url))

    def _responded(self, message: Message | None) -> None:
        if message is None:
            return
        self._slowest = max(self._slowest, time.monotonic() - message.sent)
        if self._forwarded.responded(message.event_type):
            self._release()

    def join(self, send: SendText) -> None:
        """Add a connection."""
        self.connections.add(send)

    def forget(self) -> None:
        """Reset for a new session: its CLI may have other `--events`."""
        self._forwarded.forget()
        self._in_flight.forget()
        self._understood.clear()

    def leave(self, send: SendText) -> None:
        """Remove a connection. Without another one, events in flight are sent again later."""
        self.connections.discard(send)
        if not self.connections:
            self._in_flight.break_off()
