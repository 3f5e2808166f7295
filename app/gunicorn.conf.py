"""gunicorn's configuration: `gunicorn -c app/gunicorn.conf.py app.wsgi`. Measured: see benchmarks/README.md."""

import gc
import os
from pathlib import Path
from typing import Any

from app import server_size
from app.environment import Environment
from app.fair_share import Places

env = Environment.read(Path(__file__).resolve().parent.parent / ".env", os.environ)

bind = f"0.0.0.0:{env.integer('PORT', 8000, low=1, high=65535)}"
worker_class = "app.gunicorn_worker.Worker"  # gthread, which slow clients can't hold
workers = server_size.workers(env)
threads = server_size.threads(env)
worker_connections = server_size.connections(2000)  # open at once in each process, waiting ones included
backlog = 2048
preload_app = True  # the processes share what was imported, and one that is replaced is there at once
timeout = 60  # seconds without a sign of life from a process
graceful_timeout = 30  # seconds for requests that are under way when a process is to end
keepalive = 75  # seconds; longer than the 60 of most proxies and load balancers in front, so that they close first
# A process is replaced after so many requests, gracefully and not all at once: no leak grows for ever.
max_requests = 200_000
max_requests_jitter = 50_000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
limit_request_line = 4094  # bytes
limit_request_fields = 60
limit_request_field_size = 8190  # bytes
control_socket_disable = True  # its default path is one per user: two stacks would share it
accesslog = None
errorlog = "-"


def when_ready(server: Any) -> None:
    """Everything is imported, and the processes are about to be made: what is there stays, so nobody looks for garbage
    in it, and the processes go on sharing it (Python: "gc.freeze"). New garbage is looked for less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)  # objects; Python's own 700 is for programs that hold little


places = Places(workers)


def pre_fork(server: Any, worker: Any) -> None:
    """Choose the new process's CPU, one that the others have not got, and its place beside them."""
    worker.place = places.take()
    worker.cpu = server_size.own_cpu([other.cpu for other in server.WORKERS.values()], processes=workers)


def post_fork(server: Any, worker: Any) -> None:
    """Stay there."""
    server_size.stay_on(worker.cpu)


def child_exit(server: Any, worker: Any) -> None:
    """It has no connections any more."""
    worker.place.leave()


def post_worker_init(worker: Any) -> None:
    """Django is set up: watch the wiring; the first worker also says where everything is, and whether it works."""
    from app.devstack import banner, gate
    from app.devstack.console import wiring
    from app.payments import checks

    if gate.console_is_on():
        wiring.watch()
    if worker.age == 1:
        banner.announce()
        checks.log_warnings()
