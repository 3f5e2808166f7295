"""Starts: `./scripts/dev` from the second start on, the server alone, and its idle memory.

The compose tests, which have a Docker engine, time `docker compose up --wait`. Where an engine runs, the image is
built, and its size beyond the base image is measured.
"""

import re
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import Contender
from benchmarks.processes import family, pss
from benchmarks.rounds import Result, Table, Target, say
from tests.support.postgres import Postgres
from tests.support.stack import ROOT, Stack

IDLE_AFTER = 3.0  # seconds
BUILT_WITHIN_S = 900
IMAGE = "benchmarks-image-size"


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """Run the benchmark."""
    rounds = 1 if quick else 5
    started = Table("Starts", "Until checkouts work; the server alone: until its first 200.")
    memory = Table("Idle memory, MiB PSS", "gunicorn's first process and its workers.")
    ours, tutorial = contenders.ours(), contenders.tutorial(kept=True)
    for server in (ours, tutorial):
        server.prepare(postgres, folder)
    stack = Stack(command=[str(ROOT / "scripts" / "dev"), "--no-reload"], data_dir=folder / "dev")
    try:
        _until_ready(stack, 1)  # the first start installs and migrates
        for number in range(rounds):
            started.add("./scripts/dev", number, seconds=_until_ready(stack, number + 2))
            say(f"./scripts/dev: {started.rounds('./scripts/dev', 'seconds')[-1]:.2f} s")
            for server in (ours, tutorial):
                _measure(server, number, started, memory)
    finally:
        stack.close()
    dev, idle = started.median("./scripts/dev", "seconds"), memory.median(ours.name, "all")
    targets = [
        Target("./scripts/dev, second start", dev, 4, 2, "s", most=True, advisory=True),
        Target("idle memory of the app, PSS", idle, 110, 90, "MiB", most=True, advisory=True),
    ]
    if size := _image_size():
        targets.append(Target("image, above its base image", size, 130, 90, "MB", most=True, advisory=True))
    return Result("start", [started, memory], targets)


def _until_ready(stack: Stack, count: int) -> float:
    began = time.monotonic()
    stack.start()
    try:
        stack.wait_for_log(f"Ready: {stack.url}", count=count)
        return time.monotonic() - began
    finally:
        stack.stop()


def _measure(contender: Contender, number: int, started: Table, memory: Table) -> None:
    began = time.monotonic()
    with contender.server() as server:
        started.add(f"{contender.name}, server", number, seconds=time.monotonic() - began)
        time.sleep(IDLE_AFTER)
        sizes = [pss(pid) for pid in family(server.pid)]
        memory.add(contender.name, number, processes=len(sizes), all=sum(sizes))


def _image_size() -> float | None:
    """Return the image's own megabytes, or None, with a printed reason, if no engine can build it."""
    if not shutil.which("docker") or _docker("version").returncode:
        say("image size: skipped: no Docker engine is running")
        return None
    built = _docker("build", "--quiet", "--tag", IMAGE, str(ROOT))
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    if built.returncode:
        say(f"image size: skipped: the build failed: {built.stderr.strip()[-300:]}")
        return None
    whole, base = (int(_docker("image", "inspect", "-f", "{{.Size}}", name).stdout) for name in (IMAGE, bases[-1]))
    _docker("image", "rm", IMAGE)
    return (whole - base) / 1e6


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=BUILT_WITHIN_S, check=False, cwd=ROOT
    )
