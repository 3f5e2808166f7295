"""A crash shows no secret, and nothing at all from outside."""

import logging

import pytest
from pytest_django import Settings

from app.config.logs import MaskedFormatter
from tests.support.front_door import FrontDoor

KEY, SIGNING, PASSWORD = "sk_test_abcdefgh12345678", "whsec_abcdefgh12345678", "correct-horse"
PUBLIC = "shop.ngrok-free.app"

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


@pytest.fixture(autouse=True)
def _secrets(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = "tests.unit.web.crashing_urls"
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = KEY, [SIGNING]
    settings.EXTRA_HOSTS = [PUBLIC]
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", PASSWORD)


def crash(**headers: str) -> tuple[int, str]:
    client = FrontDoor(raise_request_exception=False)
    answer = client.get("/api/crash/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_the_debug_page_shows_no_secret(settings: Settings, accept: str) -> None:
    settings.DEBUG = True
    status, page = crash(Host="localhost", Accept=accept)
    assert status == 500
    assert "No luck with sk_test_***, whsec_***" in page
    assert not [secret for secret in (KEY, SIGNING, PASSWORD) if secret in page]


class Leaking(list[str]):
    """A setting that raises where the API reads it."""

    def __contains__(self, origin: object) -> bool:
        raise RuntimeError(f"No luck with {KEY}, {SIGNING} and postgres://shop:{PASSWORD}@db/shop.")


def test_the_apis_debug_page_shows_no_secret(settings: Settings) -> None:
    settings.DEBUG, settings.FRONTEND_ORIGINS = True, Leaking()
    answer = FrontDoor(raise_request_exception=False).post(
        "/api/checkout/", {}, content_type="application/json", headers={"Origin": "https://shop.example"}
    )
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "No luck with sk_test_***, whsec_***" in page
    assert not [secret for secret in (KEY, SIGNING, PASSWORD) if secret in page]


@pytest.mark.parametrize("debug", [True, False])
def test_a_crash_shows_nothing_outside(settings: Settings, debug: bool) -> None:
    settings.DEBUG = debug
    status, page = crash(Host=PUBLIC, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")
    assert status == 500
    assert "luck" not in page
    assert "Traceback" not in page


def test_the_log_contains_no_key(caplog: pytest.LogCaptureFixture) -> None:
    crash(Host="localhost")
    (record,) = [record for record in caplog.records if record.exc_info]
    line = MaskedFormatter().format(record)
    assert "No luck with sk_test_***, whsec_***" in line
    assert KEY not in line


def test_every_log_handler_masks_secrets() -> None:
    handlers = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    assert handlers
    assert all(isinstance(handler.formatter, MaskedFormatter) for handler in handlers)
