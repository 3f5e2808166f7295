"""Run test layers, in parallel where possible: `./scripts/test [LAYER…]`."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import browser
from tests.support.postgres import find_postgres
from tests.support.stack import ROOT, names_in

PYTEST = [sys.executable, "-m", "pytest"]
# Only tests/unit/fuzz uses this plugin, and every other process would import it for nothing.
LIGHT = [*PYTEST, "-p", "no:schemathesis"]
CORES = os.cpu_count() or 1
# A file's tests stay in one process because they share fixtures.
BY_FILE = ["--dist", "loadfile", "--no-loadscope-reorder"]
PARALLEL, FEWER = ["-n", "auto", *BY_FILE], ["-n", str(CORES), *BY_FILE]
NOT_UNIT = ("system", "chaos", "e2e", "cli", "tunnel", "compose", "scale")
FILES = sorted(
    file.relative_to(ROOT) for tests in ("tests", "emulator/tests") for file in (ROOT / tests).rglob("test_*.py")
)


def files(mark: str, *folders: str) -> list[str]:
    """Return the test files in these folders, and all that mention the mark: importing the others takes long."""
    return [
        str(file)
        for file in FILES
        if any(map(file.is_relative_to, folders)) or f"mark.{mark}" in (ROOT / file).read_text()
    ]


HERE = " and ".join(f"not {layer}" for layer in NOT_UNIT)
# A browser, a network or an engine can fail by chance: those tests are rerun once, and each rerun is counted and
# reported. Nothing else may fail by chance, so nothing else is rerun.
RERUN_ONCE = ["--reruns", "1", "-raR"]
COMMANDS = {
    "quick": [*LIGHT, *FEWER, "-m", "quick", *files("quick")],
    "lint": ["./scripts/lint"],
    "unit": [*PYTEST, *PARALLEL, "-m", f"{HERE} and not postgres", "tests/unit"],
    "emulator": [*LIGHT, *PARALLEL, "-m", HERE, "emulator/tests"],
    "postgres": [
        *(sys.executable, "-m", "tests.support.postgres", *PYTEST, *PARALLEL),
        # What reads and writes orders, and every file with a test for Postgres alone.
        *("-m", f"django_db and {HERE}", *files("postgres", "tests/unit/payments", "tests/unit/fuzz")),
    ],
    "system": [*LIGHT, *PARALLEL, "-m", "system and not cli", *files("system", "tests/system")],
    "chaos": [*LIGHT, "-n", "0", "-m", "chaos", *files("chaos", "tests/chaos")],
    "e2e": [*LIGHT, *FEWER, "-m", "e2e", *files("e2e", "tests/e2e"), *RERUN_ONCE],
    "cli": [*LIGHT, *FEWER, "-m", "cli", *files("cli", "tests/cli")],
    # All their tests share one system, so they run one after the other.
    "tunnel": [*LIGHT, "-n", "0", "-m", "tunnel", *files("tunnel", "tests/tunnel"), *RERUN_ONCE],
    "compose": [*LIGHT, "-n", "0", "-m", "compose", *files("compose", "tests/compose"), *RERUN_ONCE],
    # Each test continues where the one before it ended.
    "scale": [*LIGHT, "-n", "0", "-m", "scale", "tests/scale", "--exitfirst"],
}
# The layers of a lane run one after the other; lanes run in parallel. Layers that mostly wait share the time with
# layers that compute. A layer that needs the whole machine runs after all lanes.
LANES = (("unit", "emulator", "e2e"), ("lint", "system", "cli"), ("compose", "postgres", "tunnel"))
ALONE = ("chaos",)
# Layers that run only if they are named.
ON_DEMAND = (("quick",), ("scale",))
# It takes the longest, and mostly waits: it gets the CPU when it wants it.
FIRST = ("compose", *ALONE)
ALL = [*(layer for lane in LANES for layer in lane), *ALONE]
PROGRESS_EVERY_S = 30.0
# pytest's last line: "12 passed, 1 skipped in 3.4s".
COUNTS = re.compile(r"^=+ (.*\d+ \w+.*) in [\d.]+s", re.M)


@dataclass
class Run:
    """One layer, during its run and afterwards."""

    layer: str
    lines: list[str] = field(default_factory=list)
    missing: str = ""
    code: int | None = None
    seconds: float = 0.0
    process: "subprocess.Popen[str] | None" = None

    def run(self, *, live: bool) -> None:
        """Run the layer to its end. Print its output live, or leave it to the caller."""
        began = time.monotonic()
        yields = not live and self.layer not in FIRST
        self.process = subprocess.Popen(
            ["nice", *COMMANDS[self.layer]] if yields else COMMANDS[self.layer],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # a signal reaches all of it
        )
        if yields:
            # Where the kernel groups processes by session, `nice` has no effect between them (Linux: "sched(7)").
            with suppress(OSError):
                Path(f"/proc/{self.process.pid}/autogroup").write_text("10")
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(re.sub(r"\x1b\[[0-9;]*m", "", line))
            if live:
                say(line.rstrip("\n"))
        self.code = self.process.wait()
        self.seconds = time.monotonic() - began

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def count(self, word: str) -> int:
        """Return the number in front of `word` in pytest's last line."""
        summaries = COUNTS.findall(self.output)
        found = re.search(rf"(\d+) {word}", summaries[-1]) if summaries else None
        return int(found.group(1)) if found else 0

    @property
    def retried(self) -> list[str]:
        """The tests that were rerun."""
        return re.findall(r"^RERUN (\S+)", self.output, re.M)

    @property
    def progress(self) -> str:
        """The layer and pytest's latest percentage."""
        percents = re.findall(r"\[ *(\d+%)\]$", "".join(self.lines[-50:]), re.M)
        return f"{self.layer} {percents[-1] if percents else ''}".strip()


class Runs:
    """All requested layers."""

    def __init__(self, layers: Sequence[str]) -> None:
        self._runs = {layer: Run(layer) for layer in layers}
        self._live = len(layers) == 1
        self._lanes: list[threading.Thread] = []
        self._printing = threading.Lock()
        self._stopped = False

    def run(self) -> None:
        """Run the lanes in parallel, then the layers that need the whole machine."""
        lanes = [[layer for layer in lane if layer in self._runs] for lane in (*LANES, *ON_DEMAND)]
        lanes = [lane for lane in lanes if lane]
        alone = [layer for layer in ALONE if layer in self._runs]
        self._lanes = [threading.Thread(target=self._run_lane, args=[lane], daemon=True) for lane in lanes]
        for thread in self._lanes:
            thread.start()
        printed = time.monotonic()
        while self._are_running():
            for thread in self._lanes:
                thread.join(1)
            if not self._live and time.monotonic() - printed > PROGRESS_EVERY_S:
                printed = time.monotonic()
                running = ", ".join(run.progress for run in self._runs.values() if run.process and run.code is None)
                self._say(f"… {running}")
        self._run_lane(alone)

    def _run_lane(self, lane: Sequence[str]) -> None:
        for layer in lane:
            if self._stopped:
                return
            run = self._runs[layer]
            if self._live:
                self._say(f"\n──── {layer}")
            run.missing = missing_for(layer)
            if not run.missing:
                self._say(f"… {layer} started")
                run.run(live=self._live)
            if not self._live:
                self._say(f"\n──── {layer} ({run.seconds:.0f} s)\n{run.missing or run.output}")

    def _say(self, text: str) -> None:
        with self._printing:
            say(text)

    def stop(self) -> None:
        """Interrupt all layers as Ctrl-C does, so that pytest tears down its fixtures. Wait for their output."""
        self._stopped = True
        interrupted = set[str]()
        running = True
        while running:
            running = self._are_running()  # before the processes: a lane may just be starting one
            for layer, run in self._runs.items():
                if run.process and run.process.poll() is None and layer not in interrupted:
                    interrupted.add(layer)
                    os.killpg(run.process.pid, signal.SIGINT)
            for thread in self._lanes:
                thread.join(0.1)
        for run in self._runs.values():
            if run.process:
                run.process.wait()

    def _are_running(self) -> bool:
        return any(thread.is_alive() for thread in self._lanes)

    def summary(self, seconds: float) -> int:
        """Print the results. Return the exit code."""
        runs = list(self._runs.values())
        skipped = [run for run in runs if run.missing]
        failed = [run for run in runs if not run.missing and run.code != 0]
        say(f"\nTook{''.join(f'  {run.layer} {run.seconds:.0f} s' for run in runs if not run.missing)}")
        for run in skipped:
            say(f"skipped  {run.layer}: {run.missing}")
        for run in failed:
            say(f"failed   {run.layer}")
        retried = [name for run in runs for name in run.retried]
        for name in retried:
            say(f"retried  {name}")
        good, skips = (sum(run.count(word) for run in runs) for word in ("passed", "skipped"))
        counts = f"{good} passed, {skips} skipped, retried: {len(retried)}"
        if failed:
            # A layer that fails without a count, as lint does, is one failure.
            wrong = sum(run.count("failed") + run.count("errors?") or 1 for run in failed)
            counts = f"{wrong} failed, {counts}"
        passed = len(runs) - len(failed) - len(skipped)
        layers = f"layers: {passed} passed, {len(failed)} failed, {len(skipped)} skipped"
        say(f"==== {counts} in {seconds:.0f}s ({layers}) ====")
        return 1 if failed or (skipped and in_ci()) else 0


def say(text: str) -> None:
    """Print and flush."""
    print(text, flush=True)  # noqa: T201


def in_ci() -> bool:
    """Return whether a layer that can't run counts as a failure."""
    return os.environ.get("CI") == "true"


def missing_for(layer: str) -> str:
    """Return what this machine lacks for a layer and how to get it; empty if it can run."""
    match layer:
        case "postgres" | "system" if not find_postgres():
            return "no PostgreSQL server (Debian, Ubuntu: apt install postgresql)"
        case "system":
            return "" if any_of("redis-server") else "no Redis server (Debian, Ubuntu: apt install redis-server)"
        case "e2e":
            return "" if any_of(*browser.PROGRAMS) else browser.MISSING
        case "cli":
            return missing_for_cli()
        case "tunnel":
            return missing_for_tunnel()
        case "compose" | "scale":
            return missing_for_compose()
    return ""


def missing_for_cli() -> str:
    # Imported late because it reads docker-compose.yml.
    from tests.cli.installed import CliMissingError, find_stripe_cli

    try:
        program = find_stripe_cli()
    except CliMissingError as reason:
        return str(reason)
    os.environ["PATH"] = f"{Path(program).parent}:{os.environ['PATH']}"  # some tests look for it there
    return ""


def missing_for_tunnel() -> str:
    if os.geteuid() != 0:
        return "it creates network namespaces, which needs root (sudo ./scripts/test tunnel)"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        return "network namespaces are not permitted here (a container needs --privileged)"
    if not all(map(any_of, ("ip", "openssl", "curl"))):
        return "no ip, openssl or curl (Debian, Ubuntu: apt install iproute2 openssl curl)"
    return missing_for("e2e") or missing_for("cli")


def missing_for_compose() -> str:
    if os.geteuid() != 0:
        return "it starts its own Docker engine, which needs root (sudo ./scripts/test compose)"
    if in_ci() and any_of("apt-get"):
        return ""  # the tests install what they need
    if not all(map(any_of, ("dockerd", "debootstrap"))):
        return "no Docker engine to start (Debian, Ubuntu: apt install docker.io debootstrap)"
    return ""


def any_of(*names: str) -> bool:
    """Return whether one of these programs is on PATH."""
    return any(map(shutil.which, names))


def main(arguments: Sequence[str]) -> int:
    """Run the named layers, or all. Return the exit code."""
    unknown = [name for name in arguments if name not in COMMANDS]
    if unknown:
        print(f"./scripts/test: unknown layer {unknown[0]} (--help lists them).", file=sys.stderr)  # noqa: T201
        return 2
    runs = Runs(list(dict.fromkeys(arguments)) or ALL)
    began = time.monotonic()
    # Tests must not depend on the developer's settings or data: every variable of .env is emptied.
    os.environ.update(dict.fromkeys(names_in(ROOT / ".env"), ""))
    # Tests start hundreds of Python processes, and each would compile all that it imports.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Tests spend about half their time waiting: for processes, for events, and on purpose.
    os.environ.setdefault("PYTEST_XDIST_AUTO_NUM_WORKERS", str(2 * CORES))
    # A shell lets what it starts in the background ignore SIGINT, and the tests would inherit that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = f"{folder}/data"
        try:
            runs.run()
        except KeyboardInterrupt:
            runs.stop()
            return 130
    return runs.summary(time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
