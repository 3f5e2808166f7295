"""Run the doctor as a person does, on settings and servers that are broken in one way."""

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

from app.devstack.doctor.finding import Finding
from app.devstack.doctor.runner import CHECKS, run_checks
from tests.support.stack import ROOT, Stack

SECRET = "whsec_of_the_doctors_tests"
KEY = "sk_test_of_the_doctors_tests"


class Findings(dict[str, dict[str, str]]):
    """One run's findings by check, its exit code, and its output."""

    def __init__(self, run: "subprocess.CompletedProcess[str]") -> None:
        body = json.loads(run.stdout)
        super().__init__({finding["check"]: finding for finding in body["findings"]})
        self.exit_code, self.printed = run.returncode, run.stdout + run.stderr

    def broken(self) -> list[str]:
        return [name for name, finding in self.items() if finding["status"] == "failed"]


def run(stack: Stack, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *arguments],
        cwd=ROOT, env=stack.env | env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def doctor(stack: Stack, *arguments: str, **env: str) -> Findings:
    return Findings(run(stack, "--json", *arguments, **env))


def check(name: str) -> Finding:
    """Run one check in this process, whose settings a test can change."""
    [found] = run_checks(without=[each.name for each in CHECKS if each.name != name])
    return found


def sql(stack: Stack, statement: str, *values: str) -> list[Any]:
    """Run a statement on the stack's SQLite file. Return its rows."""
    with closing(sqlite3.connect(stack.data_dir / "db.sqlite3", timeout=30)) as database, database:
        return database.execute(statement, values).fetchall()


def count(stack: Stack) -> list[Any]:
    """Return the numbers of orders, events and products."""
    tables = ("payments_order", "payments_stripeevent", "payments_product")
    return [sql(stack, f"SELECT count(*) FROM {table}") for table in tables]


def console(stack: Stack) -> dict[str, dict[str, str]]:
    """Return the connections as the console shows them."""
    answer = urllib3.request("GET", f"{stack.url}/console/state/", timeout=30)
    assert answer.status == 200, answer.data
    links: dict[str, dict[str, str]] = answer.json()["links"]
    return links


class Server(ThreadingHTTPServer):
    """A server with the same response to every request."""

    def __init__(self, status: int = 200, body: str = "", headers: dict[str, str] | None = None) -> None:
        self.answer = status, body.encode(), headers or {}
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def server_close(self) -> None:
        self.shutdown()
        super().server_close()


class Handler(BaseHTTPRequestHandler):
    """Sends `Server.answer`."""

    server: Server

    def do_GET(self) -> None:
        status, body, headers = self.server.answer
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Log nothing."""
