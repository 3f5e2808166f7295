"""Only this installation can answer its challenges, and only to itself."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core import signing
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from app.web.installation import SALT, answer_to, challenge, installation

pytestmark = pytest.mark.django_db

OUTSIDE = {"Host": "localhost:8000", "X-Forwarded-For": "203.0.113.9"}


def ask(client: Client, value: str) -> object:
    answer = client.get(f"/healthz?challenge={quote(value)}", headers=OUTSIDE)
    assert answer.status_code == 200
    return answer.json()


def test_it_answers_its_own_challenge_from_outside(client: Client) -> None:
    sent = challenge()
    assert ask(client, sent) == {"status": "ok", "answer": answer_to(sent)}
    assert sent not in answer_to(sent), "a server that repeats what it is sent proves nothing"


def test_every_challenge_has_another_answer() -> None:
    assert len({answer_to(challenge()) for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "nonce:1tz:signature",
        "\x00é",
        signing.TimestampSigner(salt="another").sign("nonce"),
        signing.TimestampSigner(salt=SALT, key="another installation's key, which is long").sign("nonce"),
    ],
    ids=["nothing", "a word", "a wrong signature", "no text", "another salt", "another key"],
)
def test_a_stranger_learns_nothing(client: Client, value: str) -> None:
    assert ask(client, value) == {"status": "ok"}


def test_an_old_challenge_is_not_answered(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: 1_700_000_000.0)
        old = challenge()
    assert ask(client, old) == {"status": "ok"}


def test_another_database_answers_differently(settings: Settings) -> None:
    sent = challenge()
    here = answer_to(sent)
    first = MigrationRecorder.Migration.objects.order_by("pk").first()
    assert first
    try:
        MigrationRecorder.Migration.objects.filter(pk=first.pk).update(applied=first.applied - timedelta(days=1))
        installation.cache_clear()
        assert answer_to(sent) not in ("", here)
    finally:
        installation.cache_clear()


def test_a_probe_needs_no_database(client: Client, django_assert_num_queries: Any) -> None:
    installation.cache_clear()
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}
        ask(client, "a guess")
