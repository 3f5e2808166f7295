#!/usr/bin/python3
"""Stand-in for cloudflared: `tunnel … --metrics ADDRESS --url URL` opens a quick tunnel, `… ready` asks for its state.

Like the real one, it exits if it can't reach api.trycloudflare.com.
"""

import argparse
import http.client
import json
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CLOUD = ("api.trycloudflare.com", 443)
NAME = "four-random-words-here.trycloudflare.com"


class Metrics(BaseHTTPRequestHandler):
    """The metrics server."""

    def do_GET(self) -> None:
        body = {"/quicktunnel": {"hostname": NAME}, "/ready": {"status": 200, "readyConnections": 4}}.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(json.dumps(body or {}).encode())

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


def say(text: str) -> None:
    sys.stderr.write(f"2026-01-01T00:00:00Z INF {text}\n")
    sys.stderr.flush()


def ready(host: str, port: int) -> int:
    try:
        server = http.client.HTTPConnection(host, port, timeout=5)
        server.request("GET", "/ready")
        return 0 if server.getresponse().status == 200 else 1
    except OSError:
        return 1


parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["tunnel"])
parser.add_argument("--no-autoupdate", action="store_true")
parser.add_argument("--metrics", required=True)
parser.add_argument("--url")
parser.add_argument("what", nargs="?", choices=["ready"])
options = parser.parse_args()
host, port = options.metrics.rsplit(":", 1)
if options.what:
    sys.exit(ready(host, int(port)))
say("Requesting new quick Tunnel on trycloudflare.com...")
try:
    socket.create_connection(CLOUD, 15).close()
except OSError as error:
    sys.exit(f'failed to request quick Tunnel: Post "https://{CLOUD[0]}/tunnel": dial tcp: {error}')
say("|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |")
say(f"|  https://{NAME}                                                                            |")
say("Registered tunnel connection connIndex=0")
ThreadingHTTPServer((host, int(port)), Metrics).serve_forever()
