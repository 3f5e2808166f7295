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

#: Silence means "target down" or "target busy". The first wait is short, since on one's own machine answers take
#: milliseconds; each further one is twice as long, up to the 30 s that the CLI allows its target and a bit.
_TIMEOUT_S = 3.0
_LONGEST_TIMEOUT_S = 32.0
#: For a target that has shown to be slow: so many times its slowest answer.
_SLOW = 4.0
_ACK_WITHIN_S = 10.0


class Listener:
    """Delivers through all its connections; two CLIs with the same options both get everything, as from Stripe."""

    def __init__(
        self,
        wanted: str,
        forward_to: str | None,
        secret: str,
        *,
        absent: Callable[[], bool],
        release: Callable[[], None],
    ) -> None:
        """`absent` tells that it has been away for so long that nothing is kept for it any more; `release` is called
        when events that it held back may go."""
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
        #: The CLI wants events in the account's version or, with `--latest`, in the newest; its first answer tells.
        self._versions = {new_id("wh"): None, new_id("wh"): NEWEST}
        self._understood: set[str] = set()

    def wants(self, event_type: str) -> bool:
        """Want everything: the CLI does the filtering. Events are kept while it is disconnected, but not forever."""
        return bool(self.connections) or not self._absent()

    async def deliver(self, attempt: Attempt) -> Outcome:
        """Send it to the CLI and wait for the target's answer."""
        late = self._in_flight.late_answer(attempt.delivery)
        if late is not None:
            return Answer(late)
        if not self.connections or not self._forwarded.admits(attempt.event_type, attempt.delivery):
            return NotConnected()
        message = self._in_flight.write(attempt.delivery, attempt.event_type)
        try:
            await self._send(attempt, message)
            return await self._taken(message) or await self._answer(message, attempt)
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

    async def _taken(self, message: Message) -> Outcome | None:
        """Return the outcome, if it is clear once the CLI has the event."""
        try:
            await asyncio.wait_for(message.acked.wait(), _ACK_WITHIN_S)
        except TimeoutError:
            return NoAnswer(f"the Stripe CLI did not acknowledge it within {_ACK_WITHIN_S:g} s")
        if message.status.done():
            return None
        if self._forwarded.unwanted(message.event_type):
            return Unwanted()
        return None if self._forwards else Answer(200)

    async def _answer(self, message: Message, attempt: Attempt) -> Outcome:
        timeout = max(_TIMEOUT_S * 2.0 ** min(attempt.attempt - 1, 8), _SLOW * self._slowest)
        timeout = min(timeout, _LONGEST_TIMEOUT_S)
        await asyncio.wait([message.status], timeout=timeout)
        if message.status.done():
            status = message.status.result()
            return NotConnected() if status is None else Answer(status)
        if self._forwarded.silent(attempt.event_type, message.sent):
            self._release()
            return Unwanted()
        return NoAnswer(f"no answer through the Stripe CLI within {timeout:g} s")

    def heard(self, text: str) -> None:
        """Handle a frame from the CLI."""
        frame = parse(text)
        if isinstance(frame, Ack):
            self._in_flight.acked(frame.conversation)
        elif isinstance(frame, Response):
            self._understood |= {frame.webhook} & self._versions.keys()
            self._answered(self._in_flight.answered(frame.conversation, frame.status, frame.url))

    def _answered(self, message: Message | None) -> None:
        if message is None:
            return
        self._slowest = max(self._slowest, time.monotonic() - message.sent)
        if self._forwarded.answered(message.event_type):
            self._release()

    def join(self, send: SendText) -> None:
        """Add a connection."""
        self.connections.add(send)

    def forget(self) -> None:
        """Start over for a new session: its CLI may have other `--events`."""
        self._forwarded.forget()
        self._in_flight.forget()
        self._understood.clear()

    def leave(self, send: SendText) -> None:
        """Remove a connection; what was in flight is sent again when there is one."""
        self.connections.discard(send)
        if not self.connections:
            self._in_flight.break_off()
