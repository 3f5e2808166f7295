"""Pruning of old events, objects and keys."""

from pathlib import Path

from stripe_emulator import Config
from stripe_emulator.account.context import Context
from stripe_emulator.account.emulator import Emulator
from stripe_emulator.app import create_app
from stripe_emulator.objects.customer import new_customer
from support.receiver import Receiver
from support.running import Running, until


def rows(emulator: Emulator, table: str, condition: str = "1") -> int:
    return int(emulator.store.db.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()[0])


def test_only_the_newest_events_and_objects_are_kept(tmp_path: Path) -> None:
    emulator = create_app(Config(data=tmp_path / "state.db", keep_events=100, keep_objects=50)).emulator
    context = Context(emulator)
    kept = context.add("product", {"id": "prod_1", "name": "kept"}, keep=True)
    for number in range(3000):
        customer = context.add("customer", {**new_customer({}, number), "id": f"cus_{number}"})
        context.emit("customer.created", customer.data)
        if number % 10 == 0:
            emulator.store.commit()
            emulator.pruning.answered()
    assert rows(emulator, "entities", "kind='customer'") <= 50 + 500
    assert rows(emulator, "entities", "kind='event'") <= 100 + 500
    assert rows(emulator, "links") <= 100 + 500
    assert context.get("customer", "cus_2999")
    assert context.get("customer", "cus_0") is None
    assert context.get("product", kept.id)
    emulator.store.close()


def test_idempotency_keys_are_kept_for_a_day(tmp_path: Path) -> None:
    with Running(Config(data=tmp_path / "state.db")) as running:
        running.client().v1.products.create({"name": "A"}, {"idempotency_key": "k"})
        running.advance(86401)
        for _ in range(500):
            running.api("POST", "/v1/nothing")
        for number in range(500):
            running.api("POST", "/v1/customers", {"name": str(number)})
    emulator = create_app(Config(data=tmp_path / "state.db")).emulator
    assert rows(emulator, "idempotency", "key='k'") == 0
    emulator.store.close()


def test_pending_events_are_not_pruned() -> None:
    with Running(Config(keep_events=10)) as running, Receiver() as receiver:
        made = running.client().v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["product.created"]}
        )
        receiver.secret = str(made.secret)
        receiver.reply = lambda event, tries: 500
        running.client().v1.products.create({"name": "A"})
        receiver.wait(lambda me: me.tries)
        for number in range(520):
            running.api("POST", "/v1/customers", {"name": str(number)})
        assert len(running.events(type="customer.created")) <= 30 + 10
        receiver.reply = lambda event, tries: 200
        receiver.wait_for("product.created")
        until(lambda: not running.control("GET", "deliveries?state=pending")["data"])
