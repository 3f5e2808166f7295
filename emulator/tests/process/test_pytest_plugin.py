"""The `stripe_emulator` fixture in a project that installs the package."""

import subprocess
import sys
from pathlib import Path

import stripe

from stripe_emulator import RunningEmulator
from support.running import KEY

TESTS = """
import stripe

seen = []


def client(emulator):
    return stripe.StripeClient("sk_test_123", base_addresses={"api": emulator.url})


def test_it_runs(stripe_emulator):
    seen.append(stripe_emulator.url)
    api = client(stripe_emulator).v1
    api.customers.create({"email": "jenny@example.com"})
    api.webhook_endpoints.create({"url": "http://127.0.0.1:1", "enabled_events": ["*"]})
    stripe_emulator.control("POST", "faults", {"kind": "latency", "seconds": 0.1})
    stripe_emulator.advance(3600)


def test_each_test_starts_empty_at_the_same_url(stripe_emulator):
    assert seen == [stripe_emulator.url]
    api = client(stripe_emulator).v1
    assert api.customers.list().data == api.events.list().data == api.webhook_endpoints.list().data == []
    assert stripe_emulator.control("GET", "faults") == {"data": []}
    assert stripe_emulator.control("GET", "clock")["offset"] == 0
"""


def test_a_project_gets_the_fixture_without_imports(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:django", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_emulator_runs_in_a_script() -> None:
    with RunningEmulator() as emulator:
        client = stripe.StripeClient(KEY, base_addresses={"api": emulator.url})
        assert client.v1.customers.list().data == []
    with RunningEmulator(port=int(emulator.url.rpartition(":")[2])) as again:
        assert again.url == emulator.url
