"""nginx as its documentation's first example configures it: `proxy_pass` alone, which tells the app nothing."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.programs import required
from tests.support.server import answers
from tests.support.stack import reserve_port
from tests.support.waiting import until

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
CONFIG = """
daemon off;
pid {folder}/pid;
error_log {folder}/log;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass {upstream}; }}
    }}
}}
"""


class Nginx:
    """A context manager: nginx runs inside it, in front of `upstream`."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream

    def __enter__(self) -> Self:
        found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        program = required(found, "no nginx (Debian, Ubuntu: apt install nginx-light)")
        self._folder = Path(tempfile.mkdtemp(prefix="nginx-"))
        self._folder.chmod(0o755)  # its workers give up root
        self._reservation = reserve_port()
        port = self._reservation.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        temporary = " ".join(f"{name}_temp_path {self._folder}/{name};" for name in TEMPORARY)
        config = self._folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=self._folder, temporary=temporary, port=port, upstream=self._upstream))
        self._process = subprocess.Popen([program, "-p", self._folder, "-c", config], stderr=subprocess.DEVNULL)
        try:
            until(self._answers, "nginx answers")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        return answers(f"{self.url}/healthz")

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._reservation.close()
        shutil.rmtree(self._folder, ignore_errors=True)
