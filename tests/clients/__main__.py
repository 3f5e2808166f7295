"""Run other people's programs against the emulator: old and new client libraries, applications, Stripe's own tests."""

import argparse
import sys
import time

from tests.cli.local_stripe import LocalStripe
from tests.clients.clients import CLIENTS, OPTIONS, Client, ClientError, ClientMissingError

EPILOG = """clients:
  {}

Each client is installed from PyPI or npm into an environment of its own, below .data/venvs or .venv.

stripe-samples runs servers of ours that make the samples' calls. With SAMPLES=FOLDER it runs the original Python
servers of that checkout of github.com/stripe-samples/accept-a-payment.
"""


def main() -> int:
    """Run the clients that are named, or all; the exit code."""
    epilog = EPILOG.format("\n  ".join(CLIENTS))
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m tests.clients", None, __doc__, epilog, formatter_class=formatter)
    parser.add_argument("client", nargs="*", help="all unless named")
    names = parser.parse_args().client or list(CLIENTS)
    for name in names:
        if name not in CLIENTS:
            parser.error(f"there is no client {name} (--help lists them)")
    results = {}
    with LocalStripe(OPTIONS) as stripe:
        for number, name in enumerate(names, 1):
            say(f"[{number}/{len(names)}] {name} …")
            results[name] = result(CLIENTS[name], stripe)
    say("\n| client | |\n|---|---|")
    for name, (word, told, seconds) in results.items():
        say(f"| {name} | {word} ({seconds:.0f} s): {told} |")
    return 1 if any(word == "failed" for word, _, _ in results.values()) else 0


def result(client: Client, stripe: LocalStripe) -> tuple[str, str, float]:
    """Run one; a word, what it told last, and the seconds that it took."""
    began, word, told = time.monotonic(), "passed", ""
    try:
        for told in client.run(stripe):
            say(f"    {told}")
    except ClientError:
        word = "failed"
    except ClientMissingError as reason:
        word, told = "skipped", str(reason)
    return word, told, time.monotonic() - began


def say(text: str) -> None:
    """Print it at once."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
