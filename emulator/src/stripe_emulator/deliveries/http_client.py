"""A small HTTP/1.1 client for webhooks: POST and keep-alive, with a timeout and a size limit."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import h11

from stripe_emulator.deliveries.addresses import resolve

_KEPT = 32
_READ_AT_MOST = 1 << 20
Origin = tuple[str, str, int]


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    state: h11.Connection
    used: bool = False

    def close(self) -> None:
        self.writer.close()


class HttpClient:
    """An HTTP client with a connection pool per origin. Like Stripe, it follows no redirects."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[_Connection]] = defaultdict(list)

    async def post(self, url: str, headers: list[tuple[str, str]], body: bytes, timeout: float) -> int:
        """Send a request and return the status. Raises OSError, TimeoutError or ValueError, with a readable message."""
        parts = urlsplit(url)
        origin = (parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        async with asyncio.timeout(timeout):
            while True:
                connection = await self._connect(origin)
                try:
                    return await self._exchange(connection, origin, parts, headers, body)
                except (OSError, h11.RemoteProtocolError) as error:
                    connection.close()
                    # The server may have closed a kept connection in the meantime: open a new one.
                    if not connection.used:
                        raise OSError(f"no valid response: {error}") from error
                except BaseException:
                    connection.close()
                    raise

    async def _connect(self, origin: Origin) -> _Connection:
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if not connection.reader.at_eof() and not connection.writer.is_closing():
                connection.used = True
                return connection
            connection.close()
        scheme, host, port = origin
        context = ssl.create_default_context() if scheme == "https" else None
        # Connect to the addresses that were checked: the name may resolve to others a moment later.
        failure: OSError | None = None
        for address in await resolve(host, port):
            try:
                name = host if context else None
                reader, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
            except OSError as error:
                failure = failure or error
            else:
                return _Connection(reader, writer, h11.Connection(h11.CLIENT))
        raise failure or OSError(f"{host} has no address")

    async def _exchange(
        self,
        connection: _Connection,
        origin: Origin,
        parts: SplitResult,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> int:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.netloc.rpartition("@")[2]
        full = [("Host", host), *headers, ("Content-Length", str(len(body)))]
        state = connection.state
        message = state.send(h11.Request(method="POST", target=target, headers=full)) or b""
        message += state.send(h11.Data(data=body)) or b""
        message += state.send(h11.EndOfMessage()) or b""
        connection.writer.write(message)
        await connection.writer.drain()
        status = await self._answer(connection)
        self._keep(origin, connection)
        return status

    async def _answer(self, connection: _Connection) -> int:
        status, read = 0, 0
        while True:
            event = connection.state.next_event()
            if event is h11.NEED_DATA:
                data = await connection.reader.read(65536)
                read += len(data)
                connection.state.receive_data(data)
                if read > _READ_AT_MOST:
                    connection.close()
                    return status
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return status

    def _keep(self, origin: Origin, connection: _Connection) -> None:
        idle = self._idle[origin]
        reusable = connection.state.our_state is h11.DONE and connection.state.their_state is h11.DONE
        if reusable and len(idle) < _KEPT and not connection.writer.is_closing():
            connection.state.start_next_cycle()
            idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close all kept connections."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()
