#!/usr/bin/python3
"""Stand-in for ngrok's cloud: agents and browsers connect to port 443 and are distinguished by the TLS server name.

Like the real cloud, it appends X-Forwarded headers to the visitor's, shows a warning page (ERR_NGROK_6024) on free
domains unless told to skip it, and shows an error page while no agent is connected.
"""

import asyncio
import json
import secrets
import ssl
import sys
from urllib.parse import urlsplit

CLOUD = "connect.ngrok-agent.com"
REFUSED = "The authtoken you specified does not look like a proper one. Your authtoken: {token} ERR_NGROK_105"
VISIT = "document.cookie='abuse_interstitial=1; path=/'; location.reload()"
INTERSTITIAL = (
    "<!doctype html><title>ngrok</title><h1>You are about to visit {host}</h1>"
    f'<button onclick="{VISIT}">Visit Site</button><p>ERR_NGROK_6024'
)
OFFLINE = "The endpoint {host} is offline. ERR_NGROK_3200"
UNREACHABLE = "Traffic was successfully tunneled to the agent, but it failed to reach {host}'s upstream. ERR_NGROK_8012"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
agents: dict[str, asyncio.StreamWriter] = {}
waiting: dict[str, asyncio.Future[Streams]] = {}


def page(status: str, text: str) -> bytes:
    body, code = text.encode(), text[text.index("ERR_NGROK") :]
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nNgrok-Error-Code: {code}\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve_agent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    hello = json.loads(await reader.readline())
    if stream := hello.get("stream"):
        waiting.pop(stream).set_result((reader, writer))
        return
    if len(hello["authtoken"]) < 20:
        writer.write(json.dumps({"error": REFUSED.format(token=hello["authtoken"])}).encode() + b"\n")
        writer.close()
        return
    url = hello["url"] or f"https://{secrets.token_hex(6)}.ngrok-free.app"
    host = urlsplit(url if "//" in url else f"https://{url}").hostname or ""
    agents[host] = writer
    writer.write(json.dumps({"public_url": f"https://{host}"}).encode() + b"\n")
    await reader.read()
    agents.pop(host, None)
    writer.close()


async def serve_visitor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Forward one request per connection, and stream the response."""
    request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    sent = dict(headers)
    host = sent["host"]
    skips = "ngrok-skip-browser-warning" in sent or "abuse_interstitial=" in sent.get("cookie", "")
    if host not in agents:
        writer.write(page("404 Not Found", OFFLINE.format(host=host)))
        writer.close()
        return
    if "Mozilla" in sent.get("user-agent", "") and request.startswith("GET ") and not skips:
        writer.write(page("200 OK", INTERSTITIAL.format(host=host)))
        writer.close()
        return
    peer = writer.get_extra_info("peername")[0]
    for name, value in (("x-forwarded-for", peer), ("x-forwarded-host", host), ("x-forwarded-proto", "https")):
        headers = [pair for pair in headers if pair[0] != name]
        forged = f"{sent[name]}, " if name == "x-forwarded-for" and name in sent else ""
        headers.append((name, forged + value))
    headers = [pair for pair in headers if pair[0] != "connection"] + [("connection", "close")]
    stream = secrets.token_hex(8)
    waiting[stream] = asyncio.get_running_loop().create_future()
    agents[host].write(json.dumps({"open": stream}).encode() + b"\n")
    up_reader, up_writer = await asyncio.wait_for(waiting[stream], 10)
    up_writer.write("\r\n".join([request, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1"))
    answer = asyncio.create_task(first_of(up_reader, writer, host))
    body = asyncio.create_task(pipe_up(reader, up_writer))
    await answer
    body.cancel()
    up_writer.close()


async def first_of(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
    first = await reader.read(65536)
    writer.write(first or page("502 Bad Gateway", UNREACHABLE.format(host=host)))
    await pipe(reader, writer)


async def pipe_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    asked_for = writer.get_extra_info("ssl_object").asked_for
    try:
        await (serve_agent if asked_for == CLOUD else serve_visitor)(reader, writer)
    except (OSError, KeyError, TimeoutError, asyncio.IncompleteReadError) as error:
        sys.stderr.write(f"{asked_for}: {error!r}\n")
        writer.close()


def remember_name(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
    connection.asked_for = name  # type: ignore[attr-defined]


async def main() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[1] if len(sys.argv) > 1 else "/etc/ngrok-edge.pem")
    context.sni_callback = remember_name
    server = await asyncio.start_server(serve, "0.0.0.0", 443, ssl=context)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
