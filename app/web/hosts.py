"""Trusted Host headers.

Links are built from the address that the buyer used. So a name that a stranger could own must be rejected (DNS
rebinding, poisoned links). Trusted are names that exist only inside a network (private IP addresses, names without a
dot, `.local`), the public URL's name, and ALLOWED_HOSTS.
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
from app.web.public_url import public_urls

REFUSAL = "This server does not accept that host name. To allow it, set PUBLIC_URL or ALLOWED_HOSTS in .env."
LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
# Not a name: browsers parse a number as an IPv4 address (WHATWG URL: "IPv4 parser"); 134744072 is 8.8.8.8.
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@lru_cache(maxsize=1024)
def is_local_name(host: str) -> bool:
    """Return whether `host` (lowercase, no port) can only be on this network: a private address or unqualified name."""
    if address := parse_address(host.strip("[]")):
        return not address.is_global
    return host.endswith(LOCAL_SUFFIXES) or not ("." in host or NUMBER.fullmatch(host))


@lru_cache(maxsize=1024)
def name_in(header: str) -> str:
    """Return the host of a Host header without its port; empty if the header is malformed."""
    host, _ = split_domain_port(header)
    return str(host)


def is_allowed_host(header: str) -> bool:
    """Return whether the Host header `header` (a name or address, possibly with a port) is trusted."""
    host = name_in(header)
    if not host:
        return False
    return is_local_name(host) or validate_host(host, settings.EXTRA_HOSTS) or is_public_host(host)


def is_public_host(host: str) -> bool:
    """Return whether `host` (no port) is a public URL's name, even if the tunnel got that name just now."""
    return any(host in {urlsplit(url).hostname for url in public_urls(ask_now=now)} for now in (False, True))


class HostMiddleware:
    """Respond 400 to an untrusted Host header, and name the setting that allows it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if name := _forwarded_host(request):
            request.META["HTTP_HOST"] = name
        if is_allowed_host(request.META.get("HTTP_HOST", "localhost")):
            return self.get_response(request)
        return error_response(request, Problem(400, "host_not_allowed", REFUSAL))


def _forwarded_host(request: HttpRequest) -> str:
    """Return the public name if our tunnel rewrote the Host header; empty if it did not.

    ngrok's --host-header and cloudflared's --http-host-header do so. Links must still use the public name.
    """
    name = str(request.META.get("HTTP_X_FORWARDED_HOST", ""))
    if not name or name == request.META.get("HTTP_HOST") or not is_trusted_proxy(request.META.get("REMOTE_ADDR", "")):
        return ""
    host = name_in(name)
    return name if host and is_public_host(host) else ""
