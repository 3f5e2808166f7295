"""Protection from pages of other origins that are open in a developer's browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Endpoint = Callable[[Any, Request], Awaitable[Response]]


def guarded(endpoint: Endpoint) -> Endpoint:
    """Refuse with 403 what a page of another origin could send without a preflight.

    A browser names the `Origin` of every cross-site write, and can't send JSON across sites without a preflight,
    which nothing here answers. Tools name no origin and may send what they like.
    """

    @wraps(endpoint)
    async def checked(control: Any, request: Request) -> Response:
        if not _is_own(request):
            message = "Refused: this request comes from a web page of another origin."
            return JSONResponse({"error": {"message": message}}, 403)
        return await endpoint(control, request)

    return checked


def _is_own(request: Request) -> bool:
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    return origin is None or (urlsplit(origin).netloc == host and _is_local(urlsplit(origin).hostname or ""))


def _is_local(name: str) -> bool:
    """Return whether `name` is an address, localhost or a name without dots, and so can't be rebound by DNS."""
    if "." not in name or name.endswith(".localhost"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
