"""`python -m app.devstack.dev`, started by `./scripts/dev` from the root of the project."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from app.config.masking import replace_what_can_not_be_shown
from app.devstack.dev import data_dir
from app.devstack.dev.config import load_config
from app.devstack.dev.errors import StartError
from app.devstack.dev.ports import require_free_ports
from app.devstack.dev.stack import Ending, Stack

HELP = """\
Runs the shop, its worker and the local Stripe emulator in this terminal. Ctrl-C stops everything.

Settings come from the environment or from .env (see .env.example), among them:
  PORT            where the shop listens (8000)
  EMULATOR_PORT   where the emulator listens (12111)
  DATA_DIR        database, emulator state and secrets (.data)
  STRIPE_SECRET_KEY=sk_test_…   use a real Stripe test account instead of the emulator
  NGROK_AUTHTOKEN=…             open a public URL with ngrok (NGROK_URL: your fixed domain)
  COMPOSE_PROFILES=cloudflared  open one with cloudflared, which needs no account
"""


def main() -> int:
    """Returns the exit code: 0 after Ctrl-C or SIGTERM, 1 when the stack can't start."""
    parser = argparse.ArgumentParser(
        prog="./scripts/dev", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-reload", action="store_true", help="keep running the code that was there at the start")
    replace_what_can_not_be_shown()
    options = parser.parse_args()
    os.umask(0o077)  # for all that is started: databases, logs and secrets are for their owner alone
    given = dict(os.environ)
    try:
        ending = _run(given, follow_changes=not options.no_reload)
    except StartError as error:
        print(f"./scripts/dev: {error}", file=sys.stderr, flush=True)  # noqa: T201
        return 1
    if ending is Ending.START_AGAIN:
        os.execve(sys.executable, [sys.executable, "-m", "app.devstack.dev", *sys.argv[1:]], given)  # noqa: S606
    return 0


def _run(environ: dict[str, str], *, follow_changes: bool) -> Ending:
    config = load_config(Path.cwd(), environ)
    require_free_ports(config)
    with data_dir.claim(config.data_dir) as lock:
        data_dir.tell(config.root, {name: config.env[name] for name in ("PORT", "EMULATOR_PORT", "DATA_DIR")}, lock)
        return asyncio.run(Stack(config, environ, follow_changes=follow_changes).run())


if __name__ == "__main__":
    sys.exit(main())
