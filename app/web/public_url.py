"""The address under which the internet reaches this installation, if there is one.

PUBLIC_URL wins. Otherwise a thread asks the agents of the tunnels that are configured, so that no request waits for
them, and a name that changes is followed without a restart.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

ASK_INTERVAL = 5.0  # seconds
# A request for an unknown name asks again at once, but strangers can't make us ask more often than this.
ASK_AGAIN_AFTER = 1.0  # seconds

# A URL outlives the silence of its agent for this long.
FORGET_AFTER = 30.0  # seconds


class TunnelDown(Exception):
    """The tunnel's agent does not answer."""


class NoTunnel(TunnelDown):
    """The tunnel's agent answers that it has no public URL."""


class PublicUrl:
    """What the tunnels' agents said last."""

    def __init__(self) -> None:
        self._url = ""
        self._asked_at = self._heard_at = float("-inf")
        self._asking = threading.Lock()
        self._thread: threading.Thread | None = None

    def current(self) -> str:
        """The last known URL, at once; the first call starts the asking."""
        if self._thread is None and agents():
            self._thread = threading.Thread(target=self._ask_forever, name="public-url", daemon=True)
            self._thread.start()
        return self._url

    def ask(self) -> str:
        """The URL as the agents say now, unless they were asked within the last second."""
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
            # An agent that does not answer has not said that the tunnel is gone: visitors come in all the same.
            if time.monotonic() - self._heard_at < FORGET_AFTER:
                return
            url = ""
        else:
            self._heard_at = time.monotonic()
        if url != self._url:
            logger.info("Public URL: %s", url or "none any more")
        self._url = url


_tunnelled = PublicUrl()


def public_url(*, ask_now: bool = False) -> str:
    """The public base URL without a trailing slash (`https://name`), or an empty string while there is none.

    Answers at once from what is known; `ask_now` asks the tunnel's agent first, which takes up to a second.
    """
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    return _tunnelled.ask() if ask_now and agents() else _tunnelled.current()


def agents() -> dict[str, str]:
    """Return the addresses of the tunnels' agents that are configured, by the setting that holds each.

    PUBLIC_URL_PROVIDERS names the settings, and for each the function that asks such an agent.
    """
    return {name: str(api) for name in settings.PUBLIC_URL_PROVIDERS if (api := getattr(settings, name))}


def ask_agent(setting: str, api: str) -> str:
    """Return the public URL as the agent at the address `api` says, an agent of that setting's kind; raises
    TunnelDown."""
    ask: Callable[[str], str] = import_string(settings.PUBLIC_URL_PROVIDERS[setting])
    return ask(api)


def _ask_agents() -> str | None:
    """What the first agent with a tunnel says; empty when all say that they have none, None when one is silent."""
    silent = False
    for setting, api in agents().items():
        try:
            return ask_agent(setting, api)
        except NoTunnel:
            continue
        except TunnelDown:
            silent = True
    return None if silent else ""
