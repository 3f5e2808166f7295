"""Tunnels and proxies in front of the app, and the forwarding headers that are trusted."""

import ipaddress
import socket
import time
from functools import lru_cache
from urllib.parse import urlsplit
from wsgiref.types import WSGIEnvironment

from django.conf import settings

from app.config.machine import container_gateway
from app.web.public_url import agents

# WSGI's names. No browser sends any of these on its own.
FORWARDED = (
    "HTTP_X_FORWARDED",
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_REAL_IP",
    "HTTP_NGROK_",
    "HTTP_X_NGROK_",
    "HTTP_CF_",
    "HTTP_CDN_LOOP",
)
# Skips ngrok's browser warning; frontends send it over the LAN too.
HARMLESS = "HTTP_NGROK_SKIP_BROWSER_WARNING"
RESOLVE_EVERY = 30  # seconds; an agent's address changes only when its container is recreated

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_forwarded(environ: WSGIEnvironment) -> bool:
    """Return whether the request with this `environ` came through a proxy, or claims to."""
    return any(name.startswith(FORWARDED) and name != HARMLESS for name in environ)


def is_trusted_proxy(peer: str) -> bool:
    """Return whether forwarding headers from the address `peer` are trusted.

    They are if the peer is this machine, a tunnel's agent, or listed in TRUSTED_PROXIES. With a custom PUBLIC_URL, the
    host of our container is trusted too, because the proxy runs there.
    """
    address = parse_address(peer)
    if address is None:
        return False
    if address.is_loopback or any(address in network for network in settings.TRUSTED_PROXIES):
        return True
    if settings.PUBLIC_URL and str(address) == container_gateway():
        return True
    return any(str(address) in _addresses_of(urlsplit(api).hostname or "") for api in agents().values())


def client_address(environ: WSGIEnvironment) -> str:
    """Return the client for throttling: the peer's address, or the one that a trusted proxy reports.

    An IPv6 address counts as its /64 network, because one client owns all of its addresses.
    """
    peer = environ.get("REMOTE_ADDR", "")
    address = parse_address(peer)
    if is_trusted_proxy(peer):
        # A proxy appends; entries further left come from the client and may be forged.
        address = parse_address(environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]) or address
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address or peer)


@lru_cache(maxsize=1024)
def parse_address(text: str) -> Address | None:
    """Return the IP address, with IPv4-mapped IPv6 (`::ffff:10.0.0.1`) as IPv4, or None."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _addresses_of(host: str) -> frozenset[str]:
    return _resolved(host, int(time.monotonic() / RESOLVE_EVERY))


@lru_cache(maxsize=8)
def _resolved(host: str, _period: int) -> frozenset[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(str(parse_address(str(entry[4][0]))) for entry in found)
