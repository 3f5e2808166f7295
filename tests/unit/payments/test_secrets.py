"""The secret file is reread when it changes, and remembers earlier secrets."""

import re
import time
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from app.config.env import Environment
from app.payments.stripe.secrets import SecretFile, former_secrets_file

pytestmark = pytest.mark.quick


def replace(path: Path, text: str) -> None:
    """Write atomically, as scripts do."""
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.replace(path)


def test_a_missing_file_holds_no_secrets(tmp_path: Path) -> None:
    assert SecretFile(tmp_path / "none", grace=60).secrets() == ()


def test_white_space_and_commas_around_secrets_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(" whsec_a, whsec_b\r\n")
    assert SecretFile(file, grace=60).secrets() == ("whsec_a", "whsec_b")


def test_the_old_secret_stays_valid_for_the_grace_period(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for grace, expected in ((60, ("whsec_new", "whsec_old")), (0, ("whsec_new",))):
        replace(file, "whsec_old")
        watched = SecretFile(file, grace=grace)
        assert watched.secrets() == ("whsec_old",)
        replace(file, "whsec_new")
        assert watched.secrets() == expected


def test_a_missing_or_invalid_file_keeps_the_old_secret(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_old")
    watched = SecretFile(file, grace=60)
    watched.secrets()
    file.unlink()
    assert watched.secrets() == ("whsec_old",)
    file.write_bytes(b"\xff\xfe")
    assert watched.secrets() == ("whsec_old",)


def test_a_restored_old_secret_stays_valid(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    watched = SecretFile(file, grace=60)
    for secret in ("whsec_a", "whsec_b", "whsec_a"):
        replace(file, secret)
        found = watched.secrets()
    assert found == ("whsec_a", "whsec_b")


def test_the_grace_period_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_old")
    SecretFile(file, grace=60).secrets()  # a process that has ended
    replace(file, "whsec_new")
    assert SecretFile(file, grace=60).secrets() == ("whsec_new", "whsec_old")
    assert SecretFile(file, grace=60).secrets() == ("whsec_new", "whsec_old")


def test_a_restart_does_not_extend_the_grace_period(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    for secret in ("whsec_old", "whsec_new"):
        replace(file, secret)
        SecretFile(file, grace=60).secrets()
    real_time = time.time
    monkeypatch.setattr(time, "time", lambda: real_time() + 59)
    assert SecretFile(file, grace=60).secrets() == ("whsec_new", "whsec_old")
    monkeypatch.setattr(time, "time", lambda: real_time() + 61)
    assert SecretFile(file, grace=60).secrets() == ("whsec_new",)


def test_only_the_owner_can_read_the_memory_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_old")
    SecretFile(file, grace=60).secrets()
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir() if path != file} == {0}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"former": 1}', '{"current": [1], "former": {"a": "b"}}'])
def test_a_damaged_memory_file_is_ignored(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_new")
    former_secrets_file(file).write_text(damage)
    assert SecretFile(file, grace=60).secrets() == ("whsec_new",)


def test_several_processes_share_the_memory_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_0")
    watchers = [SecretFile(file, grace=60) for _ in range(4)]
    for number in range(1, 8):
        watchers[number % 4].secrets()  # each sees only some changes
        replace(file, f"whsec_{number}")
        watchers[(number + 1) % 4].secrets()
    expected = {f"whsec_{number}" for number in range(8)}
    assert set(SecretFile(file, grace=60).secrets()) == expected


PASTED = [
    "whsec_…",
    "whsec_...",
    "whsec_xxxxxxxx",
    "whsec_your_secret",
    "your_webhook_secret_here",
    "whsec_<secret>",
    "sk_test_abcdefgh12345678",
    "hello",
    "> Ready! You are using Stripe API Version [2025-09-30.clover]. Your webhook signing secret is "
    "whsec_0123456789abcdef (^C to quit)",
]


@pytest.mark.parametrize("text", PASTED)
def test_a_file_without_a_valid_secret_is_rejected(tmp_path: Path, text: str) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{text}\n")
    watched = SecretFile(file, grace=60)
    assert watched.secrets() == ()
    assert ": use " in watched.error
    assert not {"0123456789abcdef", "abcdefgh12345678"} & set(re.findall(r"[a-z0-9]+", watched.error))


@pytest.mark.parametrize("text", PASTED)
def test_a_setting_without_a_valid_secret_is_rejected(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SECRET .*: use ") as refused:
        Environment({"SECRET": text}).webhook_secrets("SECRET")
    assert not {"0123456789abcdef", "abcdefgh12345678"} & set(re.findall(r"[a-z0-9]+", str(refused.value)))


def test_stripes_own_secrets_are_accepted() -> None:
    made = "whsec_" + "wRNftLajMZNeslQOP6vEPm4iVx5NlZ6z"
    listed = [f"whsec_{'0123456789abcdef' * 4}", made, "whsec_hereyourX" + "a" * 30]
    assert Environment({"SECRET": " , ".join(listed)}).webhook_secrets("SECRET") == listed
