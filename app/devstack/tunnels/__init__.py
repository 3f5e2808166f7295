"""Tunnels: one module each, with a function that asks the tunnel's agent for its public URL.

To add a tunnel, add a module here with `ask(api: str) -> str`. For `name.py`, the variable `NAME_API_URL` then holds
the agent's address.
"""

import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import urllib3
from django.conf import settings

from app.config.machine import IMAGE_PORT, lan_address
from app.devstack.http import NoResponse, send
from app.web.public_url import LeadsElsewhere, NoTunnel, TunnelDown

__all__ = ["Explanation", "LeadsElsewhere", "NoTunnel", "TunnelDown", "get_json", "is_this_app"]

# An agent runs on this machine or in the same network, so it responds at once or not at all.
TIMEOUT = urllib3.Timeout(connect=0.5, read=1.0)  # seconds

# Names by which an agent on this machine, or next to our container, reaches this machine. `app`: our Docker service.
THIS_MACHINE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal", "host.containers.internal"}  # noqa: S104
SERVICE = "app"


class Explanation(NamedTuple):
    """The cause of a tunnel's error, and what to do about it.

    `remedy` may contain the placeholders {start_tunnel}, {start_app} and {after_editing}.
    """

    cause: str
    remedy: str


def get_json(url: str) -> Any:
    """Return the JSON at an agent's `url`, or None for a 404. Raises TunnelDown."""
    try:
        response = send("GET", url, timeout=TIMEOUT)
        if response.status == 404:
            return None
        return json.loads(response.data)
    except (NoResponse, ValueError) as error:
        raise TunnelDown(f"no response from {url}") from error


def is_this_app(upstream: str) -> bool:
    """Return whether `http://localhost:8000`, `localhost:8000` or `8000` is this app's address."""
    address = (
        upstream if "://" in upstream else f"http://{upstream if not upstream.isdecimal() else f'localhost:{upstream}'}"
    )
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return False
    if host == SERVICE:
        return port == IMAGE_PORT
    return port == settings.PORT and host in {*THIS_MACHINE, lan_address()}
