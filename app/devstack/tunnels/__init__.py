"""Tunnels: one module each, with one function that asks a tunnel's agent for its public URL.

A new tunnel is a new module here with `ask(api: str) -> str`: for `name.py` the variable `NAME_API_URL` then holds its
agent's address.
"""

import json
from typing import Any, NamedTuple

import urllib3

from app.web.public_url import NoTunnel, TunnelDown

__all__ = ["Explanation", "NoTunnel", "TunnelDown", "get_json"]

# An agent is on this machine or beside us in the same network: it answers at once or not at all.
TIMEOUT = urllib3.Timeout(connect=0.5, read=1.0)  # seconds

_pool = urllib3.PoolManager(maxsize=2, retries=False, timeout=TIMEOUT)


class Explanation(NamedTuple):
    """Why a tunnel does not work, and what to do; `remedy` has places for {start_tunnel}, {start_app} and
    {after_editing}."""

    cause: str
    remedy: str


def get_json(url: str) -> Any:
    """The JSON at an agent's `url`, or None where it answers 404; raises TunnelDown."""
    try:
        answer = _pool.request("GET", url)
        if answer.status == 404:
            return None
        return json.loads(answer.data)
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise TunnelDown(f"no answer from {url}") from error
