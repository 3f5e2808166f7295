"""A mail server for tests: it accepts every message, as slowly as the test wants."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class MailServer:
    """The recipients of all received messages. `receiving` is called before a message is accepted."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.receiving: Callable[[str], None] = lambda recipient: None
        self.url = ""


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server. Its `url` is an EMAIL_URL."""
    mails = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            recipient = ""
            self._say("220 test")
            while line := self.rfile.readline().decode().strip():
                command = line[:4].upper()
                if command == "RCPT":
                    recipient = line.partition("<")[2].partition(">")[0]
                if command == "DATA":
                    self._say("354 go on")
                    while self.rfile.readline() not in (b".\r\n", b""):
                        pass
                    mails.receiving(recipient)
                    mails.received.append(recipient)
                self._say("221 bye" if command == "QUIT" else "250 ok")

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        mails.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        yield mails
        server.shutdown()
