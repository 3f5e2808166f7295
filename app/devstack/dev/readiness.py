"""Print when the system is ready for a checkout, and until then what is missing."""

import asyncio
import time
from typing import Any

from app.devstack.dev import output
from app.devstack.dev.config import Config
from app.devstack.dev.processes.local_http import NoAnswerError, request

POLL_S = 0.03
SLOW_START_S = 5.0


async def announce(config: Config) -> None:
    """Print all addresses once the app is ready."""
    started, told = time.monotonic(), ""
    while (reason := await _what_is_missing(config)) is not None:
        if reason != told and time.monotonic() - started > SLOW_START_S:
            output.say(f"Not ready yet: {reason}")
            told = reason
        await asyncio.sleep(POLL_S if not told else 1)
    for line in _where_things_are(config):
        output.write(line)


async def _what_is_missing(config: Config) -> str | None:
    try:
        status, answer = await request("GET", config.port, "/readyz")
    except NoAnswerError:
        return "the app does not answer (see its output above)."
    if status != 200:
        return _reason(status, answer)
    return await _what_the_emulator_misses(config) if config.uses_emulator else None


async def _what_the_emulator_misses(config: Config) -> str | None:
    try:
        status, _ = await request("GET", config.emulator_port, "/_emulator/health")
    except NoAnswerError:
        return "the emulator does not answer (see its output above)."
    return None if status == 200 else f"the emulator's health check returns {status}."


def _reason(status: int, answer: Any) -> str:
    missing = answer.get("missing") if isinstance(answer, dict) else None
    return f"still missing: {', '.join(missing)}." if missing else f"/readyz returns {status}."


def _where_things_are(config: Config) -> list[str]:
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
