"""The part of ASGI that the API needs: read a body, send a response."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.types import Message, Receive, Scope, Send

#: Stripe's parameters are small; more than this is a mistake or an attack.
LARGEST_BODY = 1 << 20


@dataclass(slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class TooLargeError(Exception):
    """Raised if the body is larger than `LARGEST_BODY`."""


class DisconnectedError(Exception):
    """Raised if the client disconnects before the body is complete."""


async def read_body(receive: Receive) -> bytes:
    """Read the whole body. Raises `TooLargeError` or `DisconnectedError`."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        part: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLargeError
    return parts[0] if len(parts) == 1 else b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that returns the body that was already read, then later messages."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


async def send_answer(send: Send, answer: Answer) -> None:
    """Send a response with its length."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def headers_of(scope: Scope) -> dict[str, str]:
    """Return headers by lower-case name; the last one wins."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
