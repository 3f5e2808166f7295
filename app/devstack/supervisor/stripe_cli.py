"""`stripe listen`: brings the events of a real Stripe account to this machine."""

import re
import shutil
from collections.abc import Mapping

from app.devstack.supervisor import output
from app.devstack.supervisor.config import Config
from app.devstack.supervisor.data_dir import write_private
from app.devstack.supervisor.events import WEBHOOK_EVENTS
from app.devstack.supervisor.process import Process, run_once

INSTALL = "https://docs.stripe.com/stripe-cli/install"
SIGNING_SECRET = re.compile(r"\bwhsec_[A-Za-z0-9_]+")


def listener(config: Config) -> Process | None:
    """The process that forwards events; None, and a sentence on what to do, when the CLI is not installed."""
    program = shutil.which("stripe", path=config.env.get("PATH"))
    if program is None:
        output.say(_without_cli(config))
        return None
    return _Listener(config, program).process


def _without_cli(config: Config) -> str:
    if config.webhook_secret:
        return (
            "The Stripe CLI is not on PATH: events arrive only if you forward them yourself "
            f"(stripe listen --forward-to {config.webhook_url}) or have an endpoint in Stripe's dashboard."
        )
    return (
        "STRIPE_SECRET_KEY is set, but the Stripe CLI, which brings Stripe's events here, is not on PATH: "
        f"install it ({INSTALL}) and start ./scripts/dev again, which then takes its secret by itself."
    )


class _Listener:
    def __init__(self, config: Config, program: str) -> None:
        self._config = config
        self._program = program
        self.process = Process(
            "stripe", self._command(), self._env(), before_each=self._take_secret, on_line=self._on_line
        )

    def _command(self) -> list[str]:
        # The one form that every version of the CLI takes; without --events some versions exit at once.
        events = ["--events", ",".join(WEBHOOK_EVENTS)]
        return [self._program, "listen", "--skip-update", *events, "--forward-to", self._config.webhook_url]

    def _env(self) -> Mapping[str, str]:
        return {
            **self._config.env,
            "STRIPE_API_KEY": self._config.stripe_key,
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
        }

    async def _take_secret(self) -> None:
        """Before each start: the secret is usually the same, but has been seen to change."""
        command = [self._program, "listen", "--skip-update", "--print-secret"]
        await run_once("stripe", command, self._env(), self._on_line, announce=False)

    def _on_line(self, line: str) -> None:
        """Takes the secret wherever the CLI tells it; the log gets the rest."""
        found = SIGNING_SECRET.search(line)
        if found:
            write_private(self._config.secret_file, found.group() + "\n")
        if not found or line.strip() != found.group():
            output.write(output.labelled("stripe", output.mask(line)))
