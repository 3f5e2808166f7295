"""README.md, "From laptop to production", typed: a Swarm sells while it is updated, and while its parts are killed.

The stories run one after the other on one Swarm. Buyers arrive in each of them; at the end, nothing is lost or doubled.
By default few buyers arrive. The most that Stripe allows an account, and a table for docs/scaling.md:

    SCALE_CHECKOUTS=25 ./scripts/test scale
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.chaos.ledger import Outcome, Reconciliation, Sent, reconcile
from tests.compose.engine import Engine
from tests.compose.stack import clone
from tests.scale.images import BROKEN, MIGRATED, MIGRATION, build_image
from tests.scale.load import Buyers, Measured, table
from tests.scale.swarm import ADDRESSES, SETTLED_WITHIN_S, Swarm, network
from tests.support.endpoint import Endpoint, endpoint_running
from tests.support.waiting import until

# Buyers a second; each causes four webhooks. Stripe allows an account 25 checkouts and 100 requests in all.
RATE = float(os.environ.get("SCALE_CHECKOUTS", "4"))
FULL = RATE >= 25
UNDISTURBED_S = 20.0 if FULL else 5.0


class Stories:
    """The Swarm, and what was measured so far."""

    def __init__(self, swarm: Swarm, receiver: Endpoint) -> None:
        self.swarm = swarm
        self.sent = Sent(swarm.mails, lambda: receiver.received)
        self.measured: list[Measured] = []
        self.orders: list[str] = []
        self.gave_up: list[str] = []

    @contextmanager
    def story(self, name: str) -> Iterator[Measured]:
        """Let buyers arrive before, during and after the block."""
        with self.explained(), Buyers(self.swarm, RATE, name) as buyers:
            until(lambda: len(buyers.measured.checkouts) >= RATE, "the first buyers have paid")
            yield buyers.measured
            until(lambda: self.swarm.is_complete, "everything is healthy again", within=SETTLED_WITHIN_S)
            paid = len(buyers.measured.checkouts)
            until(lambda: len(buyers.measured.checkouts) >= paid + 2 * RATE, "buyers go on")
        self.measured.append(buyers.measured)
        self.orders += buyers.orders
        self.gave_up += buyers.gave_up

    def check(self, measured: Measured) -> None:
        """Raise AssertionError if a request of this story failed."""
        with self.explained():
            assert not measured.failed, measured.explanation

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Add the Swarm's logs to errors."""
        try:
            yield
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.swarm.logs()}") from error


@pytest.fixture(scope="module")
def stories(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stories]:
    scratch = tmp_path_factory.mktemp("swarm")
    scratch.parent.chmod(0o755)
    with (
        network(),
        endpoint_running(host=ADDRESSES[0]) as receiver,
        Swarm(engine, clone(scratch / "clone"), scratch, receiver) as swarm,
    ):
        stories = Stories(swarm, receiver)
        with stories.explained():
            swarm.set_up()
        with stories.story("the first buyers"):
            pass
        stories.measured.clear()  # connections are opened, and certificates fetched
        yield stories


def test_an_undisturbed_swarm_sells(stories: Stories) -> None:
    with stories.story("nothing") as measured:
        time.sleep(UNDISTURBED_S)
    stories.check(measured)


def test_a_rolling_update_with_a_migration_fails_no_request(stories: Stories) -> None:
    swarm = stories.swarm
    build_image(swarm.engine, "shop:2", MIGRATED, swarm.scratch, migration=MIGRATION)
    with stories.story("a rolling update, with a migration") as measured:
        swarm.deploy("shop:2")
        until(lambda: swarm.update_state("app") == swarm.update_state("worker") == "completed", "it is updated",
              within=SETTLED_WITHIN_S)  # fmt: skip
    assert swarm.images("app") == {"shop:2"}
    assert "9999_gift_note" in swarm.manage("showmigrations", "payments", "--plan")
    stories.check(measured)


def test_the_version_before_works_with_the_migration(stories: Stories) -> None:
    """Migrations are compatible in both directions, so an update can be taken back."""
    swarm = stories.swarm
    with stories.story("back to the version before") as measured:
        swarm.deploy("shop:1")
        until(lambda: swarm.images("app") == {"shop:1"}, "it is back",
              within=SETTLED_WITHIN_S)  # fmt: skip
    stories.check(measured)


def test_a_failing_update_is_rolled_back(stories: Stories) -> None:
    swarm = stories.swarm
    build_image(swarm.engine, "shop:3", BROKEN, swarm.scratch)
    with stories.story("an update that fails, and is rolled back") as measured:
        swarm.deploy("shop:3")
        until(lambda: swarm.update_state("app") == "rollback_completed", "it is rolled back", within=SETTLED_WITHIN_S)
    assert "shop:3" not in swarm.images("app")
    stories.check(measured)


@pytest.mark.parametrize("service", ["app", "worker", "caddy"])
def test_a_killed_task_loses_nothing(stories: Stories, service: str) -> None:
    swarm = stories.swarm
    names = {"app": "a replica", "worker": "a worker", "caddy": "the balancer"}
    before = {each.id for each in swarm.tasks(service)}
    with stories.story(f"kill -9 of {names[service]}"):
        swarm.kill(service)
        until(lambda: {each.id for each in swarm.healthy(service)} - before, "another task takes its place")


def test_a_drained_node_fails_no_request(stories: Stories) -> None:
    swarm = stories.swarm
    with swarm.second_node("shop:1") as node:
        for service in ("app", "worker"):
            swarm.engine.docker("service", "update", "--force", "--detach", f"shop_{service}")
        until(lambda: swarm.update_state("app") == swarm.update_state("worker") == "completed", "tasks move there",
              within=SETTLED_WITHIN_S)  # fmt: skip
        assert swarm.nodes[1].api.containers.list(ignore_removed=True)
        with stories.story("a node is drained") as measured:
            swarm.engine.docker("node", "update", "--availability", "drain", node)
            until(
                lambda: not swarm.nodes[1].api.containers.list(ignore_removed=True),
                "it is empty",
                within=SETTLED_WITHIN_S,
            )
    stories.check(measured)


def test_nothing_is_lost_or_doubled(stories: Stories, capsys: pytest.CaptureFixture[str]) -> None:
    swarm = stories.swarm
    promised: dict[str, Outcome | None] = dict.fromkeys(stories.orders)
    found = Reconciliation()

    def matches() -> bool:
        nonlocal found
        found = reconcile(swarm, stories.sent, promised)
        return found.matches

    with capsys.disabled():
        print(f"\n{table(stories.measured)}")  # noqa: T201
    try:
        until(matches, "every order matches Stripe's payment", within=SETTLED_WITHIN_S)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{str(found)[:10_000]}") from error
    assert not stories.gave_up
    assert found.by_status["paid"] == len(promised)
    with capsys.disabled():
        counts = f"{len(promised)} orders, {found.deliveries['delivered']} events"
        print(f"{counts}: 0 lost, 0 doubled; sent again: {dict(found.repeated)}")  # noqa: T201


def test_only_the_proxy_is_published(stories: Stories) -> None:
    """No port that is local in docker-compose.yml is public here."""
    services = stories.swarm.engine.api.services.list()
    published = {
        (service.name, port["TargetPort"], port["Protocol"])
        for service in services
        for port in service.attrs["Endpoint"].get("Ports") or service.attrs["Spec"]["EndpointSpec"].get("Ports") or []
    }
    assert published == {("shop_caddy", 80, "tcp"), ("shop_caddy", 443, "tcp"), ("shop_caddy", 443, "udp")}


def test_no_secret_is_in_a_services_settings(stories: Stories) -> None:
    folder = stories.swarm.folder / "deploy/caddy/secrets"
    secrets = [file.read_text().strip() for file in folder.iterdir()]
    assert len(secrets) == 3
    settings = repr([service.attrs for service in stories.swarm.engine.api.services.list()])
    assert not [secret for secret in secrets if secret in settings]
