"""A webhook endpoint that verifies what it gets with the package, and keeps it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe
from trading import http, until


class Receiver:
    """Registered with the emulator for all events; `events` holds those whose signature is right."""

    def __init__(self, url):
        self.url, self.events, self.bad = url, [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(body, self.headers["Stripe-Signature"])
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 256

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.endpoint = stripe.WebhookEndpoint.create(
            url=f"http://127.0.0.1:{server.server_port}/webhook", enabled_events=["*"]
        )

    def take(self, body, signature):
        """Verify one delivery; the status to answer."""
        try:
            self.events.append(stripe.Webhook.construct_event(body, signature, self.endpoint.secret))
        except Exception as error:
            self.bad.append(repr(error))
            return 400
        return 200

    def wait(self):
        """Until everything was delivered; how many events there were."""
        until_delivered(self.url)
        assert not self.bad, self.bad
        known = {event.id for event in stripe.Event.list(limit=100).auto_paging_iter()}
        assert {event.id for event in self.events} == known
        return len(known)


def until_delivered(url):
    """Until the emulator has no delivery left."""
    pending = f"{url}/_emulator/deliveries?state=pending"
    until(lambda: not http("GET", pending)[1]["data"], "every event is delivered")
