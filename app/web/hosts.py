"""Which Host headers are believed.

Links are built from the address that the buyer used, so a name that a stranger could own must be refused (DNS
rebinding, poisoned links). Believed are: addresses and names that only exist inside a network (private IP
addresses, names without a dot, `.local`), the public URL's name, and those that the settings list.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host

from app.web.errors import error_response
from app.web.problems import Problem
from app.web.proxies import is_trusted_proxy, parse_address
from app.web.public_url import public_url

REFUSAL = "This server does not answer to that host name. Set PUBLIC_URL or ALLOWED_HOSTS in .env to allow it."
LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
# No name: browsers read it as an IPv4 address (WHATWG URL: "IPv4 parser"), and 134744072 is 8.8.8.8.
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@lru_cache(maxsize=1024)
def is_local_name(host: str) -> bool:
    """Whether `host` (no port, in lower case) can only name a machine of this network: a private address or an
    unqualified name."""
    if address := parse_address(host.strip("[]")):
        return not address.is_global
    return host.endswith(LOCAL_SUFFIXES) or not ("." in host or NUMBER.fullmatch(host))


@lru_cache(maxsize=1024)
def name_in(header: str) -> str:
    """The name or address in a Host header, without its port; empty when the header is malformed."""
    host, _ = split_domain_port(header)
    return str(host)


def is_allowed_host(header: str) -> bool:
    """Whether the Host header `header` (a name or address, perhaps with a port) is believed."""
    host = name_in(header)
    if not host:
        return False
    return is_local_name(host) or validate_host(host, settings.EXTRA_HOSTS) or is_public_host(host)


def is_public_host(host: str) -> bool:
    """Whether `host` (no port) is the public URL's name, also when the tunnel has got it only just now."""
    return host == urlsplit(public_url()).hostname or host == urlsplit(public_url(ask_now=True)).hostname


class HostMiddleware:
    """Answers 400 to a request whose Host header is not believed, and says which setting would allow it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if name := _name_before_the_tunnel(request):
            request.META["HTTP_HOST"] = name
        if is_allowed_host(request.META.get("HTTP_HOST", "localhost")):
            return self.get_response(request)
        return error_response(request, Problem(400, "host_not_allowed", REFUSAL))


def _name_before_the_tunnel(request: HttpRequest) -> str:
    """The public name, when our tunnel has put another into the Host header (ngrok's --host-header, cloudflared's
    --http-host-header): links have to lead back through it. Empty when there is nothing to mend."""
    name = str(request.META.get("HTTP_X_FORWARDED_HOST", ""))
    if not name or name == request.META.get("HTTP_HOST") or not is_trusted_proxy(request.META.get("REMOTE_ADDR", "")):
        return ""
    host = name_in(name)
    return name if host and is_public_host(host) else ""
