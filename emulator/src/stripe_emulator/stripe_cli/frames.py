"""The websocket's frames: JSON as text."""

from __future__ import annotations

import json
from dataclasses import dataclass

from stripe_emulator.deliveries.signature import sign
from stripe_emulator.deliveries.webhook_endpoint import HEADERS
from stripe_emulator.jsontext import JSON, compact


@dataclass(frozen=True, slots=True)
class Ack:
    """The CLI received the event. It sends this before it applies `--events`."""

    conversation: str


@dataclass(frozen=True, slots=True)
class Response:
    """The target's response. If the target is down or too slow, the CLI sends nothing."""

    conversation: str
    status: int
    url: str
    webhook: str


def webhook_event(payload: bytes, secret: str, conversation: str, webhook: str, version: str | None) -> str:
    """Build an event frame. It is signed here, because the CLI forwards payload and headers unchanged.

    With `--latest`, the CLI silently drops events without a `version`; without that flag, those with one.
    """
    return compact(
        {
            "type": "webhook_event",
            "event_payload": payload.decode(),
            "http_headers": dict(HEADERS) | {"Stripe-Signature": sign(payload, [secret])},
            "endpoint": {"api_version": version},
            "webhook_conversation_id": conversation,
            "webhook_id": webhook,
        }
    )


def request_log_event(request_id: str, payload: JSON) -> str:
    """Build one line of `stripe logs tail`."""
    return compact(
        {"type": "request_log_event", "request_log_id": f"resp_{request_id}", "event_payload": compact(payload)}
    )


def parse(text: str) -> Ack | Response | None:
    """Parse a frame from the CLI; None for other frames."""
    try:
        frame = json.loads(text)
        conversation = str(frame["webhook_conversation_id"])
        if frame["type"] == "event_ack":
            return Ack(conversation)
        if frame["type"] == "webhook_response":
            return Response(
                conversation, int(frame["status"]), str(frame.get("forward_url")), str(frame.get("webhook_id"))
            )
    except (ValueError, KeyError, TypeError):
        pass
    return None
