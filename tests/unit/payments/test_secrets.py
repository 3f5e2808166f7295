"""The secret file: read again when it changes, with a memory."""

from pathlib import Path

import pytest

from app.payments.stripe.secrets import SecretFile

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
