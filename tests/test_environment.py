"""What stands in `.env`: read strictly, refused clearly."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from app import environment as env


@pytest.mark.parametrize("line", ["just words", "=value", "1NAME=value", "NAME value"])
def test_a_line_that_is_no_setting_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# comment\n\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match=r"\.env line 3 "):
        env.load(file)


def test_a_file_from_windows_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FROM_WINDOWS", raising=False)
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfFROM_WINDOWS=sk_test_1234\r\n")
    env.load(file)
    assert env.text("FROM_WINDOWS") == "sk_test_1234"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "red")
    (tmp_path / ".env").write_text("COLOUR=blue\n")
    env.load(tmp_path / ".env")
    assert env.text("COLOUR") == "red"


@pytest.mark.parametrize("value", ['"sk_test_1234"', " sk_test_1234 ", "'sk_test_1234'", "sk_test_1234\r"])
def test_quotes_and_blanks_around_a_key_do_no_harm(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", value)
    assert env.stripe_key("STRIPE_SECRET_KEY", allow_live=False) == "sk_test_1234"


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("pk_test_1234", "publishable"),
        ("sk_live_1234", "STRIPE_ALLOW_LIVE"),
        ("hello", "does not look"),
        ("sk_test_a b", "look"),
    ],
)
def test_a_key_that_can_not_be_used_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, key: str, complaint: str
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    with pytest.raises(ImproperlyConfigured, match=complaint) as refused:
        env.stripe_key("STRIPE_SECRET_KEY", allow_live=False)
    assert key not in str(refused.value)


def test_a_live_key_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "rk_live_1234")
    assert env.stripe_key("STRIPE_SECRET_KEY", allow_live=True) == "rk_live_1234"


@pytest.mark.parametrize("value", ["eight", "0", "65536", "80.5", "-1"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(ImproperlyConfigured, match="PORT"):
        env.integer("PORT", 8000, low=1, high=65535)


def test_a_switch_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        env.boolean("DEBUG")


@pytest.mark.parametrize("value", ["shop.example", "https://shop.example/path", "ftp://shop.example"])
def test_an_origin_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FRONTEND_ORIGINS", value)
    with pytest.raises(ImproperlyConfigured, match="FRONTEND_ORIGINS"):
        env.origins("FRONTEND_ORIGINS")


def test_the_signing_key_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    key = env.secret_key(tmp_path / "data")
    assert len(key) >= 50
    assert env.secret_key(tmp_path / "data") == key
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_example_names_every_variable_that_the_settings_read() -> None:
    root = Path(env.__file__).parent.parent
    example = (root / ".env.example").read_text()
    read = set()
    for source in (root / "app").rglob("*.py"):
        for call in ("text", "boolean", "integer", "items", "origins", "stripe_key"):
            read |= {part.split('"')[0] for part in source.read_text().split(f'env.{call}("')[1:]}
    assert {name for name in read if f"\n{name}=" not in example} == set()
