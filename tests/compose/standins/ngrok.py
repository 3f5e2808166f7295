#!/usr/bin/python3
"""Stand-in for ngrok's agent: `ngrok http ADDR --config FILE [--url URL] [--log …]`, API on 4040, logfmt on stdout.

It connects to connect.ngrok-agent.com:443 like the real agent; ngrok_edge.py accepts it there, under a private CA.
"""

import argparse
import asyncio
import datetime
import json
import re
import ssl
import sys
from pathlib import Path

CLOUD = "connect.ngrok-agent.com"


def log(level: str, message: str, **fields: str) -> None:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    pairs = " ".join(f"{key}={json.dumps(value) if ' ' in value else value}" for key, value in fields.items())
    sys.stdout.write(f't={now} lvl={level} msg="{message}" {pairs}'.rstrip() + "\n")
    sys.stdout.flush()


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


class Agent:
    def __init__(self, upstream: str, token: str, url: str | None) -> None:
        self.upstream, self.token, self.url = upstream, token, url
        self.public_url: str | None = None
        self.trust = ssl.create_default_context()

    async def dial(self, hello: dict[str, str | None]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(CLOUD, 443, ssl=self.trust)
        writer.write(json.dumps(hello).encode() + b"\n")
        return reader, writer

    async def session(self) -> None:
        """Run a session with the cloud: register, then open a connection for each visitor."""
        reader, _writer = await self.dial({"authtoken": self.token, "url": self.url})
        answer = json.loads(await reader.readline() or b"{}")
        if error := answer.get("error"):
            log("eror", "session closing", obj="tunnels.session", err=error)
            sys.exit(f"ERROR:  authentication failed: {error}")
        self.public_url = answer["public_url"]
        log("info", "started tunnel", obj="tunnels", name="command_line", addr=self.upstream, url=self.public_url)
        streams = set()
        while line := await reader.readline():
            task = asyncio.create_task(self.relay(json.loads(line)["open"]))
            streams.add(task)
            task.add_done_callback(streams.discard)

    async def relay(self, stream: str) -> None:
        cloud_reader, cloud_writer = await self.dial({"stream": stream})
        host, port = self.upstream.removeprefix("http://").rsplit(":", 1)
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
        except OSError as error:
            log("warn", "failed to open private leg", privaddr=f"{host}:{port}", err=str(error))
            cloud_writer.close()
            return
        await asyncio.gather(pipe(cloud_reader, writer), pipe(reader, cloud_writer))

    async def run(self) -> None:
        while True:
            try:
                await self.session()
            except OSError as error:
                log("eror", "failed to reconnect session", obj="tunnels.session", err=str(error))
            self.public_url = None
            await asyncio.sleep(1)

    async def api(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).split()[1].decode()
        while (await reader.readline()).strip():
            pass
        answer = {"/api/endpoints": self.endpoints, "/api/tunnels": self.tunnels}.get(path, lambda: None)()
        status = "404 Not Found" if answer is None else "200 OK"
        body = json.dumps(answer or {"error_code": 100, "status_code": 404, "msg": "not found"}).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    def endpoints(self) -> dict[str, object]:
        shown = {"name": "command_line", "url": self.public_url, "upstream": {"url": self.upstream}}
        return {"endpoints": [shown] if self.public_url else [], "uri": "/api/endpoints"}

    def tunnels(self) -> dict[str, object]:
        shown = {"name": "command_line", "uri": "/api/tunnels/command_line", "public_url": self.public_url,
                 "proto": "https", "config": {"addr": self.upstream, "inspect": True}}  # fmt: skip
        return {"tunnels": [shown] if self.public_url else [], "uri": "/api/tunnels"}


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["http"])
    parser.add_argument("address")
    parser.add_argument("--config", default="/var/lib/ngrok/ngrok.yml")
    parser.add_argument("--url")
    for ignored in ("--log", "--log-format", "--log-level"):
        parser.add_argument(ignored)
    arguments = parser.parse_args()
    settings = "".join(Path(name).read_text() for name in arguments.config.split(","))
    token = re.search(r'authtoken: *"?([^"\s]*)', settings)
    address = re.search(r"web_addr: *(\S+):(\d+)", settings)
    upstream = arguments.address if arguments.address.startswith("http://") else f"http://{arguments.address}"
    agent = Agent(upstream, token[1] if token else "", arguments.url)
    host, port = (address[1], int(address[2])) if address else ("127.0.0.1", 4040)
    async with await asyncio.start_server(agent.api, host, port):
        log("info", "starting web service", obj="web", addr=f"{host}:{port}")
        await agent.run()


if __name__ == "__main__":
    asyncio.run(main())
