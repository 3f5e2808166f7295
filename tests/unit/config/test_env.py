"""What stands in `.env`: read strictly, refused clearly."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from app.config.env import Environment, private_folder, read_env_file
from tests.support.stack import ROOT, clean_environment

pytestmark = pytest.mark.quick


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where an `.env` can be written."""
    return tmp_path / ".env"


def test_a_missing_file_sets_nothing(file: Path) -> None:
    assert read_env_file(file) == {}


@pytest.mark.parametrize("line", ["just words", "=secret", "1NAME=value", "NAME value"])
def test_a_line_that_is_no_setting_is_refused_with_its_number_and_not_repeated(file: Path, line: str) -> None:
    file.write_text(f"# comment\n\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match=r"Line 3 of \.env is not NAME=value") as refused:
        read_env_file(file)
    assert line not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A = b", "b"),
        ("A=b # why", "b"),
        ("A=b#c", "b#c"),
        ("A='b # c' # why", "b # c"),
        ('A="b"', "b"),
        ("A=", ""),
        ("A=b=c", "b=c"),
        ("export\tA=b", "b"),
        ("\tA\t=\tb\t", "b"),
        ("A='b$c'", "b$c"),
        ("A='b\\c'", "b\\c"),
        ("A=b\\c", "b\\c"),
        ("A='\"'", '"'),
        ("A=''", ""),
        ("A='b'# c", "b"),
        ("A=b #c\t# d $e", "b"),
        ("A='it' # isn't", "it"),
        ("A='\u00a0b'", "\u00a0b"),
        ("A=b\u00a0c", "b\u00a0c"),
    ],
)
def test_a_line_means_what_it_means_to_docker_compose(file: Path, line: str, value: str) -> None:
    file.write_text(f"{line}\n")
    assert read_env_file(file) == {"A": value}


@pytest.mark.parametrize(
    ("line", "cause", "remedy"),
    [
        ("KEY=  # note", "a comment that Docker Compose reads as part of the value", "on its own line"),
        ("KEY=#note", "a comment that Docker Compose reads as part of the value", "on its own line"),
        ("KEY=value\t# note", "a comment that Docker Compose reads as part of the value", "on its own line"),
        ("KEY=abc$def", "has a $, which Docker Compose replaces", "use single quotes"),
        ("KEY=abc$$def", "has a $, which Docker Compose replaces", "use single quotes"),
        ('KEY="abc$def"', "has a $ or a backslash in double quotes", "use single quotes"),
        ('KEY="a\\nb"', "has a $ or a backslash in double quotes", "use single quotes"),
        ("KEY='abc\\'", "has a backslash before the closing quote", "use no quotes"),
        ('KEY="first', "a quote that is not closed on this line", "use no quotes"),
        ('KEY="abc" def', "text after it", "one pair around it"),
        ("KEY='it's'", "text after it", "one pair around it"),
        ("KEY=\u00a0abc", "unusual white space", "delete it"),
        ("KEY=abc\u2003 # note", "unusual white space", "delete it"),
        ("export =abc", "is not NAME=value", "correct it"),
        ("KEY: abc", "is not NAME=value", "correct it"),
        ("KEY", "is not NAME=value", "correct it"),
        ("KEY-1=abc", "is not NAME=value", "correct it"),
        ("KEY=a\0bc", "a control character", "retype the line"),
        ("KEY=abc\rKEY2=def", "a control character", "retype the line"),
        ("KEY=abc\x0b", "a control character", "retype the line"),
        ("KEY=abc\x85", "a control character", "retype the line"),
    ],
)
def test_a_line_that_docker_compose_reads_differently_is_refused(
    file: Path, line: str, cause: str, remedy: str
) -> None:
    file.write_bytes(f"FIRST=1\n{line}\n".encode())
    with pytest.raises(ImproperlyConfigured, match=r"[Ll]ine 2 of \.env") as refused:
        read_env_file(file)
    assert cause in str(refused.value)
    assert remedy in str(refused.value)
    assert "abc" not in str(refused.value)


def test_a_file_from_windows_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfKEY=sk_test_1234\r\nPORT=8000\r\n")
    assert read_env_file(file) == {"KEY": "sk_test_1234", "PORT": "8000"}


def test_the_environment_wins_over_the_file(file: Path) -> None:
    file.write_text("COLOR=blue\nSIZE=small\n")
    env = Environment.read(file, {"COLOR": "red"})
    assert (env.text("COLOR"), env.text("SIZE")) == ("red", "small")


def test_in_a_container_the_file_that_compose_has_read_is_checked_too(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "none"
    given = {"ENV_FILE": str(file), "SECRET_KEY": "abc"}
    assert Environment.read(own, given).text("SECRET_KEY") == "abc"
    file.write_text("SECRET_KEY=abc$def\n")
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY on line 1 of \.env has a \$"):
        Environment.read(own, given)


@pytest.mark.parametrize("value", ['"sk_test_1234"', " sk_test_1234 ", "'sk_test_1234'", "sk_test_1234\r"])
def test_quotes_and_blanks_around_a_key_do_no_harm(value: str) -> None:
    assert Environment({"KEY": value}).stripe_key("KEY", allow_live=False) == "sk_test_1234"


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("pk_test_1234", "publishable"),
        ("sk_live_1234", "STRIPE_ALLOW_LIVE"),
        ("hello-world", "not a Stripe secret key"),
        ("sk_test_a b", "contains spaces"),
        ("whsec_1234", "STRIPE_WEBHOOK_SECRET"),
    ],
)
def test_a_key_that_can_not_be_used_is_refused_without_showing_it(key: str, complaint: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=complaint) as refused:
        Environment({"KEY": key}).stripe_key("KEY", allow_live=False)
    assert key not in str(refused.value)


def test_a_live_key_can_be_allowed() -> None:
    assert Environment({"KEY": "rk_live_1234"}).stripe_key("KEY", allow_live=True) == "rk_live_1234"


@pytest.mark.parametrize(
    "tunnel",
    [
        {"NGROK_AUTHTOKEN": "2abc_def"},
        {"COMPOSE_PROFILES": "cloudflared"},
        {"NGROK_API_URL": "http://127.0.0.1:4040"},  # an agent of the user's own
        {"CLOUDFLARED_API_URL": "http://127.0.0.1:20241"},
        {"PUBLIC_URL": "https://quick-brown-fox.ngrok-free.app"},
        {"PUBLIC_URL": "https://Quick.Trycloudflare.com/"},
        {"PUBLIC_URL": "https://shop.eu.ngrok.io:443"},
    ],
)
def test_a_live_key_never_goes_with_a_tunnel(tunnel: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="development tunnel") as refused:
        Environment({"KEY": "sk_live_1234", **tunnel}).stripe_key("KEY", allow_live=True)
    assert not {"sk_live_1234", "2abc_def"} & set(str(refused.value).split())


@pytest.mark.parametrize("url", ["https://pay.example.com", "https://notngrok.io", "https://ngrok.io.example"])
def test_a_live_key_goes_with_a_public_url_of_ones_own(url: str) -> None:
    env = Environment({"KEY": "sk_live_1234", "PUBLIC_URL": url})
    assert env.stripe_key("KEY", allow_live=True) == "sk_live_1234"


@pytest.mark.parametrize("value", ["eight", "0", "65536", "80.5", "-1", "８０"])
def test_a_number_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PORT"):
        Environment({"PORT": value}).integer("PORT", 8000, low=1, high=65535)


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        Environment({"DEBUG": "maybe"}).boolean("DEBUG")


@pytest.mark.parametrize(
    ("amount", "currency", "complaint"),
    [
        ("10", "usd", "AMOUNT is 10: 0.10 USD is below Stripe's minimum of 0.50 USD."),
        ("2000", "huf", "AMOUNT is 2000: 20.00 HUF is below Stripe's minimum of 175.00 HUF."),
        ("5125", "kwd", "AMOUNT is 5125: 5.125 KWD can't be charged"),
        ("550", "ugx", "AMOUNT is 550: 5.50 UGX can't be charged"),
        ("20.00", "usd", "AMOUNT is '20.00': use a whole number from 0 to 99999999."),
        ("100000000", "usd", "AMOUNT is '100000000': use a whole number from 0 to 99999999."),
    ],
)
def test_a_price_that_stripe_can_not_charge_is_refused_with_the_limits(
    amount: str, currency: str, complaint: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        Environment({"AMOUNT": amount}).price("AMOUNT", 2000, currency=currency)
    assert complaint in str(refused.value)


def test_a_large_price_in_a_small_currency_is_taken() -> None:
    assert Environment({"AMOUNT": "150000000"}).price("AMOUNT", 2000, currency="idr") == 150_000_000


@pytest.mark.parametrize("value", ["xyz", "dollars", "€"])
def test_a_currency_that_stripe_does_not_know_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"CURRENCY is .* use a code like usd or eur"):
        Environment({"CURRENCY": value}).currency("CURRENCY", "usd")


@pytest.mark.parametrize("value", ["shop.example", "https://shop.example/path", "ftp://shop.example"])
def test_an_origin_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ORIGINS"):
        Environment({"ORIGINS": value}).origins("ORIGINS")


@pytest.mark.parametrize("value", ["null", "file://", "https://shop.example, null"])
def test_a_page_opened_as_a_file_can_not_be_listed_and_the_fix_is_named(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"ORIGINS .*opened as a file.*python -m http\.server"):
        Environment({"ORIGINS": value}).origins("ORIGINS")


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="PROXIES"):
        Environment({"PROXIES": "10.0.0.0/8, home"}).networks("PROXIES")


def test_the_signing_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = Environment({}).secret_key(tmp_path / "data")
    assert len(key) >= 50
    assert Environment({}).secret_key(tmp_path / "data") == key
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [b"", b"\n", b"\0" * 67, b"\xff\xfe\x00key", "ключ\u0000".encode()])
def test_what_a_crash_left_of_a_signing_key_is_made_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "secret_key").write_bytes(left)
    key = Environment({}).secret_key(tmp_path)
    assert len(key) >= 50
    assert Environment({}).secret_key(tmp_path) == key


def modes(folder: Path) -> set[int]:
    """What others may do with the folder and all in it; links have no mode of their own."""
    return {path.lstat().st_mode & 0o077 for path in (folder, *folder.rglob("*")) if not path.is_symlink()}


def test_a_data_folder_of_an_older_version_is_closed_to_others(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    data.mkdir(mode=0o755)
    other.write_text("somebody else's")
    other.chmod(0o644)
    for name in ("db.sqlite3", "db.sqlite3-wal", "webhook_secret"):
        (data / name).write_text("x")
        (data / name).chmod(0o644)
    (data / "backups").mkdir(mode=0o775)
    (data / "link").symlink_to(other)
    (data / "gone").symlink_to(tmp_path / "none")
    private_folder(data)
    assert modes(data) == {0}
    assert (data / "backups").stat().st_mode & 0o700 == 0o700
    assert other.stat().st_mode & 0o777 == 0o644


def test_a_new_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    private_folder(tmp_path / "new" / "data")
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("shared", [ROOT, ROOT.parent, Path("/"), Path("/tmp")])
def test_a_folder_with_other_things_in_it_is_not_taken(shared: Path) -> None:
    before = shared.stat().st_mode
    with pytest.raises(ImproperlyConfigured, match=r"DATA_DIR .* use a separate folder"):
        private_folder(shared)
    assert shared.stat().st_mode == before


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    env = Environment({"DATA_DIR": "~/shop"})
    assert env.path("DATA_DIR", ".data", ROOT) == tmp_path / "shop"
    assert Environment({}).path("DATA_DIR", ".data", ROOT) == ROOT / ".data"


def test_what_manage_py_writes_is_closed_to_others(tmp_path: Path) -> None:
    env = clean_environment() | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""}
    migrated = ["sh", "-c", f'umask 022 && exec "{sys.executable}" manage.py migrate --verbosity 0']
    subprocess.run(migrated, cwd=ROOT, env=env, check=True)
    assert (tmp_path / "data" / "db.sqlite3").stat().st_size
    assert modes(tmp_path / "data") == {0}


@pytest.mark.parametrize(
    ("content", "command", "words"),
    [
        (b"", ("catch_up",), "run ./scripts/run migrate"),
        (b"no database " * 1000, ("catch_up",), "is damaged"),
        (b"no database " * 1000, ("migrate",), "move it away"),
    ],
)
def test_a_database_that_can_not_be_used_is_explained_in_one_line(
    tmp_path: Path, content: bytes, command: tuple[str, ...], words: str
) -> None:
    (tmp_path / "db.sqlite3").write_bytes(content)
    env = clean_environment() | {"DATA_DIR": str(tmp_path), "DATABASE_URL": ""}
    told = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True, text=True)
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert line.startswith("manage.py: ")
    assert words in line


def test_a_data_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match=r"file/data.* is not writable .*: set DATA_DIR"):
        Environment({}).secret_key(tmp_path / "file" / "data")


def test_a_python_without_django_is_told_how_to_get_it() -> None:
    bare = [sys.executable, "-I", "-S", str(ROOT / "manage.py"), "migrate"]
    told = subprocess.run(bare, capture_output=True, text=True)
    assert told.returncode == 1
    assert told.stderr.splitlines() == [told.stderr.strip()]
    assert ". .venv/bin/activate" in told.stderr


def test_the_example_names_every_variable_that_the_settings_read() -> None:
    example = (ROOT / ".env.example").read_text()
    read = set()
    for source in (ROOT / "app").rglob("*.py"):
        read |= set(re.findall(r"\benv\.(?!get)\w+\(\s*\"([A-Z_]+)\"", source.read_text()))
    renamed = {"FULFILMENT_LEASE"}  # still read, no longer offered
    assert {name for name in read - renamed if f"\n{name}=" not in example} == set()
