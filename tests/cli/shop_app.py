"""Run the Django application with gunicorn, and with the emulator as its Stripe."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

from app.devstack.dev.processes.parent_death import die_with
from tests.cli.installed import ROOT
from tests.support.stack import clean_environment, reserve_port
from tests.support.waiting import until

GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "app/config/gunicorn.conf.py", "app.config.wsgi"]


class ShopApp:
    """Context manager that runs the app without a worker, so that only the webhook reports payments."""

    def __init__(self, emulator_url: str) -> None:
        self._reservation = reserve_port()
        port = self._reservation.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.webhook_url = f"{self.url}/stripe-webhook/"
        self._folder = Path(tempfile.mkdtemp(prefix="shop-"))
        self.secret_file = self._folder / "secret"
        self._env = clean_environment() | {
            "PORT": str(port),
            "DATA_DIR": str(self._folder),
            "STRIPE_EMULATOR_URL": emulator_url,
            "STRIPE_WEBHOOK_SECRET_FILE": str(self.secret_file),
            "DOCTOR_AT_START": "false",
            "WEB_CONCURRENCY": "1",
        }
        self._http = urllib3.PoolManager(retries=False)

    def __enter__(self) -> Self:
        prepare = [sys.executable, "-m", "app.config.prepare"]
        subprocess.run(prepare, cwd=ROOT, env=self._env, check=True, stdout=subprocess.DEVNULL)
        self._process = subprocess.Popen(GUNICORN, cwd=ROOT, env=self._env, preexec_fn=die_with(os.getpid()))
        until(self._answers, "the app responds")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._reservation.close()
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        assert self._process.poll() is None, "the app ended"
        try:
            return self._http.request("GET", f"{self.url}/healthz", timeout=5).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def check_out(self) -> Any:
        """Create an order. Return its `order_id` and `checkout_url`."""
        answer = self._http.request("POST", f"{self.url}/api/checkout/")
        assert answer.status == 200, answer.data
        return answer.json()

    def await_status(self, order_id: str, status: str) -> None:
        """Wait until the order has the status."""

        def order() -> Any:
            return self._http.request("GET", f"{self.url}/api/orders/{order_id}/").json()

        until(lambda: order()["status"] == status, f"the order is {status}")
