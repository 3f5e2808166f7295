"""A user's whole session: `git clone`, `docker compose up --wait`, a payment in a browser, `docker compose down -v`."""

import os
from pathlib import Path

from tests.compose.conftest import ARTIFACTS, open_browser
from tests.compose.engine import Engine
from tests.compose.stack import ComposeStack, clone
from tests.e2e.buyer import PAYS, Buyer


def test_a_fresh_clone_sells_and_can_be_removed(engine: Engine, tmp_path: Path) -> None:
    name = f"fresh-{os.getpid()}"
    with ComposeStack(engine, clone(tmp_path / "clone"), name) as stack:
        stack.up()  # builds the image
        with open_browser() as page:
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
