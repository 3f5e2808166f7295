"""The combined effect of a request's faults."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.types import Send

from stripe_emulator.errors import StripeError, rate_limited, server_error
from stripe_emulator.jsontext import JSON


@dataclass(slots=True)
class InjectedFault:
    """The combined fault. `when`: "before" the request is executed, or "after" it: then only the response is lost."""

    seconds: float = 0.0
    error: StripeError | None = None
    reset: bool = False
    when: str = "before"

    @classmethod
    def of(cls, rules: Iterable[JSON]) -> InjectedFault:
        """Combine all faults of one request."""
        result = cls()
        for rule in rules:
            result._add(rule)
        return result

    def _add(self, rule: JSON) -> None:
        kind = rule["kind"]
        if kind == "latency":
            self.seconds += rule["seconds"]
        elif kind == "jitter":
            self.seconds += random.uniform(0, rule["seconds"])  # noqa: S311
        else:
            self.reset = self.reset or kind == "reset"
            self.when = rule["when"]
            if kind == "error":
                self.error = _error(rule["status"])

    async def wait(self) -> None:
        """Wait for the latency, in real time."""
        if self.seconds:
            await asyncio.sleep(self.seconds)


def _error(status: int) -> StripeError:
    if status == 429:
        return rate_limited()
    error = server_error()
    error.status = status
    return error


def breaks_connection(send: Send) -> None:
    """Close the TCP connection without a response.

    ASGI does not support this, but uvicorn's `send` is a method of an object with a transport. Another server would
    respond 500 because nothing was sent, which a client must also handle.
    """
    cycle: Any = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
