"""`stripe listen`: brings the events of a real Stripe account to this machine."""

import re
import shlex
import shutil
from collections.abc import Callable

from app.config.env import WHERE_KEYS_ARE
from app.devstack.dev import output
from app.devstack.dev.config import Config
from app.devstack.dev.data_dir import write_private
from app.devstack.dev.processes.process import Process
from app.payments.stripe.event_types import listen_command

INSTALL = "https://docs.stripe.com/stripe-cli/install"
SIGNING_SECRET = re.compile(r"\bwhsec_[A-Za-z0-9_]+")
REFUSED = re.compile(r"^Authorization failed, status=40[13]|level=fatal.*status=40[13]")


def listener(config: Config) -> Process | None:
    """The process that forwards events; None, and a sentence on what to do, when the CLI is not installed."""
    program = shutil.which("stripe", path=config.env.get("PATH"))
    if program is None:
        output.say(_without_cli(config))
        return None
    env = {**config.env, "STRIPE_API_KEY": config.stripe_key, "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}
    # What it fails for is mostly a key or a network: trying often makes neither better.
    return Process(
        "stripe", listen_command(config.webhook_url, program), env, on_line=_follow(config), longest_delay_s=60
    )


def _without_cli(config: Config) -> str:
    if config.webhook_secrets:
        return (
            "The Stripe CLI is not on PATH: events arrive only if you forward them yourself "
            f"({shlex.join(listen_command(config.webhook_url))}) or have an endpoint in Stripe's dashboard."
        )
    return (
        "STRIPE_SECRET_KEY is set, but the Stripe CLI, which brings Stripe's events here, is not on PATH: "
        f"install it ({INSTALL}) and start ./scripts/dev again, which then takes its secret by itself."
    )


def _follow(config: Config) -> Callable[[str], None]:
    """Takes the secret from the line that tells it, for each session anew; the log gets the rest."""

    def on_line(line: str) -> None:
        if found := SIGNING_SECRET.search(line):
            write_private(config.secret_file, found.group() + "\n")
        if REFUSED.search(line):
            output.say(
                "Stripe refused STRIPE_SECRET_KEY: copy the secret key again "
                f"from {WHERE_KEYS_ARE} into .env (it is then used at once)."
            )
        write(line)

    write = output.writer("stripe")
    return on_line
