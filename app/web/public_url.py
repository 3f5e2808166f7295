"""The public URL of this server, if there is one.

PUBLIC_URL takes precedence. Otherwise, a thread polls the agents of the configured tunnels. So no request waits for
them, and a new name is picked up without a restart. If there are several tunnels, the first one's URL is the public
URL, and visitors of the others are served too.
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


class LeadsElsewhere(NoTunnel):
    """Raised when all URLs that a tunnel's agent has lead to other programs."""


class PublicUrl:
    """Cache the last URL that each tunnel's agent reported."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[str, float]] = {}  # by the agent's setting: its URL, and when it reported it
        self._urls: tuple[str, ...] = ()
        self._asked_at = float("-inf")
        self._asking = threading.Lock()
        self._thread: threading.Thread | None = None

    def current(self) -> tuple[str, ...]:
        """Return the last known URLs immediately; the first call starts polling."""
        if self._thread is None and agents():
            self._thread = threading.Thread(target=self._ask_forever, name="public-url", daemon=True)
            self._thread.start()
        return self._urls

    def ask(self) -> tuple[str, ...]:
        """Ask the agents, unless they were asked within the last second, and return the URLs."""
        with self._asking:
            if time.monotonic() - self._asked_at >= ASK_AGAIN_AFTER:
                self._ask_agents()
                self._asked_at = time.monotonic()
        return self._urls

    def _ask_forever(self) -> None:
        while True:
            self.ask()
            time.sleep(ASK_INTERVAL)

    def _ask_agents(self) -> None:
        known = agents()
        for setting, api in known.items():
            try:
                self._heard[setting] = ask_agent(setting, api), time.monotonic()
            except NoTunnel:
                self._heard.pop(setting, None)
            except TunnelDown:
                # A silent agent does not mean that the tunnel is gone: it may still forward visitors.
                _, heard_at = self._heard.get(setting, ("", float("-inf")))
                if time.monotonic() - heard_at >= FORGET_AFTER:
                    self._heard.pop(setting, None)
        urls = tuple(self._heard[setting][0] for setting in known if setting in self._heard)
        if urls != self._urls:
            logger.info("Public URL: %s", ", ".join(urls) or "none")
        self._urls = urls


_from_tunnels = PublicUrl()


def public_url(*, ask_now: bool = False) -> str:
    """Return the public base URL without a trailing slash (`https://name`), or an empty string if there is none.

    Returns the cached value; with `ask_now`, asks the tunnels' agents first, which takes up to a second each.
    """
    return next(iter(public_urls(ask_now=ask_now)), "")


def public_urls(*, ask_now: bool = False) -> tuple[str, ...]:
    """Return the public URL, and then those of any other tunnels."""
    if settings.PUBLIC_URL:
        return (str(settings.PUBLIC_URL),)
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
