"""A user's whole session: `git clone`, `docker compose up`, a payment in a browser, `docker compose down -v`."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.compose.conftest import ARTIFACTS, open_browser
from tests.compose.engine import Engine
from tests.compose.stack import ComposeStack, clone, eventually
from tests.e2e.buyer import PAYS, Buyer
from tests.support.readme import command
from tests.support.server import answers

BUILT_WITHIN_S = 600.0


@contextmanager
def typed(stack: ComposeStack, line: str, log: Path) -> Iterator[None]:
    """A command of the README in a terminal, as it is written, until Ctrl-C."""
    with log.open("w") as file:
        process = subprocess.Popen(
            ["sh", "-c", line],
            cwd=stack.folder,
            env=stack.environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        eventually(
            "the shop is ready",
            lambda: answers(f"{stack.url}/readyz") or process.poll() is not None,
            within=BUILT_WITHIN_S,
        )
        assert process.poll() is None, log.read_text()[-3000:]
        yield
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(BUILT_WITHIN_S)


def test_a_fresh_clone_sells_and_can_be_removed(engine: Engine, tmp_path: Path) -> None:
    name = f"fresh-{os.getpid()}"
    # A folder with a space and other letters in its name.
    with ComposeStack(engine, clone(tmp_path / "Müllers Laden"), name) as stack:
        with typed(stack, command("docker compose up"), tmp_path / "log"), open_browser() as page:
            buyer = Buyer(page, stack.url, ARTIFACTS)
            buyer.go_to_payment()
            buyer.pay_with(PAYS)
            order = buyer.arrive_back()
            buyer.await_status(order, "paid")
            buyer.screenshot("fresh-clone-paid")

        # Printed without a limit, because it depends on the machine.
        stack.compose("down", "--volumes")
        print(f"ready after {stack.up():.1f} s, images built, no data")  # noqa: T201

        stack.compose("down", "--volumes")
        of_project = f"label=com.docker.compose.project={name}"
        assert engine.docker("ps", "--all", "--quiet", "--filter", of_project) == ""
        assert engine.docker("volume", "ls", "--quiet", "--filter", of_project) == ""
        assert engine.docker("network", "ls", "--quiet", "--filter", of_project) == ""
        assert stack.run("git", "status", "--porcelain", "--ignored").stdout == "", "the clone must be unchanged"
