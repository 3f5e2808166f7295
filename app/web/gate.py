"""Where a request comes from, and what it may reach.

    this PC     everything, the console included
    network     everything but the console
    unknown     what OPEN names, and whether we are ready: 200 or 503, without details
    outside     the shop, the API, the webhook, the payment page: what OPEN names

A tunnel's agent runs on this machine, so its requests have a local peer address. They are recognized by the headers
that every tunnel and proxy adds, and by the public host name. Only the owner of the tunnel can remove these. A
stranger can add them but gains nothing: a request that has them counts as coming from outside.

The user's own reverse proxy may add no header and send the upstream's name as Host (nginx's default). Its requests look
like those of a health check on this PC. With PUBLIC_URL, the origin of a request without forwarding headers is
therefore unknown, unless CONSOLE=1 promises that the proxy sends X-Forwarded-For.
"""

import re
from collections.abc import Callable
from enum import IntEnum
from urllib.parse import urlsplit
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from app.config.machine import container_gateway
from app.config.stripe_mode import stripe_mode
from app.web.hosts import is_local_name, name_in
from app.web.proxies import is_forwarded, is_trusted_proxy, parse_address
from app.web.public_url import public_url

OPEN = re.compile(
    r"/\Z|/(?:api|return|stripe-webhook|c/pay|static)/|/(?:api|return|stripe-webhook|healthz|frontend\.zip)\Z"
)
ADMIN = re.compile(r"/admin(?:/|\Z)")
CONSOLE = re.compile(r"/console(?:/|\Z)")


class Distance(IntEnum):
    """How far away a request comes from."""

    THIS_PC = 0
    NETWORK = 1
    UNKNOWN = 2
    OUTSIDE = 3


def distance(environ: WSGIEnvironment) -> Distance:
    """Return where the request with this `environ` (WSGI's, or Django's `META`) comes from; if in doubt, outside."""
    peer = parse_address(environ.get("REMOTE_ADDR", ""))
    host = name_in(environ.get("HTTP_HOST", "localhost"))
    if peer is None or peer.is_global or is_forwarded(environ) or not is_local_name(host):
        return Distance.OUTSIDE
    if host == urlsplit(public_url()).hostname:
        return Distance.OUTSIDE
    if not tells_neighbors_apart():
        return Distance.UNKNOWN
    on_this_pc = peer.is_loopback or str(peer) == container_gateway()
    return Distance.THIS_PC if on_this_pc and _is_loopback_name(host) else Distance.NETWORK


def may_reach(path: str, origin: Distance) -> bool:
    """Return whether a request from `origin` may reach `path`."""
    if origin is Distance.UNKNOWN and path == "/readyz":
        return True
    if origin >= Distance.UNKNOWN:
        return bool(OPEN.match(path) or (settings.PUBLIC_ADMIN and ADMIN.match(path)))
    if CONSOLE.match(path):
        return origin is Distance.THIS_PC and console_is_on()
    return True


def tells_neighbors_apart() -> bool:
    """Return whether a request without forwarding headers has come through no proxy."""
    return bool(settings.CONSOLE) or not settings.PUBLIC_URL


def console_is_on() -> bool:
    """Return whether the console is enabled: not with PUBLIC_URL or a live key, unless CONSOLE=1."""
    return bool(settings.CONSOLE) or not (settings.PUBLIC_URL or stripe_mode() == "live")


class GateMiddleware:
    """Respond 404, as for any unknown address, where a request may not go."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = distance(request.META)
        if not may_reach(request.path_info, origin):
            return HttpResponse(status=404)  # app.web.errors makes it the page of any unknown address
        if origin < Distance.UNKNOWN:
            return self.get_response(request)
        proxied_https = request.META.get("HTTP_X_FORWARDED_PROTO") == "https"
        if proxied_https and is_trusted_proxy(request.META.get("REMOTE_ADDR", "")):
            request.META["wsgi.url_scheme"] = "https"  # for Django's CSRF check and Secure cookies
        return _without_debug_page(self.get_response(request))


def _without_debug_page(response: HttpResponse) -> HttpResponse:
    """Replace DEBUG's error pages, which show code and settings."""
    if not settings.DEBUG or response.status_code < 400 or "json" in response.get("Content-Type", ""):
        return response
    return HttpResponse(status=response.status_code)


def _is_loopback_name(host: str) -> bool:
    address = parse_address(host.strip("[]"))
    return address.is_loopback if address else host == "localhost" or host.endswith(".localhost")
