#!/usr/bin/python3
"""`tls-relay HOST PORT`: forward https on port 443, with the private certificate, and http on port 80 to HOST:PORT."""

import asyncio
import ssl
import sys


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        up_reader, up_writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    except OSError:
        writer.close()
        return
    await asyncio.gather(pipe(reader, up_writer), pipe(up_reader, writer))


async def main() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain("/etc/ngrok-edge.pem")
    secure = await asyncio.start_server(relay, "0.0.0.0", 443, ssl=context)
    plain = await asyncio.start_server(relay, "0.0.0.0", 80)
    await asyncio.gather(secure.serve_forever(), plain.serve_forever())


if __name__ == "__main__":
    asyncio.run(main())
