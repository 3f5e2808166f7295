"""Print when the system is ready for a checkout, and what is missing until then."""

import asyncio
import time
from typing import Any

from app.devstack.dev import output
from app.devstack.dev.config import Config
from app.devstack.dev.processes.local_http import NoResponseError, request

POLL_S = 0.03
SLOW_START_S = 5.0


async def announce(config: Config) -> None:
    """Print all addresses once the app is ready."""
    started, printed = time.monotonic(), ""
    while (reason := await _missing(config)) is not None:
        if reason != printed and time.monotonic() - started > SLOW_START_S:
            output.say(f"Not ready yet: {reason}")
            printed = reason
        await asyncio.sleep(POLL_S if not printed else 1)
    for line in _summary(config):
        output.write(line)


async def _missing(config: Config) -> str | None:
    try:
        status, response = await request("GET", config.port, "/readyz")
    except NoResponseError:
        return "the app is not responding (see its output above)."
    if status != 200:
        return _reason(status, response)
    return await _missing_in_emulator(config) if config.uses_emulator else None


async def _missing_in_emulator(config: Config) -> str | None:
    try:
        status, _ = await request("GET", config.emulator_port, "/_emulator/health")
    except NoResponseError:
        return "the emulator is not responding (see its output above)."
    return None if status == 200 else f"the emulator's health check returns {status}."


def _reason(status: int, response: Any) -> str:
    missing = response.get("missing") if isinstance(response, dict) else None
    return f"still missing: {', '.join(missing)}." if missing else f"/readyz returns {status}."


def _summary(config: Config) -> list[str]:
    return [
        f"Ready: http://localhost:{config.port}",
        f"  Admin:  http://localhost:{config.port}/admin/ (to create a user: ./scripts/run admin)",
        f"  Stripe: {_stripe(config)}",
        "  Ctrl-C stops everything.",
    ]


def _stripe(config: Config) -> str:
    if config.uses_emulator:
        return (
            f"the local emulator, http://localhost:{config.emulator_port} "
            "(set STRIPE_SECRET_KEY=sk_test_… in .env to use Stripe itself)"
        )
    return "a LIVE account: payments move real money" if "_live_" in config.stripe_key else "your test account"
