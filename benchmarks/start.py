"""Starts: `./scripts/dev` from the second time on, the server alone, and the memory that it takes when idle."""

import time
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import Contender
from benchmarks.rounds import Result, Table, Target, say
from tests.support.postgres import Postgres
from tests.support.stack import ROOT, Stack

SETTLED = 3.0  # seconds until a fresh server is idle


def run(postgres: Postgres, folder: Path, *, quick: bool) -> Result:
    """The benchmark. (`docker compose up --wait` is timed by the compose tests, which have an engine.)"""
    rounds = 1 if quick else 5
    started = Table("Starts", "Until a checkout would work; the server alone: until its first 200.")
    memory = Table("Idle memory, MiB PSS", "gunicorn's first process and its workers.")
    servers = [contenders.ours(), contenders.tutorial()]
    for server in servers:
        server.prepare(postgres, folder)
    stack = Stack(command=[str(ROOT / "scripts" / "dev"), "--no-reload"], data_dir=folder / "dev")
    _until_ready(stack, 1)  # the first time installs and migrates
    for number in range(rounds):
        started.add("./scripts/dev", seconds=_until_ready(stack, number + 2))
        for server in servers:
            _measure(server, started, memory)
        say(f"{number + 1}: ./scripts/dev {started.rows['./scripts/dev']['seconds'][-1]:.2f} s")
    ours = servers[0].name
    targets = [
        Target("./scripts/dev, second time", started.median("./scripts/dev", "seconds"), 4, 2, "s", most=True),
        Target("idle memory", memory.median(ours, "all"), 130, 100, "MiB", most=True),
    ]
    return Result("start", [started, memory], targets)


def _until_ready(stack: Stack, count: int) -> float:
    began = time.monotonic()
    stack.start()
    try:
        stack.wait_for_log(f"Ready: {stack.url}", count=count)
        return time.monotonic() - began
    finally:
        stack.stop()


def _measure(contender: Contender, started: Table, memory: Table) -> None:
    began = time.monotonic()
    with contender.server() as server:
        started.add(f"{contender.name}, server", seconds=time.monotonic() - began)
        time.sleep(SETTLED)
        sizes = [_pss(pid) for pid in _family(server.pid)]
        memory.add(contender.name, processes=len(sizes), all=sum(sizes))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(grandchild for child in children for grandchild in _family(int(child)))]


def _pss(pid: int) -> float:
    """The process's share of the memory that it uses, in MiB: pages in common are divided."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
