"""Growth: the same webhook with a thousand orders in the database and with a million."""

import json
from pathlib import Path

import psycopg

from benchmarks import contenders, webhooks
from benchmarks.contenders import Contender
from benchmarks.rounds import Result, Table, Target, alternate, say
from benchmarks.template_order import COPIES
from tests.support.postgres import Postgres

FEW, MANY, MANY_QUICKLY = 1_000, 1_000_000, 200_000
OLD = "md5(%(batch)s || '-' || n)::uuid AS id FROM generate_series(0, %(count)s - 1) AS n"
# Paid orders of the last months, each with its event and its fulfillment; one of a thousand was never paid.
HISTORY = (
    COPIES.format(ids=OLD, created_at="now() - random() * interval '90 days'")
    + """;
    INSERT INTO payments_stripeevent (stripe_id, type, payload, livemode, stripe_created, received_at, attempts,
        processed_at, outcome, error, order_id, order_reference, stripe_payment_intent_id)
    SELECT 'evt_' || id, 'checkout.session.completed', '{{}}', false, 0, created_at, 1, created_at, 'applied', '', id,
        id, 'pi_' || id FROM payments_order;
    UPDATE payments_order SET status = 'paid', paid_at = created_at, facts = %(facts)s,
        stripe_payment_intent_id = 'pi_' || id WHERE id::text NOT LIKE 'abc%%'
        AND return_url NOT LIKE '%%template%%';
    INSERT INTO payments_fulfillment (order_id, status, attempts, error, created_at, next_attempt_at, done_at)
    SELECT id, 'done', 1, '', created_at, created_at, created_at FROM payments_order WHERE status = 'paid'
"""
)
PAID = json.dumps(
    {"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {},
     "decline": [0, "", ""], "mismatches": []}
)  # fmt: skip
# What is asked all the time, beside webhooks.
QUERIES = {
    "sweep: orders that wait": "SELECT id FROM payments_order WHERE status IN ('pending', 'processing') "
    "AND created_at < now() - interval '1 hour' ORDER BY created_at LIMIT 200",
    "sweep: fulfillments that are due": "SELECT order_id FROM payments_fulfillment WHERE status = 'pending' "
    "AND next_attempt_at < now() ORDER BY next_attempt_at LIMIT 100",
    "admin and console: newest orders": "SELECT * FROM payments_order ORDER BY created_at DESC LIMIT 50",
    "admin and console: newest events": "SELECT id FROM payments_stripeevent ORDER BY received_at DESC LIMIT 50",
}


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """The benchmark."""
    seconds, rounds, many = (3.0, 1, MANY_QUICKLY) if quick else (5.0, 5, MANY)
    table = Table("Growth", "Webhooks from 16 clients; the queries in milliseconds, as EXPLAIN ANALYZE measures them.")
    sizes = {FEW: contenders.ours(), many: contenders.ours()}
    for size, contender in sizes.items():
        contender.name = f"{size:,} orders"
        contender.prepare(postgres, folder)
        say(f"writing {size:,} orders with their history …")
        for statement in HISTORY.replace("{{", "{").replace("}}", "}").split(";"):
            contender.execute(statement, {"batch": "history", "count": size, "facts": PAID})
        contender.execute("VACUUM (ANALYZE)")

    def one(contender: Contender, number: int) -> None:
        found = webhooks.measure(contender, batch=f"round{number}", seconds=seconds)
        table.add(contender.name, webhooks_per_s=found.rate, p99_ms=found.p99)
        say(f"{contender.name}: {found.rate:.0f}/s")

    alternate(rounds, list(sizes.values()), one)
    for contender in sizes.values():
        table.add(contender.name, **{name: _milliseconds(contender, query) for name, query in QUERIES.items()})
    ratio = table.ratio(sizes[many].name, sizes[FEW].name, "webhooks_per_s")
    return Result("growth", [table], [Target(f"webhook rate, {many:,} orders of 1,000", ratio, 0.9, 1.0)])


def _milliseconds(contender: Contender, query: str) -> float:
    with psycopg.connect(contender.url) as connection:
        plan = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}").fetchone()
    assert plan
    return float(plan[0][0]["Execution Time"])
