"""Caddy as deploy/caddy configures it, without a container: the program is PyPI's, the certificate its own."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

from tests.support.programs import required
from tests.support.stack import ROOT, reserve_port
from tests.support.waiting import until

(VERSION,) = re.findall(r"image: caddy:([\d.]+)\n", (ROOT / "deploy/caddy/compose.yml").read_text())
# Where Caddy's own certificate authority is, below its data folder.
AUTHORITY = "caddy/pki/authorities/local/root.crt"


def caddy_program() -> str:
    """Return Caddy's program, which requirements-dev.txt installs."""
    found = shutil.which("caddy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    return required(found, "no Caddy: ./scripts/venv requirements.txt requirements-dev.txt")


class Caddy:
    """Context manager that runs Caddy in front of the app at `app_port`, which may be set after creation.

    https://localhost is its domain; the same without TLS is for tests with very many connections.
    """

    def __init__(self, app_port: int = 0) -> None:
        self.app_port = app_port
        self._reservations = [reserve_port(), reserve_port()]
        self.http_port, self.https_port = (each.getsockname()[1] for each in self._reservations)
        self.url = f"https://localhost:{self.https_port}"
        self.folder = Path(tempfile.mkdtemp(prefix="caddy-"))

    def __enter__(self) -> Self:
        options = ["admin off", "skip_install_trust", f"http_port {self.http_port}", f"https_port {self.https_port}"]
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
            "DOMAIN": "localhost, http://localhost",
            "APP_HOST": "127.0.0.1",
            "APP_PORT": str(self.app_port),
            "CADDY_GLOBAL_OPTIONS": "\n".join(options),
        }
        command = [caddy_program(), "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/caddy/Caddyfile")]
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=log, stderr=log)
        try:
            until(self._is_up, "Caddy responds")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send a request over https, on a new connection."""
        with urllib3.PoolManager(ca_certs=str(self.folder / AUTHORITY)) as http:
            return http.request(method, self.url + path, **({"retries": False, "timeout": 20} | options))

    def _is_up(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        if not (self.folder / AUTHORITY).exists():
            return False
        try:
            return self.request("GET", "/healthz").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def _stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        for each in self._reservations:
            each.close()
        shutil.rmtree(self.folder, ignore_errors=True)
