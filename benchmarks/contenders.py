"""Who is measured: how each is started, what its database holds, and how its paid orders are counted."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.environments import ROOT, python_with
from benchmarks.payloads import SECRET
from benchmarks.servers import Server
from benchmarks.template_order import COPIES
from tests.support.postgres import Postgres


def gthread(threads: int = 4) -> list[str]:
    """gunicorn's arguments for a peer: two processes, and kept-alive connections as for us."""
    return ["-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", str(threads), "--keep-alive", "75",
            "--no-control-socket", "-b", "127.0.0.1:PORT", "--log-level", "warning"]  # fmt: skip


# The same ids as payloads.order_id.
ORDER = "md5(%(batch)s || '-' || n)::uuid AS id FROM generate_series(0, %(count)s - 1) AS n"


@dataclass
class Contender:
    """One server with its database; what is stored is in SQL: `seed` writes pending orders, `paid` counts paid
    ones in every table that must agree, `opened` counts those whose session is open."""

    name: str
    arguments: Sequence[str]
    schema: str = ""
    setup: Sequence[str] = ()
    seed: str = ""
    paid: Sequence[str] = ()
    opened: str = ""
    env: dict[str, str] = field(default_factory=dict)
    path: str = "/stripe-webhook/"
    packages: tuple[str, list[str]] | None = None
    health: str = "/healthz"

    def prepare(self, postgres: Postgres, folder: Path) -> None:
        """Make its database, its environment and its `settings`."""
        self.url = postgres.new_database()
        self._log = folder / f"{self.name.replace(' ', '-')}.log"
        self._python = python_with(*self.packages) if self.packages else sys.executable
        self.settings = {"DATABASE_URL": self.url, "STRIPE_WEBHOOK_SECRET": SECRET, "DATA_DIR": str(folder), **self.env}
        if self.schema:
            self.execute(self.schema)
        if self.setup:
            command = [self._python, *self.setup]
            env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **self.settings}
            subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)

    def server(self) -> Server:
        """The server, not started yet."""
        return Server([self._python, *self.arguments], self.settings, log=self._log, health=self.health)

    def add_orders(self, batch: str, count: int, *, tidy: bool = True) -> None:
        """Pending orders with the ids that `payloads` pays; `tidy` gives the database fresh statistics."""
        for statement in filter(None, self.seed.split(";")):
            self.execute(statement, {"batch": batch, "count": count})
        if tidy and self.seed:
            self.execute("VACUUM (ANALYZE)")
            self.execute("CHECKPOINT")

    def count_open(self) -> int:
        """How many orders have an open session."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(self.opened).fetchone()
            return int(row[0]) if row else 0

    def count_paid(self) -> list[int]:
        """How many orders were paid, as each of the tables says that must agree."""
        with psycopg.connect(self.url) as connection:
            rows = [connection.execute(query).fetchone() for query in self.paid]
            return [int(row[0]) for row in rows if row]

    def execute(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run SQL on its database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement, parameters)


def ours(name: str = "this project") -> Contender:
    """This project, with the gunicorn configuration that ships."""
    return Contender(
        name,
        ["-m", "gunicorn", "-c", "app/config/gunicorn.conf.py", "-b", "127.0.0.1:PORT", "app.config.wsgi"],
        setup=["-m", "benchmarks.template_order"],
        seed=COPIES.format(ids=ORDER, created_at="now()"),
        paid=[
            "SELECT count(*) FROM payments_order WHERE status = 'paid' AND paid_at IS NOT NULL",
            "SELECT count(*) FROM payments_stripeevent WHERE outcome = 'applied'",
            "SELECT count(*) FROM payments_fulfillment",
            "SELECT count(*) FROM django_tasks_database_dbtaskresult",
        ],
        opened="SELECT count(*) FROM payments_order WHERE stripe_session_id LIKE 'cs_test%' AND checkout_url <> ''",
        # Not limited by client, since there is only one; no self-diagnosis in the measured seconds.
        env={"CHECKOUTS_PER_MINUTE": "0", "DOCTOR_AT_START": "0"},
    )


def limit_a() -> Contender:
    """The bare WSGI callable."""
    return Contender(
        "LIMIT-A",
        [*gthread(), "benchmarks.peers.limit_a"],
        schema=(ROOT / "benchmarks/peers/limit_a.sql").read_text(),
        seed=f"INSERT INTO orders (id, status) SELECT id, 'pending' FROM (SELECT {ORDER}) AS fresh",
        paid=["SELECT count(*) FROM orders WHERE status = 'paid'", "SELECT count(*) FROM events"],
        health="/",
    )


def flask_sample() -> Contender:
    """Flask, storing nothing."""
    return Contender(
        "Flask sample",
        [*gthread(), "benchmarks.peers.flask_sample"],
        packages=("flask", ["flask==3.1.2", "stripe>=16.1,<17", "gunicorn>=27,<28"]),
    )


def tutorial(name: str = "tutorial", *, persistent: bool = False, threads: int = 4) -> Contender:
    """The tutorials' Django view."""
    return Contender(
        name,
        [*gthread(threads), "benchmarks.peers.tutorial"],
        setup=["-c", "from benchmarks.peers.tutorial import create_schema; create_schema()"],
        seed=f"INSERT INTO tutorial_order SELECT id, false, '', '' FROM (SELECT {ORDER}) AS fresh",
        paid=["SELECT count(*) FROM tutorial_order WHERE paid"],
        opened="SELECT count(*) FROM tutorial_order WHERE stripe_session <> ''",
        env={"PERSISTENT": "1"} if persistent else {},
    )


def limit_checkout() -> Contender:
    """The bare WSGI callable that only calls Stripe, with a thread for every client."""
    return Contender("LIMIT, nothing stored", [*gthread(192), "benchmarks.peers.limit_checkout"], health="/")


def dj_stripe() -> Contender:
    """dj-stripe from PyPI: it keeps the event, and mirrors Stripe's objects, for which it asks Stripe."""
    return Contender(
        "dj-stripe",
        [*gthread(), "benchmarks.peers.dj_stripe"],
        setup=["-c", "from benchmarks.peers.dj_stripe import create_schema; create_schema()"],
        seed=f"INSERT INTO shop_order SELECT id, false FROM (SELECT {ORDER}) AS fresh",
        paid=["SELECT count(*) FROM shop_order WHERE paid"],
        path="/stripe/webhook/00000000-0000-0000-0000-000000000001/",
        packages=("dj-stripe", ["dj-stripe==2.11.0", "psycopg[binary]", "gunicorn>=27,<28", "django-environ"]),
    )
