"""Tunnels: one module each, with a function that asks the tunnel's agent for its public URL.

To add a tunnel, add a module here with `ask(api: str) -> str`. For `name.py`, the variable `NAME_API_URL` then holds
the agent's address.
"""

import json
from typing import Any, NamedTuple

import urllib3

from app.devstack.http import NoResponse, send
from app.web.public_url import NoTunnel, TunnelDown

__all__ = ["Explanation", "NoTunnel", "TunnelDown", "get_json"]

# An agent runs on this machine or in the same network, so it responds at once or not at all.
TIMEOUT = urllib3.Timeout(connect=0.5, read=1.0)  # seconds


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
