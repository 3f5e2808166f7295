"""Serve over TCP and a Unix socket, with a quick and clean stop."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from stripe_emulator.app import App


class CannotListenError(Exception):
    """Raised if the address can't be used; the message is the reason."""


def open_tcp(host: str, port: int) -> socket.socket:
    """Open a listening TCP socket. Raises `CannotListenError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OverflowError:
        listener.close()
        raise CannotListenError(f"Cannot listen on {host}:{port}: ports go from 0 to 65535.") from None
    except OSError as error:
        listener.close()
        raise CannotListenError(f"Cannot listen on {host}:{port}: {error.strerror or error}.") from error
    return listener


def open_unix(path: Path) -> socket.socket:
    """Open a listening Unix socket, replacing the file of a dead process. Raises `CannotListenError`."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and not _is_served(path):
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise CannotListenError(f"Cannot listen on {path}: {error.strerror or error}.") from error
    return listener


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


class Server(uvicorn.Server):
    """uvicorn's server, which prints one line to stderr when it is ready."""

    def __init__(self, app: App, announcement: str) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                date_header=True,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=75,
                ws="websockets-sansio",
            )
        )
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start up, then print the line."""
        await super().startup(sockets)
        if self.started:
            sys.stderr.write(self._announcement + "\n")
            sys.stderr.flush()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Treat SIGTERM as a clean stop: unlike uvicorn, exit with code 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def serve(app: App, sockets: list[socket.socket], announcement: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    with contextlib.suppress(KeyboardInterrupt):
        Server(app, announcement).run(sockets)
