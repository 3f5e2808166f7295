"""The banner in the app's log at start-up: all addresses, the Stripe mode, and the doctor's findings."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connections

from app.config.machine import in_container, lan_address, own_url
from app.config.stripe_mode import stripe_mode
from app.devstack.doctor.checks.tunnel import expected_agents
from app.devstack.doctor.finding import Finding, Status, is_healthy
from app.devstack.doctor.remedies import create_admin
from app.devstack.doctor.report import conclusion
from app.devstack.doctor.runner import run_checks
from app.devstack.http import NoResponse, send
from app.web.gate import console_is_on, peer_is_client
from app.web.public_url import public_url

logger = logging.getLogger("app")

UP_WITHIN = 60.0  # seconds, for the app
TUNNEL_WITHIN = 10.0  # seconds, for the public URL
HEALTHY_FOR = 900  # seconds without another round trip
STRIPE = {
    "emulator": "the local stand-in; no money moves (set STRIPE_SECRET_KEY=sk_test_… in .env to use a test account)",
    "test": "your test account; no money moves",
    "live": "LIVE: payments move real money",
}


def announce() -> None:
    """Log the banner and then the doctor's findings, in a background thread."""
    if settings.DOCTOR_AT_START:
        threading.Thread(target=_announce, name="banner", daemon=True).start()


def _announce() -> None:
    try:
        ready = _wait_until(_is_ready, UP_WITHIN)
        _wait_until(lambda: bool(public_url()), TUNNEL_WITHIN if expected_agents() else 0)
        logger.info("\n%s", banner())
        if ready and in_container():  # elsewhere ./scripts/dev prints it
            logger.info("Ready: http://localhost:%s", settings.PORT)
        for line in _report_lines(_findings()):
            logger.info("Doctor: %s", line)
    except Exception:
        logger.exception("The doctor failed at start-up")
    finally:
        connections.close_all()


def _findings() -> list[Finding]:
    """Return the doctor's findings. A development server restarts on every edit, without a round trip each time."""
    stamp = Path(settings.DATA_DIR) / "doctor_healthy"
    recently = stamp.exists() and time.time() - stamp.stat().st_mtime < HEALTHY_FOR
    findings = list(run_checks(without=["round_trip"] if recently else []))
    if is_healthy(findings) and not recently:
        stamp.touch()
    return findings


def banner() -> str:
    """Return the banner."""
    port = settings.PORT
    lan = f"http://<this PC's address>:{port}" if in_container() else _lan_url(lan_address())
    rows = {
        "This PC": f"http://localhost:{port}",
        "Network": lan,
        "Internet": public_url()
        or "no public URL (set NGROK_AUTHTOKEN=… or COMPOSE_PROFILES=cloudflared in .env to get one)",
        "Console": f"http://localhost:{port}/console/" if console_is_on() else "",
        "Admin": _admin_url(),
        "API": f"{public_url() or f'http://localhost:{port}'}/api/docs",
        "Stripe": STRIPE[stripe_mode()],
    }
    lines = [f"{name:<9} {value}" for name, value in rows.items() if value]
    rule = "─" * max(len(line) for line in lines)
    return "\n".join([rule, *lines, rule])


def _admin_url() -> str:
    if peer_is_client():
        url = f"http://localhost:{settings.PORT}/admin/"
    elif settings.PUBLIC_ADMIN:
        url = f"{public_url()}/admin/"
    else:
        return "closed (PUBLIC_ADMIN=1 in .env opens it)"
    return f"{url} (to create a user: {create_admin()})"


def _lan_url(address: str) -> str:
    return f"http://{address}:{settings.PORT}" if address else ""


def _report_lines(findings: list[Finding]) -> list[str]:
    """Return the conclusion, after the details of failures and warnings."""
    notable = [finding for finding in findings if finding.status in (Status.FAILED, Status.WARNING)]
    details = [
        " ".join(filter(None, (f"{each.title}: {each.verdict.summary}.", each.verdict.cause, each.verdict.remedy)))
        for each in notable
    ]
    return [*details, conclusion(findings)]


def _is_ready() -> bool:
    try:
        return send("GET", f"{own_url()}/readyz").status == 200
    except NoResponse:
        return False


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.25)
    return met
