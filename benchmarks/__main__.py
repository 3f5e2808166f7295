"""`python -m benchmarks NAME… [--quick]`: measure, print a table, keep the numbers as JSON, draw a chart."""

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.chart import draw
from benchmarks.load import BenchmarkError
from benchmarks.rounds import Result, say
from tests.support.postgres import Postgres

NAMES = ("webhooks", "checkout", "mixed", "growth", "settle", "start", "emulator", "profile")
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run the benchmarks that are named; the exit code is 1 when one failed or a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="+", choices=[*NAMES, "all"], metavar="NAME", help=", ".join([*NAMES, "all"]))
    parser.add_argument("--quick", action="store_true", help="short and rough: under three minutes each")
    options = parser.parse_args()
    names = NAMES if "all" in options.names else options.names
    code = max(_run(name, quick=options.quick) for name in names)
    if not options.quick and (chart := draw()):
        say(f"chart: {chart}")
    return code


def _run(name: str, *, quick: bool) -> int:
    say(f"──── {name}")
    started = time.monotonic()
    try:
        with Postgres(durable=True) as postgres, tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
            result: Result = importlib.import_module(f"benchmarks.{name}").run(postgres, Path(folder), quick=quick)
    except BenchmarkError as error:
        say(f"failed: {error}")
        return 1
    say("\n" + result.as_text())
    file = _keep(result, quick=quick)
    say(f"{time.monotonic() - started:.0f} s; numbers in {file}")
    return int(not quick and any(target.verdict == "missed" for target in result.targets))


def _keep(result: Result, *, quick: bool) -> Path:
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{result.name}{'-quick' if quick else ''}.json"
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[2]}
    file.write_text(json.dumps({"machine": machine, **result.as_json()}, indent=1))
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


if __name__ == "__main__":
    sys.exit(main())
