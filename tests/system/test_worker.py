"""Worker processes: they share the work, start it soon, finish what they started, and wait for the database."""

import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.postgres import Postgres
from tests.support.smtp_server import MailServer, mail_server
from tests.support.stack import ROOT, clean_environment, reserve_port

ADDRESS = "buyer-{number}@example.com"
# Paid orders whose fulfillment becomes due on demand.
PAY = """
from django.core.management import call_command
from app.payments.api.checkout import place_order
from app.payments.facts import Facts
from app.payments.models import Fulfillment
from app.payments.api.schemas import CheckoutIn
from app.payments.settle import settle
from app.payments.stripe.events import Event, Reference
call_command("migrate", verbosity=0)
for number in range({count}):
    choice = CheckoutIn(customer_email="{address}".format(number=number))
    order = place_order(choice, return_url="http://testserver/{{order_id}}")
    settle([Event(Reference(order_ids=(order.pk,)), Facts(session="complete", payment="paid"))])
Fulfillment.objects.update(next_attempt_at="2100-01-01T00:00:00Z")
"""
DUE = "UPDATE payments_fulfillment SET next_attempt_at = {now} WHERE order_id IN (SELECT order_id FROM \
payments_fulfillment WHERE status = 'pending' LIMIT {count})"


class Shop:
    """A database with paid orders, whose number is `sold`, and its workers."""

    def __init__(self, folder: Path, url: str, *, sold: int, **variables: str) -> None:
        self._variables = variables
        self._file = folder / "db.sqlite3"
        self._url = url
        self._folder = folder
        self._numbers = count()
        with reserve_port() as unused:
            self._emulator = f"http://127.0.0.1:{unused.getsockname()[1]}"
        sell = PAY.format(count=sold, address=ADDRESS)
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-v0", "-c", sell]
        subprocess.run(command, cwd=ROOT, env=self._env, check=True)

    @property
    def _env(self) -> dict[str, str]:
        settings = {"DATA_DIR": str(self._folder), "DATABASE_URL": self._url, "STRIPE_EMULATOR_URL": self._emulator}
        settings |= {"PYTHONUNBUFFERED": "1", "FULFILLMENT_LEASE": "300"}
        return clean_environment() | settings | self._variables

    def make_due(self, count: int) -> None:
        """Make that many pending fulfillments due."""
        self.sql(DUE.format(count=count, now="now()" if self._url else "datetime('now', '-1 second')"))

    def sql(self, statement: str) -> list[Any]:
        """Run a statement on a separate connection."""
        if self._url:
            with psycopg.connect(self._url, autocommit=True) as connection:
                cursor = connection.execute(statement)  # type: ignore[call-overload, unused-ignore]
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self._file, timeout=60)) as file, file:
            return file.execute(statement).fetchall()

    def wait_until_done(self, count: int, *, timeout: float = 60) -> None:
        done = "SELECT count(*) FROM payments_fulfillment WHERE status = 'done'"
        until(lambda: self.sql(done) == [(count,)], timeout)

    @contextmanager
    def worker(self, mails: MailServer, started: str = "Catch-up postponed") -> Iterator["Worker"]:
        """Run a worker that sends its receipts to `mails`; kill it at the end if necessary.

        Stripe is unreachable, so the first catch-up marks its start.
        """
        alive = self._folder / f"alive-{next(self._numbers)}"
        command = [sys.executable, "manage.py", "db_worker", "--alive", str(alive)]
        env = self._env | {"EMAIL_URL": mails.url}
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        worker = Worker(process, alive)
        try:
            worker.wait_for(started)
            yield worker
        finally:
            process.kill()
            process.wait()


class Worker:
    """A worker's process, its output, and its file for health checks."""

    def __init__(self, process: "subprocess.Popen[str]", alive: Path) -> None:
        self.process, self._alive = process, alive
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)

    def health(self, kind: str) -> tuple[bool, str]:
        """Return whether `scripts/probe KIND` succeeds, and what it says."""
        self._alive.with_name(".probe").write_text("red\n")  # it checks once
        env = {"PATH": "/usr/bin:/bin", "TMPDIR": str(self._alive.parent)}
        probe = ["sh", "scripts/probe", kind, str(self._alive)]
        done = subprocess.run(probe, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout.strip()

    def stalled_at(self) -> float:
        """Return when it would count as stalled, in seconds since the epoch."""
        return self._alive.stat().st_mtime

    def wait_for(self, text: str) -> None:
        until(lambda: any(text in line for line in self.lines), 60, lambda: "".join(self.lines))


def until(condition: Callable[[], bool], timeout: float, log: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, log()
        time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    if request.param == "sqlite":
        return Shop(tmp_path, "", sold=5)
    return Shop(tmp_path, request.getfixturevalue("postgres").new_database(), sold=5)


def test_a_worker_starts_soon_and_finishes_its_work(shop: Shop) -> None:
    started, release = threading.Event(), threading.Event()
    times: list[float] = []
    with mail_server() as mails, shop.worker(mails) as worker:
        mails.receiving = lambda recipient: times.append(time.monotonic())
        waits = []
        for number in range(3):
            began = time.monotonic()
            shop.make_due(1)
            shop.wait_until_done(number + 1)
            waits.append(times[-1] - began)
        assert min(waits) < 1  # the machine may be busy at other times

        def hold(recipient: str) -> None:
            started.set()
            release.wait(30)

        mails.receiving = hold
        shop.make_due(2)
        assert started.wait(30)
        worker.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # it must still run, so there is no condition to await
        assert worker.process.poll() is None
        release.set()
        assert worker.process.wait(30) == 0
        assert len(mails.received) == 4  # no other was started
    assert shop.sql("SELECT status FROM payments_fulfillment ORDER BY status") == [("done",)] * 4 + [("pending",)]
    assert not any("Traceback" in line for line in worker.lines), "".join(worker.lines)


def test_a_receiver_that_hangs_delays_no_fulfillment(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        url = f"http://127.0.0.1:{receiver.getsockname()[1]}/"
        key = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
        hook = {"ORDER_WEBHOOK_URL": url, "ORDER_WEBHOOK_SECRET": key, "ORDER_WEBHOOK_ALLOW_PRIVATE": "1"}
        shop = Shop(tmp_path, "", sold=3, **hook)
        with mail_server() as mails, shop.worker(mails) as worker:
            receiver.settimeout(30)
            call, _ = receiver.accept()  # never answered
            shop.make_due(3)
            shop.wait_until_done(3)
            assert shop.sql("SELECT status, attempts FROM payments_message ORDER BY attempts DESC")[0] == ("pending", 1)
            call.close()
            worker.wait_for("webhook: order paid")  # it failed, and is retried later
            assert not any("Traceback" in line for line in worker.lines), "".join(worker.lines)


def test_a_worker_waits_for_a_locked_database(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "", sold=2)
    with mail_server() as mails, shop.worker(mails) as worker:
        with closing(sqlite3.connect(tmp_path / "db.sqlite3", timeout=60, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE payments_fulfillment SET next_attempt_at = datetime('now', '-1 second')")
            other.execute("COMMIT")
            other.execute("BEGIN IMMEDIATE")
            worker.wait_for("Waiting for the database")  # after its own 20 s
            other.execute("COMMIT")
        shop.wait_until_done(2)
        worker.wait_for("The database is back")
        assert worker.process.poll() is None
        assert not any("Traceback" in line for line in worker.lines), "".join(worker.lines)
    assert sorted(mails.received) == [ADDRESS.format(number=n) for n in range(2)]


def test_a_worker_waits_for_a_restarting_postgres(postgres: Postgres, tmp_path: Path) -> None:
    with Postgres(durable=True) as server:
        shop = Shop(tmp_path, server.new_database(), sold=4)
        with mail_server() as mails, shop.worker(mails) as worker:
            shop.make_due(1)
            shop.wait_until_done(1)
            server.crash()
            shop.make_due(1)
            shop.wait_until_done(2)
            assert worker.health("working") == (True, "")
            with server.stopped():
                worker.wait_for("Waiting for the database")
                until(lambda: not worker.health("working")[0], 30)
                assert worker.health("working")[1].startswith("The database is unavailable: ")
                assert worker.health("alive") == (True, "")
            shop.make_due(2)
            shop.wait_until_done(4)
            until(lambda: worker.health("working")[0], 30)
            assert worker.process.poll() is None
            assert not any("Traceback" in line for line in worker.lines), "".join(worker.lines)
        assert len(mails.received) == 4


def test_a_stalled_worker_is_unhealthy(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "", sold=1)
    with mail_server() as mails, shop.worker(mails) as worker:
        assert worker.health("working") == worker.health("alive") == (True, "")
        worker.process.send_signal(signal.SIGSTOP)
        until(lambda: not worker.health("alive")[0], 60)
        assert worker.health("working") == (False, "the worker is stalled")
        worker.process.send_signal(signal.SIGCONT)
        until(lambda: worker.health("working")[0], 60)


def test_a_long_fulfillment_is_healthy(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "", sold=1)
    started, release = threading.Event(), threading.Event()

    def hold(recipient: str) -> None:
        started.set()
        release.wait(60)

    with mail_server() as mails, shop.worker(mails) as worker:
        mails.receiving = hold
        shop.make_due(1)
        assert started.wait(30)
        stalled_in = worker.stalled_at() - time.time()
        assert 60 < stalled_in < 320, "its lease is 300 s"
        release.set()
        shop.wait_until_done(1)
        until(lambda: worker.stalled_at() - time.time() < 30, 30)


def test_one_of_several_workers_catches_up(postgres: Postgres, tmp_path: Path) -> None:
    shop = Shop(tmp_path, postgres.new_database(), sold=2)
    with (
        mail_server() as mails,
        shop.worker(mails) as first,
        shop.worker(mails, started="catch-up: another worker does it") as second,
    ):
        shop.make_due(2)
        shop.wait_until_done(2)  # they share this work
        assert not any("Catch-up" in line for line in second.lines)
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait(30) == 0
        second.wait_for("catch-up: this worker does it now")
        second.wait_for("Catch-up postponed")
