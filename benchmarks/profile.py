"""Where the time of one webhook and one checkout goes, one after the other in one thread, by cProfile.

A profiler makes Python's calls look dearer than they are; the shares say where to look, not how fast it is.
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import contenders
from benchmarks.checkout import upstream
from benchmarks.contenders import Contender
from benchmarks.environments import ROOT
from benchmarks.load import BenchmarkError
from benchmarks.profiled import WARM_UP
from benchmarks.rounds import Result, Table, alternate, say
from tests.support.postgres import Postgres
from tests.support.stack import clean_environment


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """The benchmark."""
    count, rounds = (200, 1) if quick else (1000, 3)
    tables = {kind: Table(f"One {kind}, by where its time goes") for kind in ("webhook", "checkout")}
    with upstream(folder, delay=0) as url:
        ours = contenders.ours()
        ours.env["STRIPE_EMULATOR_URL"] = url
        ours.prepare(postgres, folder)

        def one(kind: str, number: int) -> None:
            spent = _measure(ours, kind, count, batch=f"profile{number}")
            whole = sum(spent.values())
            for room, milliseconds in sorted(spent.items(), key=lambda item: -item[1]):
                tables[kind].add(room, ms=milliseconds, percent=100 * milliseconds / whole)
            say(f"{kind}: {whole:.2f} ms")

        alternate(rounds, list(tables), one)
    return Result("profile", list(tables.values()))


def _measure(ours: Contender, kind: str, count: int, batch: str) -> dict[str, float]:
    if kind == "webhook":
        ours.add_orders(batch, count + WARM_UP)
    command = [sys.executable, "-m", "benchmarks.profiled", kind, str(count), batch]
    env = clean_environment() | ours.settings
    found = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if found.returncode:
        raise BenchmarkError(found.stderr[-2000:])
    spent: dict[str, float] = json.loads(found.stdout)
    return spent
