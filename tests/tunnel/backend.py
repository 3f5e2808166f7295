"""The backend's PC: docker-compose.yml's processes with their wiring, including the official Stripe CLI."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.web.public_url import ASK_AGAIN_AFTER
from tests.cli.installed import stripe_cli
from tests.support.emulator import KEY
from tests.support.stack import clean_environment
from tests.support.waiting import until
from tests.tunnel.authority import Authority
from tests.tunnel.network import ROOT, Network

PORT = 8000
EMULATOR_PORT = 12111
STANDINS = ROOT / "tests" / "compose" / "standins"
AGENT_API = "http://127.0.0.1:4040"
CALLS_PER_MINUTE = 120
UP_WITHIN_S = 90.0
TOKEN = "2test_authtoken_that_is_long_enough"


class Backend:
    """App, worker, emulator, Stripe CLI and the tunnel's agent. Each logs into `folder`."""

    def __init__(self, network: Network, authority: Authority, folder: Path) -> None:
        self._network, self._folder = network, folder
        self.url = f"http://127.0.0.1:{PORT}"
        self.env = clean_environment() | {
            "PORT": str(PORT),
            "EMULATOR_PORT": str(EMULATOR_PORT),
            "DATA_DIR": str(folder),
            "DATABASE_URL": "",
            "NGROK_API_URL": AGENT_API,
            "DOCTOR_AT_START": "0",
            "STATUS_CALLS_PER_MINUTE": str(CALLS_PER_MINUTE),
            "SSL_CERT_FILE": str(authority.ca),
            "STRIPE_WEBHOOK_SECRET_FILE": str(folder / "webhook_secret"),
            "STRIPE_FORWARD_TO": f"{self.url}/stripe-webhook/",
            "STRIPE_CLI_UNIX_SOCKET": str(folder / "emulator.sock"),
            "TMPDIR": str(folder),
            "PATH": f"{Path(stripe_cli()).parent}:/usr/bin:/bin:/usr/sbin:/sbin",
        }

    def start(self) -> None:
        """Start everything but the tunnel, and wait until payments work."""
        self._start("emulator", "-m", "stripe_emulator", "--host", "127.0.0.1", "--port", str(EMULATOR_PORT),
                    "--uds", self.env["STRIPE_CLI_UNIX_SOCKET"])  # fmt: skip
        subprocess.run([sys.executable, "-m", "app.config.prepare"], cwd=ROOT, env=self.env, check=True)
        self._start_app()
        self._start("worker", "manage.py", "db_worker")
        self.start_stripe_cli()
        self._wait_until_ready()

    @contextmanager
    def allowing(self, *origins: str) -> Iterator[None]:
        """Run the app with these FRONTEND_ORIGINS, and afterwards without any again."""
        self._restart_app(FRONTEND_ORIGINS=",".join(origins))
        try:
            yield
        finally:
            self._restart_app()

    def pay_at_stripe(self, session: str) -> str:
        """Pay as on Stripe's own page, which is not under the app's address; return the success URL."""
        api, key = f"http://127.0.0.1:{EMULATOR_PORT}/v1", ("--user", f"{KEY}:")
        self._curl(f"{api}/payment_pages/{session}/confirm", *key, "--data", "payment_method=pm_card_visa")
        return str(json.loads(self._curl(f"{api}/checkout/sessions/{session}", *key))["success_url"])

    def start_stripe_cli(self) -> None:
        """Start `stripe listen` as its container does."""
        log = self._folder / "stripe-cli.log"
        self.stripe_cli = self._network.start("backend", "sh", "scripts/stripe-listen", env=self.env, log=log)
        before = log.read_text().count("connected to") if log.exists() else 0
        self.wait(lambda: log.read_text().count("connected to") > before, "the Stripe CLI is connected")

    def stop_stripe_cli(self) -> None:
        """Stop the script with its `stripe listen`."""
        children = Path(f"/proc/{self.stripe_cli.pid}/task/{self.stripe_cli.pid}/children").read_text().split()
        self._network.stop(self.stripe_cli)
        self.wait(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "the Stripe CLI has ended")

    @contextmanager
    def tunnel(self, url: str = "") -> Iterator[str]:
        """Open a tunnel and yield its public URL once the app knows it. Without `url`, the tunnel gets a new one."""
        config = self._folder / "ngrok.yml"
        config.write_text(f"agent:\n    authtoken: {TOKEN}\n    web_addr: 127.0.0.1:4040\n")
        command = [STANDINS / "ngrok.py", "http", f"127.0.0.1:{PORT}", "--config", config]
        agent = self._start("ngrok", *command, *(["--url", url] if url else []))
        try:
            found = str(self.wait(self._agents_url, "the tunnel is open"))
            name = found.removeprefix("https://")
            for computer in ("backend", "other"):
                self._network.resolve(computer, name)
            # Each server process asks the agent itself, at most once a second.
            self.wait(lambda: self._all_processes_know(name), "the app knows its public URL")
            yield found
        finally:
            self._network.stop(agent)

    def doctor(self) -> dict[str, Any]:
        """Return the doctor's findings by check."""
        done = self._network.run("backend", sys.executable, "manage.py", "doctor", "--json", env=self.env)
        assert done.stdout, done.stderr
        return {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}

    def links(self) -> dict[str, Any]:
        """The links as the console shows them on its own PC."""
        found: dict[str, Any] = json.loads(self._curl(f"http://localhost:{PORT}/console/state/"))["links"]
        return found

    def order(self, order_id: str) -> dict[str, Any]:
        """Return the order as its own PC sees it."""
        found: dict[str, Any] = json.loads(self._curl(f"{self.url}/api/orders/{order_id}/"))
        return found

    def get(self, path: str, host: str = "localhost") -> int:
        """Send a GET request on its own PC. Return the status, or 0 without a response."""
        return int(
            self._curl(self.url + path, "--output", "/dev/null", "--write-out", "%{http_code}", "-H", f"Host: {host}")
        )

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Return the first true value of `condition`; on a timeout, raise AssertionError with the logs."""
        try:
            return until(condition, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def logs(self) -> str:
        """Return the end of every log."""
        return "\n".join(f"--- {log.name}\n{log.read_text()[-1500:]}" for log in sorted(self._folder.glob("*.log")))

    def _all_processes_know(self, name: str) -> bool:
        until = time.monotonic() + 2 * ASK_AGAIN_AFTER
        while time.monotonic() < until:
            if self.get("/healthz", host=name) != 200:
                return False
        return True

    def _agents_url(self) -> str:
        try:
            listed = json.loads(self._curl(f"{AGENT_API}/api/endpoints"))["endpoints"]
        except ValueError:
            return ""
        return str(listed[0]["url"]) if listed else ""

    def _start_app(self, **env: str) -> None:
        gunicorn = ("-m", "gunicorn", "-c", "app/config/gunicorn.conf.py", "app.config.wsgi")
        self._app = self._start("app", *gunicorn, **env)

    def _restart_app(self, **env: str) -> None:
        self._network.stop(self._app)
        self._start_app(**env)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        self.wait(lambda: self.get("/readyz") == 200, "the app is ready")

    def _start(self, name: str, *arguments: object, **env: str) -> "subprocess.Popen[str]":
        log = self._folder / f"{name}.log"
        return self._network.start("backend", sys.executable, *arguments, env=self.env | env, log=log)

    def _curl(self, *arguments: str) -> str:
        assert shutil.which("curl"), "curl is missing"
        return self._network.run("backend", "curl", "--silent", "--max-time", "10", *arguments).stdout
