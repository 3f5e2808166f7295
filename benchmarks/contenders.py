"""The measured servers: how each is started, how its database is filled, and what must be in it afterwards."""

import json
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import payloads
from benchmarks.databases import new_database, orders
from benchmarks.rounds import BenchmarkError
from benchmarks.servers import Server, upstream
from tests.support.environments import python_with
from tests.support.postgres import Postgres
from tests.support.stack import ROOT

PENDING, PAID = "pending", "paid"
# Prints the app's tables: orders, events, fulfillments, and all that belong to an order.
TABLES = """
import json
from django.apps import apps
from app.payments.models import Order, StripeEvent
belonging = [
    (model._meta.db_table, field.column, "" if model._meta.pk is field else model._meta.pk.column)
    for model in apps.get_app_config("payments").get_models()
    for field in model._meta.fields if field.related_model is Order
]
fulfillments = next(table for table, _, serial in belonging if not serial)
print(json.dumps([Order._meta.db_table, StripeEvent._meta.db_table, fulfillments, belonging]))
"""
PACKAGES = {
    "flask": ["flask==3.1.2", "stripe>=16.1,<17", "gunicorn>=27,<28"],
    "dj-stripe": ["dj-stripe==2.11.0", "psycopg[binary]", "gunicorn>=27,<28", "django-environ"],
}


def gthread(threads: int) -> list[str]:
    """Return gunicorn's arguments for a peer: two processes, and keep-alive like ours."""
    return ["-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", str(threads), "--keep-alive", "75",
            "--no-control-socket", "-b", "127.0.0.1:PORT", "--log-level", "warning"]  # fmt: skip


@dataclass
class Contender:
    """A server with its database. `seeds` are statements that insert orders from the table `fresh`; `counts` are
    queries that each grow by one per webhook about a first payment; `opened` counts orders with a session."""

    name: str
    arguments: Sequence[str]
    schema: Sequence[str] = ()  # statements
    setup: Sequence[str] = ()  # arguments for Python
    seeds: Sequence[str] = ()
    counts: Sequence[str] = ()
    opened: str = ""
    env: dict[str, str] = field(default_factory=dict)
    path: str = "/stripe-webhook/"
    packages: str = ""  # a key of PACKAGES
    health: str = "/healthz"

    @property
    def is_ours(self) -> bool:
        """True for this project."""
        return isinstance(self, Ours)

    def prepare(self, postgres: Postgres | None, folder: Path) -> None:
        """Create its database (SQLite without Postgres) and its environment."""
        name = self.name.replace(" ", "-").replace(",", "")
        self.database = new_database(postgres, folder, name)
        self._postgres = postgres
        self._log = folder / f"{name}.log"
        self._python = python_with(self.packages, PACKAGES[self.packages]) if self.packages else sys.executable
        self.settings = {"DATABASE_URL": self.database.url, "STRIPE_WEBHOOK_SECRET": payloads.SECRET, **self.env}
        self.settings["DATA_DIR"] = str(folder / name)
        if self.schema:
            self.database.execute(*self.schema)
        if self.setup:
            self.run(*self.setup)

    def run(self, *arguments: str) -> str:
        """Run Python with its settings. Return the output."""
        env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **self.settings}
        done = subprocess.run(
            [self._python, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BenchmarkError(f"{self.name}: {' '.join(arguments)[:60]}: {done.stderr[-2000:]}")
        return done.stdout

    def server(self, **env: str) -> Server:
        """Return the server, not yet started."""
        command = [self._python, *self.arguments]
        return Server(command, {**self.settings, **env}, log=self._log, health=self.health, postgres=self._postgres)

    def seed(self, batch: str, count: int, *, state: str = PENDING) -> None:
        """Insert the orders that the events of `batch` are about."""
        self.database.seed(orders(batch, count), self.statements(state))

    def statements(self, state: str) -> Sequence[str]:
        """Return the statements that insert orders in that state."""
        assert state == PENDING, "peers settle first payments only"
        return self.seeds

    def checks(self, kind: str) -> Mapping[str, int]:
        """Return queries and by how much each result grows per webhook of that kind."""
        return dict.fromkeys(self.counts, 1)


@dataclass
class Ours(Contender):
    """This project. Its orders are copies of two that it created itself, whatever their columns."""

    def prepare(self, postgres: Postgres | None, folder: Path) -> None:
        """Migrate, and let the server create the orders to copy: a pending and a paid one."""
        super().prepare(postgres, folder)
        self.run("manage.py", "migrate", "--verbosity", "0")
        self.run("manage.py", "seed_demo")
        printed = self.run("manage.py", "shell", "-c", TABLES).splitlines()[-1]
        self.orders, self.events, self.fulfillments, self.belonging = json.loads(printed)
        with upstream(folder, delay=0) as stripe, self.server(STRIPE_EMULATOR_URL=stripe) as server:
            made = [server.post("/api/checkout/", payloads.checkout_headers(number)) for number in range(2)]
            self.templates = {
                state: uuid.UUID(order["order_id"]) for state, order in zip((PENDING, PAID), made, strict=True)
            }
            body = payloads.event_body("payment", self.templates[PAID])
            server.post(self.path, payloads.webhook_headers(body), body)
        self.opened = f"SELECT count(*) FROM {self.orders} WHERE stripe_session_id IS NOT NULL AND checkout_url <> ''"

    def statements(self, state: str) -> Sequence[str]:
        """Return the statements that copy the order and its rows, except its events."""
        return self.copies(state, events=False)

    def copies(self, state: str, *, events: bool, created: str = "") -> list[str]:
        """Return the statements that copy the order in that state, optionally with its events; see `copy_rows`."""
        template = self.templates[state]
        statements = [self.database.copy_rows(self.orders, "id", template, created=created)]
        for table, column, serial in self.belonging:
            if events or table != self.events:
                statements.append(self.database.copy_rows(table, column, template, serial=serial))
        return statements

    def checks(self, kind: str) -> Mapping[str, int]:
        """Return how each kind of event changes the tables."""
        kept = f"SELECT count(*) FROM {self.events}"
        status = f"SELECT count(*) FROM {self.orders} WHERE status = '{{}}'"
        return {
            "payment": {kept: 1, status.format("paid"): 1, f"SELECT count(*) FROM {self.fulfillments}": 1},
            "refund": {kept: 1, status.format("refunded"): 1},
            "dispute": {kept: 1, status.format("disputed"): 1},
            "decline": {kept: 1, f"SELECT count(*) FROM {self.orders} WHERE reason_code <> ''": 1},
            "duplicate": {kept: 0, status.format("paid"): 0, f"SELECT count(*) FROM {self.fulfillments}": 0},
            "foreign": {kept: 1, status.format("paid"): 0},
        }[kind]


def ours(name: str = "this project") -> Ours:
    """Return this project, started as in its image, behind a trusted proxy, with its rate limits enabled."""
    line = next(line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD "))
    program, *arguments = json.loads(line.removeprefix("CMD "))
    return Ours(
        name,
        ["-m", program, *(argument.replace("0.0.0.0:8000", "127.0.0.1:PORT") for argument in arguments)],
        # The start-up check must not run during the measurement.
        env={
            "PUBLIC_URL": f"https://{payloads.HOST}",
            "TRUSTED_PROXIES": "127.0.0.1/32",
            "DOCTOR_AT_START": "0",
            "DATABASE_PREPARED_STATEMENTS": "1",  # as in docker-compose.yml
        },
    )


def limit_a() -> Contender:
    """Return the bare WSGI callable with one statement."""
    return Contender(
        "LIMIT-A",
        [*gthread(4), "benchmarks.peers.limit_a"],
        schema=[
            "CREATE TABLE orders (id uuid PRIMARY KEY, status text NOT NULL, stripe_payment_intent_id text)",
            "CREATE TABLE events (id bigserial PRIMARY KEY, stripe_id text UNIQUE NOT NULL, payload text NOT NULL)",
        ],
        seeds=["INSERT INTO orders (id, status) SELECT uuid::uuid, 'pending' FROM fresh"],
        counts=["SELECT count(*) FROM orders WHERE status = 'paid'", "SELECT count(*) FROM events"],
        health="/",
    )


def flask_sample() -> Contender:
    """Return Stripe's Flask sample, which stores nothing."""
    return Contender("Flask, nothing stored", [*gthread(4), "benchmarks.peers.flask_sample"], packages="flask")


def tutorial(*, kept: bool, threads: int = 4, sqlite: bool = False) -> Contender:
    """Return the tutorials' Django view; `kept` adds psycopg's connection pool, as Django offers it."""
    connections = "" if sqlite else ", kept connections" if kept else ", a connection each"
    more = f", 2 x {threads} threads" if threads != 4 else ""
    values = "hex, false, '', ''" if sqlite else "uuid::uuid, false, '', ''"
    return Contender(
        f"tutorial view{connections}{more}",
        [*gthread(threads), "benchmarks.peers.tutorial"],
        setup=["-c", "from benchmarks.peers.tutorial import create_schema; create_schema()"],
        seeds=[f"INSERT INTO tutorial_order SELECT {values} FROM fresh"],
        counts=["SELECT count(*) FROM tutorial_order WHERE paid"],
        opened="SELECT count(*) FROM tutorial_order WHERE stripe_session <> ''",
        env={"POOL": str(threads)} if kept else {},
    )


def limit_checkout() -> Contender:
    """Return the bare WSGI callable that stores the order, calls Stripe and stores the session's id."""
    return Contender(
        "bare callable, two commits",
        [*gthread(128), "benchmarks.peers.limit_checkout"],
        schema=["CREATE TABLE orders (id uuid PRIMARY KEY, amount bigint NOT NULL, session text)"],
        opened="SELECT count(*) FROM orders WHERE session IS NOT NULL",
        health="/",
    )


def limits() -> Contender:
    """Return one server with both bare callables: LIMIT-A for webhooks, and the one for checkouts."""
    orders = "id uuid PRIMARY KEY, amount bigint, session text, status text, stripe_payment_intent_id text"
    return Contender(
        "bare callables",
        [*gthread(128), "benchmarks.peers.limits"],
        schema=[f"CREATE TABLE orders ({orders})", *limit_a().schema[1:]],
        seeds=limit_a().seeds,
        health="/",
    )


def dj_stripe() -> Contender:
    """Return dj-stripe from PyPI: it stores the event and mirrors Stripe's objects, which it retrieves."""
    return Contender(
        "dj-stripe",
        [*gthread(4), "benchmarks.peers.dj_stripe"],
        setup=["-c", "from benchmarks.peers.dj_stripe import create_schema; create_schema()"],
        seeds=["INSERT INTO shop_order SELECT uuid::uuid, false FROM fresh"],
        counts=["SELECT count(*) FROM shop_order WHERE paid"],
        path="/stripe/webhook/00000000-0000-0000-0000-000000000001/",
        packages="dj-stripe",
    )
