"""The banner in the log at start-up."""

import pytest
from pytest_django import Settings

from app.devstack import banner
from app.devstack.doctor.finding import Finding, failed, ok, warning

pytestmark = pytest.mark.quick


def rows() -> dict[str, str]:
    lines = [line for line in banner.banner().splitlines() if "─" not in line]
    return {line[:9].strip(): line[10:] for line in lines}


def test_the_banner_shows_every_address(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PORT = 8123
    monkeypatch.setattr(banner, "lan_address", lambda: "192.168.1.20")
    found = rows()
    assert found["This PC"] == "http://localhost:8123"
    assert found["Network"] == "http://192.168.1.20:8123"
    assert "NGROK_AUTHTOKEN" in found["Internet"], "the missing setting is named"
    assert found["Console"] == "http://localhost:8123/console/"
    assert "no money moves" in found["Stripe"]


def test_a_machine_without_a_network_has_no_network_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banner, "lan_address", lambda: "")
    assert "Network" not in rows()


def test_a_container_shows_a_placeholder_for_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banner, "in_container", lambda: True)
    assert rows()["Network"].startswith("http://<this PC's address>:")


def test_a_live_installation_has_no_console(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.STRIPE_SECRET_KEY = "https://pay.example.com", "sk_live_1234"
    found = rows()
    assert found["Internet"] == "https://pay.example.com"
    assert found["Stripe"] == "LIVE: payments move real money"
    assert "Console" not in found
    assert "1234" not in banner.banner()


def test_the_report_only_lists_problems() -> None:
    fine = Finding("one", "One", ok("fine"))
    broken = Finding("two", "Two", failed("It is down", "Start it.", cause="It fell."))
    odd = Finding("three", "Three", warning("Slow", "Wait."))
    assert banner._report_lines([fine]) == ["Everything works."]
    assert banner._report_lines([fine, broken, odd]) == [
        "Two: It is down. It fell. Start it.",
        "Three: Slow. Wait.",
        "Broken: Two.",
    ]
