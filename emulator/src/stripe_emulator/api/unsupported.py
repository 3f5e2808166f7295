"""Calls that Stripe has and the emulator lacks. The error names them, so that they don't look like typos."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.router import Route

#: The list of the supported calls.
LIST = "/_emulator/supported"


def routes() -> Iterator[Route]:
    """Yield a route for each call of the official package (`tests/support/stripe_paths.py`)."""
    for call in json.loads(files(__package__).joinpath("stripe_paths.json").read_bytes()):
        method, _, path = call.partition(" ")
        yield Route(method, path, _refuse, {})


def _refuse(request: Request) -> JSON:
    raise not_supported(f"{request.method} {request.path}", request.base_url)


def not_supported(what: str, base_url: str) -> Exception:
    """Return the 404 for an unsupported call."""
    message = f"The local Stripe emulator does not support {what}. For the supported calls, see {base_url}{LIST}"
    return invalid_request(message, status=404)
