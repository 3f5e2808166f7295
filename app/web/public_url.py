"""The public URL of this server, if there is one.

PUBLIC_URL takes precedence. Otherwise, a thread polls the agents of the configured tunnels. So no request waits for
them, and a new name is picked up without a restart.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

ASK_INTERVAL = 5.0  # seconds
# A request for an unknown host asks again immediately; this is the shortest time between two such calls.
ASK_AGAIN_AFTER = 1.0  # seconds

# The time that a URL stays valid after its agent stops responding.
FORGET_AFTER = 30.0  # seconds


class TunnelDown(Exception):
    """Raised when a tunnel's agent does not respond."""


class NoTunnel(TunnelDown):
    """Raised when a tunnel's agent reports that it has no public URL."""


class PublicUrl:
    """Cache the last URL that the tunnels' agents reported."""

    def __init__(self) -> None:
        self._url = ""
        self._asked_at = self._heard_at = float("-inf")
        self._asking = threading.Lock()
        self._thread: threading.Thread | None = None

    def current(self) -> str:
        """Return the last known URL immediately; the first call starts polling."""
        if self._thread is None and agents():
            self._thread = threading.Thread(target=self._ask_forever, name="public-url", daemon=True)
            self._thread.start()
        return self._url

    def ask(self) -> str:
        """Ask the agents, unless they were asked within the last second, and return the URL."""
        with self._asking:
            if time.monotonic() - self._asked_at >= ASK_AGAIN_AFTER:
                self._set(_ask_agents())
                self._asked_at = time.monotonic()
        return self._url

    def _ask_forever(self) -> None:
        while True:
            self.ask()
            time.sleep(ASK_INTERVAL)

    def _set(self, url: str | None) -> None:
        if url is None:
            # A silent agent does not mean that the tunnel is gone: it may still forward visitors.
            if time.monotonic() - self._heard_at < FORGET_AFTER:
                return
            url = ""
        else:
            self._heard_at = time.monotonic()
        if url != self._url:
            logger.info("Public URL: %s", url or "none")
        self._url = url


_from_tunnels = PublicUrl()


def public_url(*, ask_now: bool = False) -> str:
    """Return the public base URL without a trailing slash (`https://name`), or an empty string if there is none.

    Returns the cached value; with `ask_now`, asks the tunnel's agent first, which takes up to a second.
    """
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    return _from_tunnels.ask() if ask_now and agents() else _from_tunnels.current()


def agents() -> dict[str, str]:
    """Return the address of each configured tunnel agent, by the setting that holds it.

    PUBLIC_URL_PROVIDERS maps each setting to the function that asks such an agent.
    """
    return {name: str(api) for name in settings.PUBLIC_URL_PROVIDERS if (api := getattr(settings, name))}


def ask_agent(setting: str, api: str) -> str:
    """Return the public URL that the agent at `api`, configured by `setting`, reports; raises TunnelDown."""
    ask: Callable[[str], str] = import_string(settings.PUBLIC_URL_PROVIDERS[setting])
    return ask(api)


def _ask_agents() -> str | None:
    """Return the first agent's URL; empty if all report that they have none, None if one does not respond."""
    silent = False
    for setting, api in agents().items():
        try:
            return ask_agent(setting, api)
        except NoTunnel:
            continue
        except TunnelDown:
            silent = True
    return None if silent else ""
