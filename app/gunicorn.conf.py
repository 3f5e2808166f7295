"""gunicorn's configuration: `gunicorn -c app/gunicorn.conf.py app.wsgi`."""

import os
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Many threads: a checkout spends its time waiting for Stripe, and meanwhile holds nothing else.
threads = int(os.environ.get("WEB_THREADS", "64"))
preload_app = False
timeout = 60  # seconds
graceful_timeout = 30  # seconds
keepalive = 75  # seconds
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
limit_request_line = 4094  # bytes
limit_request_fields = 60
control_socket_disable = True  # its default path is one per user: two stacks would share it
accesslog = None
errorlog = "-"


def post_worker_init(worker: Any) -> None:
    """Django is set up: watch the wiring; the first worker also says where everything is, and whether it works."""
    from app.devstack import banner, gate
    from app.devstack.console import wiring

    if gate.console_is_on():
        wiring.watch()
    if worker.age == 1:
        banner.announce()
