"""Faults: processes killed with -9, and an unreliable Stripe."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

from tests.chaos.processes import RestartedProcess
from tests.support.postgres import Postgres
from tests.support.stack import Stack

PAUSE_S = (0.2, 1.4)  # between two kills
# How often each is killed, relative to the others. All but Postgres are restarted, as by Docker's restart policy.
VICTIMS = {
    "app process": 4,
    "app": 1,
    "worker": 2,
    "second worker": 2,
    "cli": 2,
    "emulator": 2,
    "postgres": 2,
    "postgres process": 1,
}
OF_POSTGRES = ("postgres", "postgres process")

CALLS = (
    {"method": "POST", "path": "/v1/checkout/sessions"},
    {"method": "GET", "path": "/v1/checkout/sessions/*"},
    {"method": "GET", "path": "/v1/events"},
    {"path": "/v1/refunds"},
)
FAULTS: list[dict[str, Any]] = [
    {"kind": "drop_event", "probability": 0.2},
    {"kind": "duplicate_event", "copies": 3, "probability": 0.2},
    {"kind": "delay_event", "seconds": 3, "probability": 0.1},
    {"kind": "reorder_events", "seconds": 1, "probability": 0.4},
    *(
        {**call, **fault}
        for call in CALLS
        for fault in (
            {"kind": "error", "status": 429, "probability": 0.05},
            {"kind": "error", "status": 500, "probability": 0.04},
            {"kind": "error", "status": 500, "when": "after", "probability": 0.02},
            {"kind": "error", "status": 503, "probability": 0.03},
            {"kind": "reset", "probability": 0.03},
            {"kind": "reset", "when": "after", "probability": 0.03},
            {"kind": "jitter", "seconds": 0.3, "probability": 0.3},
            {"kind": "latency", "seconds": 2, "probability": 0.02},
        )
    ),
]


class Faults:
    """Context manager: faults happen inside it and end with it. `kills` counts the killed processes."""

    def __init__(
        self, stack: Stack, postgres: Postgres | None, others: Mapping[str, RestartedProcess], dice: random.Random
    ) -> None:
        """Kill the stack's processes, the database's, and `others`, which are given by name."""
        self._stack, self._postgres, self._others, self._dice = stack, postgres, others, dice
        self._http = urllib3.PoolManager(retries=False, timeout=5)
        self._stopped = threading.Event()
        self._killer = ThreadPoolExecutor(1)
        self.kills: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._set_faults()
        self._killing = self._killer.submit(self._kill_repeatedly)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._killer.shutdown()
        self._killing.result()  # raises the thread's error
        self._retry("DELETE", "faults")

    def _kill_repeatedly(self) -> None:
        victims = self._draw_victims()
        while not self._stopped.wait(self._dice.uniform(*PAUSE_S)):
            victim = next(victims)
            with suppress(ProcessLookupError, FileNotFoundError, IndexError):  # it is being restarted
                self._kill(victim)
                self.kills[victim] += 1

    def _draw_victims(self) -> Iterator[str]:
        """Yield victims in random order; each kind comes soon, and all come in turn."""
        absent = {*(() if self._postgres else OF_POSTGRES), *({"cli", "second worker"} - self._others.keys())}
        cards = [name for name, times in VICTIMS.items() for _ in range(times) if name not in absent]
        kinds = sorted(set(cards))
        yield from self._dice.sample(kinds, len(kinds))
        while True:
            yield from self._dice.sample(cards, len(cards))

    def _kill(self, victim: str) -> None:
        if victim == "postgres" and self._postgres:
            self._postgres.crash()
        elif victim == "postgres process" and self._postgres:
            os.kill(self._dice.choice(self._postgres.processes), signal.SIGKILL)
        elif victim in self._others:
            os.kill(self._others[victim].pid, signal.SIGKILL)
        elif victim == "app process":
            os.kill(self._dice.choice(children(self._stack.processes["app"])), signal.SIGKILL)
        else:
            os.kill(self._stack.processes[victim], signal.SIGKILL)
        if victim == "emulator":
            self._set_faults()  # a new process has none

    def _set_faults(self) -> None:
        for fault in FAULTS:
            self._retry("POST", "faults", fault)

    def _retry(self, method: str, path: str, body: Any = None) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(urllib3.exceptions.HTTPError):
                url = f"{self._stack.emulator_url}/_emulator/{path}"
                if self._http.request(method, url, json=body).status < 300:
                    return
            time.sleep(0.1)
        raise AssertionError(f"the emulator refused {method} {path} {json.dumps(body)}")


def children(pid: int) -> list[int]:
    """Return the process's children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
