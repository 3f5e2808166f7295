"""All checks, in order. A check that depends on a failed one is skipped: it would only repeat its error."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.config.masking import mask
from app.devstack.doctor.checks import app, database, round_trip, stripe, tunnel, webhooks
from app.devstack.doctor.finding import Finding, Status, Verdict, failed, skipped


@dataclass(frozen=True)
class Check:
    """One check. `name` is stable; `needs` names the checks that must not have failed."""

    name: str
    title: str
    run: Callable[[], Verdict]
    needs: Sequence[str] = ()


CHECKS = (
    Check("database", "Database", database.database),
    Check("migrations", "Migrations", database.migrations, ["database"]),
    Check("payments", "Payments", database.lost_payments, ["migrations"]),
    Check("mode", "Stripe", stripe.mode),
    Check("key", "Access", stripe.key),
    Check("clock", "Clock", stripe.clock, ["key"]),
    Check("orders", "Orders", stripe.known_orders, ["migrations", "key"]),
    Check("sharing", "Shared account", stripe.sharing, ["migrations"]),
    Check("webhook_secret", "Webhook secret", webhooks.secret),
    Check("app", "App", app.responds),
    Check("worker", "Worker", app.worker, ["migrations", "clock"]),
    Check("round_trip", "Round trip", round_trip.round_trip, ["migrations", "key", "clock", "webhook_secret", "app"]),
    Check("cors", "CORS", app.cors, ["app"]),
    Check("tunnel", "Tunnel", tunnel.tunnel),
    Check("outside", "From outside", tunnel.outside, ["tunnel", "app", "migrations"]),
    Check("closed", "Private pages", tunnel.closed, ["outside"]),
    Check("interstitial", "Warning page", tunnel.interstitial, ["outside"]),
    Check("slow_clients", "Slow clients", tunnel.slow_clients, ["outside"]),
)


def run_checks(
    *, without: Sequence[str] = (), starting: Callable[[Check], None] = lambda check: None
) -> Iterator[Finding]:
    """Yield the findings as they come. `starting` is called before each check; `without` names checks to leave out."""
    obstacles: dict[str, Finding] = {}  # the first cause of each check that failed or was skipped
    for check in CHECKS:
        if check.name in without:
            continue
        root = next((obstacles[name] for name in check.needs if name in obstacles), None)
        if root is None:
            starting(check)
            finding = _run(check)
        else:
            finding = _left_out(check, root)
        if finding.status in (Status.FAILED, Status.SKIPPED):
            obstacles[check.name] = root or finding
        yield finding


def _left_out(check: Check, root: Finding) -> Finding:
    failed_there = root.status is Status.FAILED
    verdict = skipped(f"“{root.title}” {'failed' if failed_there else 'was skipped'}")
    return Finding(check.name, check.title, verdict, notable=failed_there)


def _run(check: Check) -> Finding:
    started = time.monotonic()
    try:
        verdict = check.run()
    except Exception as error:
        # Broken parts can fail in any way; the other checks still run.
        verdict = failed(
            "the check itself failed", "This is a bug: please report it.", cause=f"{type(error).__name__}: {error}"
        )
    masked = Verdict(verdict.status, mask(verdict.summary), mask(verdict.cause), mask(verdict.remedy))
    return Finding(check.name, check.title, masked, time.monotonic() - started)
