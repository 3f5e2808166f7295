"""Other people's programs that run against the emulator: which ones, in which versions, and how."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from app.devstack.dev.processes.parent_death import die_with
from tests.cli.installed import NODE_PACKAGE_VERSION, npm_package
from tests.cli.local_stripe import LocalStripe
from tests.support.environments import NotInstalledError, python_with
from tests.support.stack import clean_environment

PROGRAMS = Path(__file__).parent / "programs"
KEY = f"sk_test_{'0' * 24}"  # dj-stripe wants 24 characters
# dj-stripe's server takes one request at a time: of 64 at once, on a slow machine each would wait past the timeout, be
# sent again, and wait longer.
OPTIONS = ["--settle-after", "1", "--concurrency", "2"]
TODAY = version("stripe")
SAMPLES = os.environ.get("SAMPLES")  # a checkout of github.com/stripe-samples/accept-a-payment
SAMPLES_PACKAGES = (
    ("-r", f"{SAMPLES}/payment-element/server/python/requirements.txt")
    if SAMPLES
    else ("flask==3.1.2", f"stripe=={TODAY}")
)


class ClientError(Exception):
    """A client failed; the text is what it printed."""


class ClientMissingError(Exception):
    """A client can't run here; the text says why."""


@dataclass(frozen=True)
class Client:
    """`program` is a file of `programs/`; it takes the emulator's URL and a key, and ends with a line of what it did.

    `packages` are installed into a virtual environment of its own; `newest_python` is the last one that it runs on.
    """

    name: str
    program: str
    packages: tuple[str, ...] = ()
    newest_python: tuple[int, int] | None = None

    def run(self, stripe: LocalStripe) -> Iterator[str]:
        """Run it against an empty emulator and yield its output lines. Raise ClientError or ClientMissingError."""
        env = clean_environment() | {"PYTHONUNBUFFERED": "1"}
        if self.program.endswith(".cjs"):
            interpreter = "node"
            env["NODE_PATH"] = str(self._node_modules())
        else:
            interpreter = self._python()
        if SAMPLES:
            env["SAMPLES"] = SAMPLES
        stripe.control("POST", "reset", {"webhook_endpoints": True})
        said = []
        with subprocess.Popen(
            [interpreter, str(PROGRAMS / self.program), stripe.url, KEY],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=die_with(os.getpid()),
        ) as process:
            assert process.stdout
            for line in process.stdout:
                said.append(line)
                yield line.rstrip()
        if process.returncode:
            raise ClientError(f"{self.name} failed:\n{''.join(said)}")

    def _python(self) -> str:
        if self.newest_python and sys.version_info[:2] > self.newest_python:
            newest = ".".join(map(str, self.newest_python))
            raise ClientMissingError(f"{self.packages[0]} runs on Python {newest} and older only")
        try:
            return python_with(self.name, list(self.packages)) if self.packages else sys.executable
        except NotInstalledError as error:
            raise ClientMissingError(str(error)) from error

    @staticmethod
    def _node_modules() -> Path:
        if not (shutil.which("node") and shutil.which("npm")):
            raise ClientMissingError("no Node.js or no npm (Debian, Ubuntu: apt install npm)")
        return npm_package("stripe", NODE_PACKAGE_VERSION, "stripe-node") / "node_modules"


def stripe_python(number: str, newest_python: tuple[int, int] | None = None) -> Client:
    """Return the official package for Python in an old version."""
    name = f"stripe-python-{number.rpartition('.')[0]}"
    return Client(name, "stripe_python.py", (f"stripe=={number}",), newest_python)


CLIENTS = {
    each.name: each
    for each in (
        stripe_python("2.76.0", newest_python=(3, 11)),  # its own copy of six fails on 3.12
        *map(stripe_python, ("4.2.0", "5.5.0", "7.14.0", "9.12.0", "11.6.0", "12.5.1")),
        Client("stripe-python", "stripe_python.py"),
        Client("stripe-node", "stripe_node.cjs"),
        Client("dj-stripe", "dj_stripe.py", ("dj-stripe==2.11.0",)),
        # The objects of stripe 15 and later are no dictionaries, as which django-payments stores them.
        Client("django-payments", "django_payments.py", ("django-payments[stripe]==4.1.0", "stripe<15")),
        Client("stripe-samples", "samples.py", SAMPLES_PACKAGES),
        Client(
            "stripe-python-suite",
            "stripe_python_suite.py",
            (f"stripe=={TODAY}", "pytest<9", "pytest-mock", "anyio[trio]==4.11.0", "httpx"),
        ),
    )
}
