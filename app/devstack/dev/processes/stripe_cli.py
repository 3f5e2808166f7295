"""`stripe listen`: forwards the events of a real Stripe account to this machine."""

import re
import shlex
import shutil
import socket
import uuid
from collections.abc import Callable
from contextlib import suppress

from app.config.env import API_KEYS_URL
from app.devstack.dev import output
from app.devstack.dev.config import Config
from app.devstack.dev.data_dir import write_private
from app.devstack.dev.processes.process import Process
from app.devstack.stripe_cli_status import DEVICE_FILE
from app.payments.stripe.event_types import listen_command

INSTALL = "https://docs.stripe.com/stripe-cli/install"
SIGNING_SECRET = re.compile(r"\bwhsec_[A-Za-z0-9_]+")
REJECTED = re.compile(r"^Authorization failed, status=40[13]|level=fatal.*status=40[13]")
# If the connection breaks while more than ten responses wait to be sent, the CLI (1.51) puts one back into its full
# queue and waits forever. This is all that it says.
STUCK = re.compile(r"level=error.*on WriteJSON")


def listener(config: Config) -> Process | None:
    """Return the process that forwards events. If the CLI is not installed, print what to do and return None."""
    program = shutil.which("stripe", path=config.env.get("PATH"))
    if program is None:
        output.say(_without_cli(config))
        return None
    env = {
        **config.env,
        "STRIPE_API_KEY": config.stripe_key,
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
        "STRIPE_DEVICE_NAME": _device_name(config),
    }
    # Most failures are due to the key or the network; frequent retries fix neither.
    process = Process(
        "stripe",
        listen_command(config.webhook_url, program),
        env,
        on_line=_follow(config, lambda: process.restart()),
        longest_delay_s=60,
    )
    return process


def _device_name(config: Config) -> str:
    """Return this stack's name among the devices of the Stripe account; devices of one name share a signing secret.

    The second part is random: two developers' computers, or two checkouts on one, can have the same name.
    """
    file = config.secret_file.with_name(DEVICE_FILE)
    with suppress(OSError):
        if name := file.read_text().strip():
            return name
    name = f"{config.env.get('STRIPE_DEVICE_NAME') or socket.gethostname()}-{uuid.uuid4().hex[:8]}"
    write_private(file, f"{name}\n")
    return name


def _without_cli(config: Config) -> str:
    if config.webhook_secrets:
        return (
            "The Stripe CLI is not on PATH: events arrive only if you forward them yourself "
            f"({shlex.join(listen_command(config.webhook_url))}) or have an endpoint in Stripe's dashboard."
        )
    return (
        "STRIPE_SECRET_KEY is set, but the Stripe CLI, which forwards Stripe's events, is not on PATH: "
        f"install it ({INSTALL}) and restart ./scripts/dev. The signing secret is then picked up automatically."
    )


def _follow(config: Config, restart: Callable[[], None]) -> Callable[[str], None]:
    """Return a function that reads each session's signing secret from the output, logs the lines and calls `restart` if
    the CLI is stuck."""

    def on_line(line: str) -> None:
        if found := SIGNING_SECRET.search(line):
            write_private(config.secret_file, found.group() + "\n")
        if REJECTED.search(line):
            output.say(
                f"Stripe rejected STRIPE_SECRET_KEY: copy the secret key from {API_KEYS_URL} into .env again. "
                "The change takes effect at once."
            )
        write(line)
        if STUCK.search(line):
            output.say("The Stripe CLI lost its connection while it sent responses and may hang: restarting it.")
            restart()

    write = output.writer("stripe")
    return on_line
