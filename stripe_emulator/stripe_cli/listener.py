"""`stripe listen` as a destination of events: one per device and forward URL, whoever runs it at the moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from stripe_emulator.deliveries.destination import Answer, NoAnswer, NotConnected, Outcome, Parcel, Unwanted
from stripe_emulator.ids import new_id
from stripe_emulator.stripe_cli.frames import Ack, Response, parse, webhook_event
from stripe_emulator.stripe_cli.interest import Interest
from stripe_emulator.stripe_cli.mail import Letter, Mail

#: Sends one text frame. Raises OSError when the connection is gone.
SendText = Callable[[str], Awaitable[None]]

#: Silence means "target down" or "target busy". The first wait is short, since on one's own machine answers take
#: milliseconds; each further one is twice as long, up to the 30 s that the CLI allows its target and a bit.
_PATIENCE_S = 3.0
_LONGEST_PATIENCE_S = 32.0
#: For a target that has shown to be slow: so many times its slowest answer.
_SLOW = 4.0
_ACK_WITHIN_S = 10.0


class Listener:
    """Delivers through all its connections; two CLIs that were started alike both get everything, as from Stripe."""

    def __init__(
        self,
        wanted: str,
        forward_to: str | None,
        secret: str,
        version: str,
        *,
        absent: Callable[[], bool],
        release: Callable[[], None],
    ) -> None:
        """`absent` tells that it has been away for so long that nothing is kept for it any more; `release` is called
        when events that it held back may go."""
        self.id = wanted
        self.url = forward_to or "stripe listen"
        self.secret = secret
        self._interest = Interest()
        self.connections: set[SendText] = set()
        self._forwards = forward_to is not None
        self._absent = absent
        self._release = release
        self._mail = Mail()
        self._slowest = 0.0
        #: The CLI wants events either without a version or, with `--latest`, with one; its first answer tells.
        self._versions = {new_id("wh"): None, new_id("wh"): version}
        self._understood: set[str] = set()

    def wants(self, event_type: str) -> bool:
        """Everything: the CLI filters by itself. Kept while it is away, but not for ever."""
        return bool(self.connections) or not self._absent()

    async def attempt(self, parcel: Parcel) -> Outcome:
        """Hand it to the CLI and wait for what the target says."""
        late = self._mail.late_answer(parcel.delivery)
        if late is not None:
            return Answer(late)
        if not self.connections or not self._interest.admits(parcel.event_type, parcel.delivery):
            return NotConnected()
        letter = self._mail.write(parcel.delivery, parcel.event_type)
        try:
            await self._send(parcel, letter)
            return await self._taken(letter) or await self._answer(letter, parcel)
        finally:
            letter.settle(None)

    async def _send(self, parcel: Parcel, letter: Letter) -> None:
        for webhook in list(self._understood or self._versions):
            version = self._versions[webhook]
            await self._broadcast(webhook_event(parcel.payload, self.secret, letter.conversation, webhook, version))

    async def _broadcast(self, frame: str) -> None:
        for send in list(self.connections):
            try:
                await send(frame)
            except OSError:
                self.leave(send)

    async def _taken(self, letter: Letter) -> Outcome | None:
        """The outcome, if it is clear as soon as the CLI has the event."""
        try:
            await asyncio.wait_for(letter.acked.wait(), _ACK_WITHIN_S)
        except TimeoutError:
            return NoAnswer(f"the Stripe CLI did not acknowledge it within {_ACK_WITHIN_S:g} s")
        if letter.status.done():
            return None
        if self._interest.unwanted(letter.event_type):
            return Unwanted()
        return None if self._forwards else Answer(200)

    async def _answer(self, letter: Letter, parcel: Parcel) -> Outcome:
        patience = max(_PATIENCE_S * 2.0 ** min(parcel.attempt - 1, 8), _SLOW * self._slowest)
        patience = min(patience, _LONGEST_PATIENCE_S)
        await asyncio.wait([letter.status], timeout=patience)
        if letter.status.done():
            status = letter.status.result()
            return NotConnected() if status is None else Answer(status)
        if self._interest.silent(parcel.event_type, letter.sent):
            self._release()
            return Unwanted()
        return NoAnswer(f"no answer through the Stripe CLI within {patience:g} s")

    def heard(self, text: str) -> None:
        """A frame came from the CLI."""
        frame = parse(text)
        if isinstance(frame, Ack):
            self._mail.acked(frame.conversation)
        elif isinstance(frame, Response):
            self._understood |= {frame.webhook} & self._versions.keys()
            self._answered(self._mail.answered(frame.conversation, frame.status, frame.url))

    def _answered(self, letter: Letter | None) -> None:
        if letter is None:
            return
        self._slowest = max(self._slowest, time.monotonic() - letter.sent)
        if self._interest.answered(letter.event_type):
            self._release()

    def join(self, send: SendText) -> None:
        """A CLI has connected."""
        self.connections.add(send)

    def forget(self) -> None:
        """A new session: its CLI may have been started with other `--events`."""
        self._interest.forget()
        self._mail.forget()
        self._understood.clear()

    def leave(self, send: SendText) -> None:
        """A CLI is gone; what was on its way goes out again when one is there."""
        self.connections.discard(send)
        if not self.connections:
            self._mail.break_off()
