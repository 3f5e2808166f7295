"""gunicorn's configuration: `gunicorn -c app/config/gunicorn.conf.py app.config.wsgi`.

Uses gunicorn's threaded worker. A thread waits for a request's whole body, and until the client has read the response.
So slow clients require a reverse proxy in front (gunicorn: "Deploying Gunicorn"; see docs/security.md).
"""

import gc
import os
import signal
from pathlib import Path
from threading import Timer
from typing import Any

from app.config import server_size
from app.config.env import Environment

env = Environment.read(Path(__file__).resolve().parent.parent.parent / ".env", os.environ)

bind = f"0.0.0.0:{env.integer('PORT', 8000, low=1, high=65535)}"
worker_class = "gthread"
workers = server_size.workers(env)
threads = server_size.threads(env)
preload_app = True  # the processes share the imported code, and a replaced one starts at once
timeout = 60  # seconds without a heartbeat, after which a process is replaced
graceful_timeout = 30  # seconds for open requests when a process stops
keepalive = 75  # seconds; longer than the 60 of most reverse proxies and load balancers, so that they close first
max_requests, max_requests_jitter = 200_000, 50_000  # then the process is replaced, so that no leak grows forever
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
umask = 0o077  # only the owner can read the files in DATA_DIR
forwarder_headers = ""  # no proxy sets the path where the app is mounted
drain_seconds = env.integer("DRAIN_SECONDS", 0, high=3600)
control_socket_disable = True  # its default path is per user, so two stacks would share it


def when_ready(server: Any) -> None:
    """Freeze the imported code (Python: "gc.freeze"): the processes share it, and the garbage collector skips it."""
    gc.collect()
    gc.freeze()
    if drain_seconds:
        _drain_first()


def _drain_first() -> None:
    """On SIGTERM, report "not ready" and keep serving for DRAIN_SECONDS; a second SIGTERM stops at once.

    Load balancers need that time to notice (Kubernetes: "Termination of Pods").
    """
    from app.web import health

    stop = signal.getsignal(signal.SIGTERM)

    def drain(*_: Any) -> None:
        signal.signal(signal.SIGTERM, stop)
        health.drain()
        timer = Timer(drain_seconds, os.kill, (os.getpid(), signal.SIGTERM))
        timer.daemon = True  # otherwise Python would wait for it before it exits
        timer.start()

    signal.signal(signal.SIGTERM, drain)


def post_worker_init(worker: Any) -> None:
    """Prepare a process that serves requests: call `AppConfig.on_serving(first=…)` of each app that has it."""
    from django.apps import apps

    # gunicorn's quick stop shuts the thread pool down in a signal handler. If the pool is in use at that moment, the
    # process waits for itself forever, and keeps the port (CPython issue 121649). It stops gracefully instead.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, worker.handle_exit)
    for app in apps.get_app_configs():
        if hasattr(app, "on_serving"):
            app.on_serving(first=worker.age == 1)
