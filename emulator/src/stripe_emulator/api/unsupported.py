"""Calls that Stripe has and the emulator lacks. The error names them, so that they don't look like typos."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

from stripe_emulator.errors import StripeError, not_supported
from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.router import Route

#: The list of the supported calls and their parameters.
LIST = "/_emulator/supported"


def routes() -> Iterator[Route]:
    """Yield a route for each call of the official package (`tests/support/stripe_paths.py`)."""
    for call in json.loads(files(__package__).joinpath("stripe_paths.json").read_bytes()):
        method, _, path = call.partition(" ")
        yield Route(method, path, _refuse, {})


def _refuse(request: Request) -> JSON:
    raise not_supported(f"{request.method} {request.path}", status=404)


def point_to_list(error: StripeError, base_url: str) -> None:
    """Add the address of the list to the message."""
    error.error["message"] += f" For the supported calls and parameters, see {base_url}{LIST}"
