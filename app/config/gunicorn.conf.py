"""gunicorn's configuration: `gunicorn -c app/config/gunicorn.conf.py app.config.wsgi`.

gunicorn's own threaded worker. A thread waits for a request's whole body and for the answer to be taken, so slow
clients are the business of a reverse proxy in front (gunicorn: "Deploying Gunicorn"); see docs/security.md.
"""

import gc
import os
from pathlib import Path
from typing import Any

from app.config import server_size
from app.config.env import Environment

env = Environment.read(Path(__file__).resolve().parent.parent.parent / ".env", os.environ)

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
    """Tell the apps that a process serves requests: `AppConfig.on_serving(first=…)`, where an app has it."""
    from django.apps import apps

    for app in apps.get_app_configs():
        if hasattr(app, "on_serving"):
            app.on_serving(first=worker.age == 1)
