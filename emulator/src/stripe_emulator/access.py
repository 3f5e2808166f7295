"""Access control: a check of every connection, because any web page in a browser can reach the emulator.

Programs send no origin and are not restricted. A page of another origin may only navigate here (a shop redirects buyers
to Checkout). It can't call the API or a control endpoint, nor open a websocket. A foreign domain name that resolves to
this machine (DNS rebinding) is rejected by its Host header.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

#: Suffixes of names that no attacker can register.
_LOCAL = (".localhost", ".local", ".internal", ".home.arpa", ".stripe.com")


def refusal(headers: Mapping[str, str], method: str, path: str, allowed_hosts: tuple[str, ...] = ()) -> str | None:
    """Return why the request is refused, or None. `headers` are by lower-case name."""
    host = headers.get("host", "")
    name = _name(host)
    if host and not (_is_local(name) or name in allowed_hosts):
        return f"Host {name[:100]!r} is not allowed. To allow it, start the emulator with --allow-host {name[:100]}."
    if _is_own(headers, host):
        return None
    is_page = path == "/" or path.startswith(("/c/pay/", "/_emulator"))
    if method in ("GET", "HEAD") and is_page and headers.get("sec-fetch-mode") == "navigate":
        return None
    return "Requests from web pages of other origins are not allowed."


def _is_own(headers: Mapping[str, str], host: str) -> bool:
    """Return whether the request comes from a program, or from one of our own pages.

    Browsers send `Sec-Fetch-Site` to localhost and over https. Older browsers, and all browsers to other addresses,
    send only `Origin`.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == host


def _name(host: str) -> str:
    """Return the name in a Host header, in lower case and without port, brackets and final dot."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return host


def _is_local(name: str) -> bool:
    """Return whether `name` is an IP address, has no dots, or belongs to a domain that nobody can register."""
    if "." not in name or name.endswith(_LOCAL):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
