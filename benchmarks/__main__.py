"""Measure this project side by side with alternatives, print tables and targets, and save the numbers as JSON."""

import argparse
import importlib
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.chart import draw
from benchmarks.load import cpus
from benchmarks.rounds import BenchmarkError, Result, Target, say, targets_as_text
from tests.support.postgres import Postgres
from tests.support.stack import ROOT

PARTS = {
    "webhooks": "each kind of event on Postgres, against LIMIT-A, dj-stripe, the tutorial view, Flask; CPU",
    "sqlite": "each kind of event on SQLite, against the tutorial view",
    "checkout": "64 concurrent buyers, and arrivals of 25 and 100 per second; Stripe responds after 300 ms; CPU",
    "mixed": "webhooks while 64 checkouts wait for Stripe",
    "catch_up": "10,000 missed events: CPU of each, against a webhook's",
    "growth": "webhooks with 1,000,000 orders and events",
    "click_to_paid": "from the click on Pay to `paid`, through the real Stripe CLI",
    "start": "./scripts/dev, the server's start, its idle memory; with a Docker engine the image's size",
    "emulator": "Checkout Sessions created, against a Starlette route that writes a row",
    "profile": "where the CPU time of one webhook and one checkout goes",
}
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run the named parts, or all. Return 1 if a part failed or, in a full run, a binding target was missed."""
    options = _parser().parse_args()
    targets: list[Target] = []
    failed = []
    for name in options.parts or PARTS:
        try:
            targets += _run(name, quick=options.quick).targets
        except BenchmarkError as error:
            say(f"{name} failed: {error}")
            failed.append(name)
    if targets:
        say(f"\n{targets_as_text(targets)}")
    if options.quick:
        say("\n--quick: one short round, for a rough estimate. Missed targets do not fail it.")
    elif chart := draw():
        say(f"\nchart: {chart}")
    if failed:
        say(f"failed: {', '.join(failed)}")
    return int(bool(failed) or (not options.quick and any(target.failed for target in targets)))


def _parser() -> argparse.ArgumentParser:
    parts = "\n".join(f"  {name:15}{what}" for name, what in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\n\nparts:\n{parts}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", type=_part, metavar="PART", help="what to measure (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="one short round of each, for a rough estimate in a minute or two"
    )
    return parser


def _part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"unknown part {name!r}; choose from {', '.join(PARTS)}")
    return name


def _run(name: str, *, quick: bool) -> Result:
    say(f"──── {name}: {PARTS[name]}")
    started = time.monotonic()
    with Postgres(durable=True) as postgres, tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        result: Result = importlib.import_module(f"benchmarks.{name}").run(postgres, Path(folder), quick=quick)
    say(f"\n{result.as_text()}")
    say(f"{time.monotonic() - started:.0f} s; numbers in {_save(result, quick=quick)}\n")
    return result


def _save(result: Result, *, quick: bool) -> Path:
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{result.name}{'-quick' if quick else ''}.json"
    machine = {"cpus": cpus(), "python": platform.python_version()}
    file.write_text(json.dumps({"machine": machine, **result.as_json()}, indent=1))
    return file.relative_to(ROOT)


if __name__ == "__main__":
    sys.exit(main())
