"""Access by origin: where a request comes from decides what it may reach.

    this PC     everything, including the console
    network     everything except the console
    unknown     what OPEN lists, and /readyz without details
    outside     what OPEN lists: the shop, the API, the webhook, the payment page

A tunnel's agent runs on this machine, so its requests have a local peer address. They are recognized by the headers
that every tunnel and proxy adds, and by the public host name. Only the tunnel's owner can remove these. A
stranger can add them but gains nothing: a request that has them counts as coming from outside.

In a cluster, every request comes from a load balancer, which may hide the client. So in a container, the origin of a
request is unknown as well, unless DIRECT_ACCESS=1 says otherwise, as in docker-compose.yml.

The user's own reverse proxy may add no header and send the upstream's name as Host (nginx's default). Its requests look
like those of a health check on this PC. With PUBLIC_URL, the origin of a request without forwarding headers is
therefore unknown. CONSOLE=1 declares that the proxy sends X-Forwarded-For.
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
    """The origin of a request, from near to far."""

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
    if not peer_is_client():
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


def peer_is_client() -> bool:
    """Return whether the peer of a request without forwarding headers is the client itself, not a proxy."""
    return bool(settings.CONSOLE) or (bool(settings.DIRECT_ACCESS) and not settings.PUBLIC_URL)


def console_is_on() -> bool:
    """Return whether the console is enabled: not with PUBLIC_URL, in a cluster or with a live key, unless CONSOLE=1."""
    return bool(settings.CONSOLE) or (peer_is_client() and stripe_mode() != "live")


class GateMiddleware:
    """Respond 404 to a request for a page that its origin may not reach."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = distance(request.META)
        if not may_reach(request.path_info, origin):
            return HttpResponse(status=404)  # app.web.errors renders it like any missing page
        if origin < Distance.UNKNOWN:
            return self.get_response(request)
        proxied_https = request.META.get("HTTP_X_FORWARDED_PROTO") == "https"
        if proxied_https and is_trusted_proxy(request.META.get("REMOTE_ADDR", "")):
            request.META["wsgi.url_scheme"] = "https"  # for Django's CSRF check and Secure cookies
        return _without_debug_page(self.get_response(request))


def _without_debug_page(response: HttpResponse) -> HttpResponse:
    """Remove Django's debug page, which shows code and settings."""
    if not settings.DEBUG or response.status_code < 400 or "json" in response.get("Content-Type", ""):
        return response
    return HttpResponse(status=response.status_code)


def _is_loopback_name(host: str) -> bool:
    address = parse_address(host.strip("[]"))
    return address.is_loopback if address else host == "localhost" or host.endswith(".localhost")
