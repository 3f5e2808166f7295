"""Break the settings and the database for real; the doctor names the cause and the fix."""

from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.support.stack import Stack
from tests.unit.devstack.doctor.runs import KEY, Server, console, count, doctor, run, sql


class TestOnAWorkingSystem:
    """Everything works."""

    def test_all_checks_pass_and_leave_nothing_behind(self, stack: Stack) -> None:
        before = count(stack)
        found = doctor(stack)
        assert found.exit_code == 0, found.printed
        assert found["round_trip"]["summary"].startswith("a session's event reached its order")
        assert found.broken() == []
        assert count(stack) == before
        # The check's event can arrive again, from Stripe's list or by webhook.
        stack.manage("catch_up")
        assert count(stack) == before
        events = f"{stack.emulator_url}/v1/events"
        headers = {"Authorization": f"Bearer {KEY}"}
        listed = urllib3.request("GET", f"{events}?type=checkout.session.expired&limit=1", headers=headers)
        retried = urllib3.request("POST", f"{events}/{listed.json()['data'][0]['id']}/retry", headers=headers)
        assert retried.status == 200, retried.data
        stack.wait_for_log("belongs to a doctor's check whose order is deleted")
        assert count(stack) == before

    @pytest.mark.parametrize("path", ["/v1/checkout/sessions", "/v1/checkout/sessions/*/expire"])
    def test_nothing_is_left_behind_when_stripe_fails(self, stack: Stack, path: str) -> None:
        before = count(stack)
        fault = {"kind": "error", "status": 402, "path": path, "method": "POST"}
        assert urllib3.request("POST", f"{stack.emulator_url}/_emulator/faults", json=fault).status == 201
        try:
            found = doctor(stack)
        finally:
            urllib3.request("DELETE", f"{stack.emulator_url}/_emulator/faults")
        assert found.broken() == ["round_trip"]
        assert count(stack) == before

    def test_any_product_will_do_for_the_round_trip(self, stack: Stack) -> None:
        before = count(stack)
        sql(stack, "UPDATE payments_product SET active = false WHERE sku = 'default'")
        try:
            assert doctor(stack)["round_trip"]["status"] == "ok"
            sql(stack, "UPDATE payments_product SET active = false")
            found = doctor(stack)["round_trip"]
        finally:
            sql(stack, "UPDATE payments_product SET active = true")
        assert found["summary"].startswith("skipped: no product is for sale")
        assert count(stack) == before

    def test_a_terminal_gets_one_line_per_check(self, stack: Stack) -> None:
        printed = run(stack, "--without", "round_trip").stdout
        assert "✔ Database" in printed
        assert printed.endswith("Everything works.\n")

    def test_no_secret_is_printed(self, stack: Stack) -> None:
        secret = (stack.data_dir / "webhook_secret").read_text().strip()
        token = "2abcdefghijklmnop_ngroktoken"
        found = doctor(stack, STRIPE_WEBHOOK_SECRET="whsec_another", NGROK_AUTHTOKEN=token)
        for each in (secret, "whsec_another", token, (stack.data_dir / "secret_key").read_text()):
            assert each not in found.printed

    def test_the_doctor_runs_at_start_up(self) -> None:
        with Stack(env={"DOCTOR_AT_START": "1"}) as own:
            own.wait_for_log("Doctor: Everything works.")
            assert own.log.count("This PC") == 1, "one banner for all server processes"
            assert f"http://localhost:{own.port}/console/" in own.log


class TestSettings:
    """Settings in .env."""

    @pytest.mark.parametrize(
        ("setting", "value", "cause", "remedy"),
        [
            ("STRIPE_SECRET_KEY", "sk_live_abcdefgh", "live key: real money", "sk_test_"),
            ("STRIPE_SECRET_KEY", "pk_test_abcdefgh", "publishable key", "secret key"),
            ("STRIPE_SECRET_KEY", "hunter2-hunter2", "is not a Stripe secret key", "sk_test_"),
            ("PUBLIC_URL", "shop.example", "PUBLIC_URL", "https://name"),
        ],
    )
    def test_a_refused_setting_is_named_with_its_fix(
        self, stack: Stack, setting: str, value: str, cause: str, remedy: str
    ) -> None:
        found = doctor(stack, **{setting: value})
        assert found.exit_code == 1
        assert cause in found["settings"]["cause"]
        assert remedy in found["settings"]["remedy"]
        assert "hunter2" not in found.printed
        assert "Traceback" not in found.printed

    def test_no_orders_are_created_with_a_live_key(self, stack: Stack) -> None:
        with Server(200, '{"object": "list", "data": []}', {"Date": formatdate(usegmt=True)}) as stripe:
            found = doctor(
                stack, STRIPE_SECRET_KEY="sk_live_abcdefgh", STRIPE_ALLOW_LIVE="1", STRIPE_API_BASE=stripe.url
            )
        assert found["mode"]["status"] == "warning"
        assert "real money" in found["mode"]["cause"]
        assert "sk_test_" in found["mode"]["remedy"]
        assert found["round_trip"]["summary"] == "skipped: checks never create orders in a live account"


class TestDatabase:
    """The database."""

    def test_a_stopped_database_server_is_named(self, stack: Stack) -> None:
        found = doctor(stack, DATABASE_URL="postgres://shop:hunter2hunter2@127.0.0.1:9/shop")
        assert found["database"]["status"] == "failed"
        assert "Nothing is listening there" in found["database"]["cause"]
        assert "DATABASE_URL" in found["database"]["remedy"]
        assert found["migrations"]["summary"] == "skipped: “Database” failed"
        assert "hunter2" not in found.printed

    def test_a_database_server_that_dies_is_named(self) -> None:
        from tests.support.postgres import Postgres, find_postgres

        if not find_postgres():
            pytest.skip("no PostgreSQL server on this machine")
        with Postgres() as server, Stack(database_url=server.new_database()) as own:
            assert doctor(own).exit_code == 0
            server._server.send_signal(2)
            server._server.wait(30)
            found = doctor(own)
            assert console(own)["database"]["state"] == "down"
        assert "database" in found.broken()
        assert found["app"]["summary"].startswith("not ready: database")

    def test_a_missing_database_folder_is_named(self, stack: Stack, tmp_path: Path) -> None:
        found = doctor(stack, DATABASE_URL=f"sqlite:///{tmp_path}/no/such/folder/db.sqlite3")
        assert "folder of the SQLite file is missing" in found["database"]["cause"]

    def test_a_damaged_database_file_is_named(self, stack: Stack, tmp_path: Path) -> None:
        (tmp_path / "db.sqlite3").write_bytes(b"no database " * 1000)
        found = doctor(stack, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
        assert "The SQLite file is damaged" in found["database"]["cause"]
        assert "move it away" in found["database"]["remedy"]

    def test_missing_tables_are_named(self, stack: Stack, tmp_path: Path) -> None:
        found = doctor(stack, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
        assert found["migrations"]["status"] == "failed"
        assert "manage.py migrate" in found["migrations"]["remedy"]


def test_a_failing_check_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.devstack.doctor import runner
    from app.devstack.doctor.finding import ok

    def broken() -> Any:
        raise RuntimeError("with whsec_abcdef in it")

    checks = (runner.Check("one", "One", broken), runner.Check("two", "Two", lambda: ok("fine")))
    monkeypatch.setattr(runner, "CHECKS", checks)
    first, second = runner.run_checks()
    assert first.status == "failed"
    assert first.verdict.cause == "RuntimeError: with whsec_*** in it"
    assert second.status == "ok"


def test_a_skipped_check_names_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.devstack.doctor import runner
    from app.devstack.doctor.finding import failed, ok, skipped

    def chain(first: Any) -> list[tuple[str, bool]]:
        checks = (
            runner.Check("one", "One", lambda: first),
            runner.Check("two", "Two", lambda: ok("fine"), ["one"]),
            runner.Check("three", "Three", lambda: ok("fine"), ["two"]),
        )
        monkeypatch.setattr(runner, "CHECKS", checks)
        return [(finding.verdict.summary, finding.notable) for finding in runner.run_checks()][1:]

    assert chain(failed("down", "Start it.")) == [("skipped: “One” failed", True)] * 2
    assert chain(skipped("there is none")) == [("skipped: “One” was skipped", False)] * 2
