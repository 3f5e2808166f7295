"""A running emulator inside this process, for tests and scripts."""

from __future__ import annotations

import json
import threading
import time
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from stripe_emulator.app import create_app
from stripe_emulator.config import Config
from stripe_emulator.server import Server, open_tcp

_TIMEOUT_S = 30.0


class RunningEmulator:
    """A context manager that serves a new emulator in a thread.

    `url` is its address, without a trailing slash. Port 0 means any free port.
    """

    def __init__(self, config: Config | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind the address. Raises `CannotListenError` if it is in use."""
        self._socket = open_tcp(host, port)
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self._socket.getsockname()[1]}"
        self.app = create_app(config)
        self._server = Server(self.app, "")
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _TIMEOUT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("The Stripe emulator did not start.")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_TIMEOUT_S)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call `/_emulator/PATH` and return its JSON, e.g. `control("POST", "clock", {"advance": 3600})`.

        Raises `urllib.error.HTTPError` for an error response.
        """
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_emulator/{path}", data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own address
            return json.loads(answer.read())

    def advance(self, seconds: float) -> None:
        """Advance the clock. Everything due by then has happened when this returns."""
        self.control("POST", "clock", {"advance": seconds})

    def reset(self) -> None:
        """Delete everything, webhook endpoints included, and set the clock back to real time."""
        self.control("POST", "reset", {"webhook_endpoints": True})
