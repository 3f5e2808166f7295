"""Which Host headers are believed.

Links are built from the address that the buyer used, so a name that a stranger could own must be refused (DNS
rebinding, poisoned links). Believed are: addresses and names that only exist inside a network (private IP
addresses, names without a dot, `.local`), the public URL's name, and those that the settings list.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from app.devstack.public_url import public_url

LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


@lru_cache(maxsize=1024)
def is_local_name(host: str) -> bool:
    """Whether `host` (no port) can only name a machine of this network: a private address or an unqualified name."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host or host.endswith(LOCAL_SUFFIXES)


def is_allowed_host(header: str) -> bool:
    """Whether the Host header `header` (a name or address, perhaps with a port) is believed."""
    host, _ = split_domain_port(header)  # empty when the header is malformed
    if not host:
        return False
    return is_local_name(host) or host in settings.EXTRA_HOSTS or is_public_host(host)


def is_public_host(host: str) -> bool:
    """Whether `host` (no port) is the public URL's name, also when the tunnel has got it only just now."""
    return host == urlsplit(public_url()).hostname or host == urlsplit(public_url(ask_now=True)).hostname


class HostMiddleware:
    """Answers 400 to a request whose Host header is not believed, and says which setting would allow it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_allowed_host(request.META.get("HTTP_HOST", "localhost")):
            return self.get_response(request)
        return HttpResponse(
            "This server does not answer to that host name. Set PUBLIC_URL or ALLOWED_HOSTS in .env to allow it.\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )
