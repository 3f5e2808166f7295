"""gunicorn's configuration: `gunicorn -c app/gunicorn.conf.py app.wsgi`.

gunicorn's own threaded worker. A thread waits for a request's whole body and for the answer to be taken, so slow
clients are the business of a reverse proxy in front (gunicorn: "Deploying Gunicorn"); see docs/security.md.
"""

import gc
import os
from pathlib import Path
from typing import Any

from app import server_size
from app.environment import Environment

env = Environment.read(Path(__file__).resolve().parent.parent / ".env", os.environ)

bind = f"0.0.0.0:{env.integer('PORT', 8000, low=1, high=65535)}"
worker_class = "gthread"
workers = server_size.workers(env)
threads = server_size.threads(env)
preload_app = True  # the processes share what was imported, and one that is replaced is there at once
timeout = 60  # seconds without a sign of life from a process
graceful_timeout = 30  # seconds for requests that are under way when a process is to end
keepalive = 75  # seconds; longer than the 60 of most proxies and load balancers in front, so that they close first
max_requests, max_requests_jitter = 200_000, 50_000  # then the process is replaced: no leak grows for ever
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
umask = 0o077  # what is written to DATA_DIR is for its owner alone
forwarder_headers = ""  # no proxy says where the app is mounted
control_socket_disable = True  # its default path is one per user: two stacks would share it


def when_ready(server: Any) -> None:
    """Freeze what was imported (Python: "gc.freeze"): the processes share it, and nobody looks for garbage in it."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Watch the wiring; the first process also says where everything is, and whether it works."""
    from app.devstack import banner, gate
    from app.devstack.console import wiring
    from app.payments import checks

    if gate.console_is_on():
        wiring.watch()
    if worker.age == 1:
        banner.announce()
        checks.log_warnings()
