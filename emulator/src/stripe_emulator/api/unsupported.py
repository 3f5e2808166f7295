"""Calls that Stripe has and this emulator has not: answered by name, so that they don't look like typos."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

from stripe_emulator.errors import StripeError, not_supported
from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.router import Route

#: Where the supported calls and their parameters are listed.
LIST = "/_emulator/supported"


def routes() -> Iterator[Route]:
    """Yield a route for each call of the official package (`tests/support/stripe_paths.py`)."""
    for call in json.loads(files(__package__).joinpath("stripe_paths.json").read_bytes()):
        method, _, path = call.partition(" ")
        yield Route(method, path, _refuse, {})


def _refuse(request: Request) -> JSON:
    raise not_supported(f"{request.method} {request.path}", status=404)


def point_to_list(error: StripeError, base_url: str) -> None:
    """Say in the answer where to see what is supported."""
    error.error["message"] += f" What it supports: {base_url}{LIST}"
