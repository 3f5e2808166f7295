"""All checks in their order. One that builds on a broken one is not made: it would only say the same in other words."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.config.masking import mask
from app.devstack.doctor.checks import app, database, round_trip, stripe, tunnel, webhooks
from app.devstack.doctor.finding import Finding, Status, Verdict, failed, skipped


@dataclass(frozen=True)
class Check:
    """A link of the wiring. `name` is stable; `needs` names the checks that must not have failed."""

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
    Check("webhook_secret", "Webhook secret", webhooks.secret),
    Check("app", "App", app.answers),
    Check("worker", "Worker", app.worker, ["migrations", "clock"]),
    Check("round_trip", "Round trip", round_trip.round_trip, ["migrations", "key", "clock", "webhook_secret", "app"]),
    Check("cors", "CORS", app.cors, ["app"]),
    Check("tunnel", "Tunnel", tunnel.tunnel),
    Check("outside", "From outside", tunnel.outside, ["tunnel", "app"]),
    Check("closed", "Kept inside", tunnel.closed, ["outside"]),
    Check("interstitial", "Warning page", tunnel.interstitial, ["outside"]),
    Check("slow_clients", "Slow clients", tunnel.slow_clients, ["outside"]),
)


def examine(
    *, without: Sequence[str] = (), starting: Callable[[Check], None] = lambda check: None
) -> Iterator[Finding]:
    """The findings as they come; `starting` is told of each check that begins. `without` leaves checks out."""
    obstacles: dict[str, Finding] = {}  # what each check that gave no answer goes back to
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
        # The doctor looks at broken things: whatever they do, the other checks are made.
        verdict = failed("the check itself failed", "Please report this.", cause=f"{type(error).__name__}: {error}")
    spoken = Verdict(verdict.status, mask(verdict.summary), mask(verdict.cause), mask(verdict.remedy))
    return Finding(check.name, check.title, spoken, time.monotonic() - started)
