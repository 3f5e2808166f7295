"""Who may talk to the emulator: one check of every connection, since any page in a browser can reach it.

Programs name no origin and may do what they like. A page of another origin may only navigate to a page (a shop
redirects buyers to Checkout); it can't call the API or a control endpoint, nor open a websocket. A domain name that was
made to resolve to this machine (DNS rebinding) is refused by its Host.
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
        return f"Refused: this emulator is not known as {name[:100]!r}. Start it with --allow-host {name[:100]}."
    if _is_own(headers, host):
        return None
    is_page = path == "/" or path.startswith(("/c/pay/", "/_emulator"))
    if method in ("GET", "HEAD") and is_page and headers.get("sec-fetch-mode") == "navigate":
        return None
    return "Refused: this request comes from a web page of another origin."


def _is_own(headers: Mapping[str, str], host: str) -> bool:
    """Return whether the request comes from no page, or from one of our own.

    Browsers send `Sec-Fetch-Site` to localhost and over https; older ones, and to other addresses, only `Origin`.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == host


def _name(host: str) -> str:
    """Return the name in a Host header: lower-case, without port, brackets and a final dot."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return host


def _is_local(name: str) -> bool:
    """Return whether `name` is an address, has no dots, or is of a domain that nobody can register."""
    if "." not in name or name.endswith(_LOCAL):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
