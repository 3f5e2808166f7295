"""The secret file: read again when it changes, with a memory."""

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


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert SecretFile(tmp_path / "none", grace=60).secrets() == ()


def test_white_space_and_commas_around_secrets_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(" whsec_a, whsec_b\r\n")
    assert SecretFile(file, grace=60).secrets() == ("whsec_a", "whsec_b")


def test_a_new_secret_counts_at_once_and_the_old_one_for_the_grace_period(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for grace, expected in ((60, ("whsec_new", "whsec_old")), (0, ("whsec_new",))):
        replace(file, "whsec_old")
        watched = SecretFile(file, grace=grace)
        assert watched.secrets() == ("whsec_old",)
        replace(file, "whsec_new")
        assert watched.secrets() == expected


def test_a_file_that_vanishes_or_is_garbage_leaves_the_old_secret_valid_for_the_grace_period(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_old")
    watched = SecretFile(file, grace=60)
    watched.secrets()
    file.unlink()
    assert watched.secrets() == ("whsec_old",)
    file.write_bytes(b"\xff\xfe")
    assert watched.secrets() == ("whsec_old",)


def test_going_back_to_the_old_secret_keeps_it_valid(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    watched = SecretFile(file, grace=60)
    for secret in ("whsec_a", "whsec_b", "whsec_a"):
        replace(file, secret)
        found = watched.secrets()
    assert found == ("whsec_a", "whsec_b")


def test_the_grace_period_survives_a_restart_and_is_the_same_in_every_process(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_old")
    SecretFile(file, grace=60).secrets()  # a process that ends here
    replace(file, "whsec_new")
    assert SecretFile(file, grace=60).secrets() == ("whsec_new", "whsec_old")
    assert SecretFile(file, grace=60).secrets() == ("whsec_new", "whsec_old")


def test_a_restart_does_not_make_the_grace_period_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    for secret in ("whsec_old", "whsec_new"):
        replace(file, secret)
        SecretFile(file, grace=60).secrets()
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + 59)
    assert SecretFile(file, grace=60).secrets() == ("whsec_new", "whsec_old")
    monkeypatch.setattr(time, "time", lambda: right() + 61)
    assert SecretFile(file, grace=60).secrets() == ("whsec_new",)


def test_what_is_remembered_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_old")
    SecretFile(file, grace=60).secrets()
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir() if path != file} == {0}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"former": 1}', '{"current": [1], "former": {"a": "b"}}'])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_new")
    former_secrets_file(file).write_text(damage)
    assert SecretFile(file, grace=60).secrets() == ("whsec_new",)


def test_many_processes_remember_together(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    replace(file, "whsec_0")
    watchers = [SecretFile(file, grace=60) for _ in range(4)]
    for number in range(1, 8):
        watchers[number % 4].secrets()  # each of them sees some of the changes only
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
def test_a_file_that_holds_something_else_holds_no_secret(tmp_path: Path, text: str) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{text}\n")
    watched = SecretFile(file, grace=60)
    assert watched.secrets() == ()
    assert ": use " in watched.error
    assert not {"0123456789abcdef", "abcdefgh12345678"} & set(re.findall(r"[a-z0-9]+", watched.error))


@pytest.mark.parametrize("text", PASTED)
def test_a_setting_that_holds_something_else_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SECRET .*: use ") as refused:
        Environment({"SECRET": text}).webhook_secrets("SECRET")
    assert not {"0123456789abcdef", "abcdefgh12345678"} & set(re.findall(r"[a-z0-9]+", str(refused.value)))


def test_secrets_as_stripe_makes_them_are_accepted() -> None:
    made = "whsec_" + "wRNftLajMZNeslQOP6vEPm4iVx5NlZ6z"
    listed = [f"whsec_{'0123456789abcdef' * 4}", made, "whsec_hereyourX" + "a" * 30]
    assert Environment({"SECRET": " , ".join(listed)}).webhook_secrets("SECRET") == listed
