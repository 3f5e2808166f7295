"""`.env` is read strictly, and errors are clear."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from app.config.env import Environment, private_folder, read_env_file
from tests.support.stack import ROOT

pytestmark = pytest.mark.quick


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The path of an `.env` file."""
    return tmp_path / ".env"


def test_a_missing_file_sets_nothing(file: Path) -> None:
    assert read_env_file(file) == {}


@pytest.mark.parametrize("line", ["just words", "=secret", "1NAME=value", "NAME value"])
def test_an_invalid_line_is_refused_without_its_text(file: Path, line: str) -> None:
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
def test_a_line_means_what_docker_compose_reads(file: Path, line: str, value: str) -> None:
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
def test_a_line_that_compose_reads_differently_is_refused(file: Path, line: str, cause: str, remedy: str) -> None:
    file.write_bytes(f"FIRST=1\n{line}\n".encode())
    with pytest.raises(ImproperlyConfigured, match=r"[Ll]ine 2 of \.env") as refused:
        read_env_file(file)
    assert cause in str(refused.value)
    assert remedy in str(refused.value)
    assert "abc" not in str(refused.value)


def test_a_windows_file_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfKEY=sk_test_1234\r\nPORT=8000\r\n")
    assert read_env_file(file) == {"KEY": "sk_test_1234", "PORT": "8000"}


def test_the_environment_wins_over_the_file(file: Path) -> None:
    file.write_text("COLOR=blue\nSIZE=small\n")
    env = Environment.read(file, {"COLOR": "red"})
    assert (env.text("COLOR"), env.text("SIZE")) == ("red", "small")


def test_a_container_checks_the_file_that_compose_read(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "none"
    given = {"ENV_FILE": str(file), "SECRET_KEY": "abc"}
    assert Environment.read(own, given).text("SECRET_KEY") == "abc"
    file.write_text("SECRET_KEY=abc$def\n")
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY on line 1 of \.env has a \$"):
        Environment.read(own, given)


@pytest.mark.parametrize("value", ['"sk_test_1234"', " sk_test_1234 ", "'sk_test_1234'", "sk_test_1234\r"])
def test_quotes_and_blanks_around_a_key_are_removed(value: str) -> None:
    assert Environment({"KEY": value}).stripe_key("KEY", allow_live=False) == "sk_test_1234"


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("pk_test_1234", "publishable"),
        ("sk_live_1234", "STRIPE_ALLOW_LIVE"),
        ("hello-world", "not a Stripe secret key"),
        ("sk_test_a b", "contains spaces"),
        ("whsec_1234", "STRIPE_WEBHOOK_SECRET"),
    ],
)
def test_an_unusable_key_is_refused_without_its_text(key: str, error: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=error) as refused:
        Environment({"KEY": key}).stripe_key("KEY", allow_live=False)
    assert key not in str(refused.value)


def test_a_live_key_can_be_allowed() -> None:
    assert Environment({"KEY": "rk_live_1234"}).stripe_key("KEY", allow_live=True) == "rk_live_1234"


@pytest.mark.parametrize(
    "tunnel",
    [
        {"NGROK_AUTHTOKEN": "2abc_def"},
        {"NGROK_AUTHTOKEN_FILE": "/run/secrets/ngrok"},
        {"COMPOSE_PROFILES": "cloudflared"},
        {"NGROK_API_URL": "http://127.0.0.1:4040"},  # the user's own agent
        {"CLOUDFLARED_API_URL": "http://127.0.0.1:20241"},
        {"PUBLIC_URL": "https://quick-brown-fox.ngrok-free.app"},
        {"PUBLIC_URL": "https://Quick.Trycloudflare.com/"},
        {"PUBLIC_URL": "https://shop.eu.ngrok.io:443"},
    ],
)
def test_a_live_key_is_refused_with_a_tunnel(tunnel: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="development tunnel") as refused:
        Environment({"KEY": "sk_live_1234", **tunnel}).stripe_key("KEY", allow_live=True)
    assert not {"sk_live_1234", "2abc_def"} & set(str(refused.value).split())


@pytest.mark.parametrize("url", ["https://pay.example.com", "https://notngrok.io", "https://ngrok.io.example"])
def test_a_live_key_is_allowed_with_a_public_url(url: str) -> None:
    env = Environment({"KEY": "sk_live_1234", "PUBLIC_URL": url})
    assert env.stripe_key("KEY", allow_live=True) == "sk_live_1234"


def test_a_secret_can_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk_test_0123456789abcdef\n")
    env = Environment({"STRIPE_SECRET_KEY_FILE": str(file)})
    assert env.stripe_key("STRIPE_SECRET_KEY", allow_live=False) == "sk_test_0123456789abcdef"
    file.write_text("s3cret\n")
    assert Environment({"SECRET_KEY_FILE": str(file)}).secret_key(tmp_path) == "s3cret"


@pytest.mark.parametrize(
    ("content", "variables", "error"),
    [
        (b"in the file", {"SECRET_KEY": "in the variable"}, "both set: remove one"),
        (b" \n", {}, "is empty"),
        (b"\xff\xfe", {}, "not UTF-8 text"),
        (None, {}, "No such file"),
    ],
)
def test_an_ambiguous_or_unusable_secret_file_is_refused(
    tmp_path: Path, content: bytes | None, variables: dict[str, str], error: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=error) as refused:
        Environment({"SECRET_KEY_FILE": str(file), **variables}).secret("SECRET_KEY")
    assert "SECRET_KEY_FILE" in str(refused.value)
    assert "in the" not in str(refused.value)


@pytest.mark.parametrize("value", ["eight", "0", "65536", "80.5", "-1", "8_0", "８０"])
def test_an_invalid_number_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PORT"):
        Environment({"PORT": value}).integer("PORT", 8000, low=1, high=65535)


def test_an_invalid_switch_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        Environment({"DEBUG": "maybe"}).boolean("DEBUG")


@pytest.mark.parametrize(
    ("amount", "currency", "error"),
    [
        ("10", "usd", "AMOUNT is 10: 0.10 USD is below Stripe's minimum of 0.50 USD."),
        ("2000", "huf", "AMOUNT is 2000: 20.00 HUF is below Stripe's minimum of 175.00 HUF."),
        ("5125", "kwd", "AMOUNT is 5125: 5.125 KWD can't be charged"),
        ("550", "ugx", "AMOUNT is 550: 5.50 UGX can't be charged"),
        ("20.00", "usd", "AMOUNT is '20.00': use a whole number from 0 to 99999999."),
        ("100000000", "usd", "AMOUNT is '100000000': use a whole number from 0 to 99999999."),
    ],
)
def test_a_price_that_stripe_rejects_is_refused(amount: str, currency: str, error: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        Environment({"AMOUNT": amount}).price("AMOUNT", 2000, currency=currency)
    assert error in str(refused.value)


def test_a_large_price_in_a_small_currency_is_accepted() -> None:
    assert Environment({"AMOUNT": "150000000"}).price("AMOUNT", 2000, currency="idr") == 150_000_000


@pytest.mark.parametrize("value", ["xyz", "dollars", "€"])
def test_an_unknown_currency_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"CURRENCY is .* use a code like usd or eur"):
        Environment({"CURRENCY": value}).currency("CURRENCY", "usd")


@pytest.mark.parametrize("value", ["shop.example", "https://shop.example/path", "ftp://shop.example"])
def test_an_invalid_origin_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ORIGINS"):
        Environment({"ORIGINS": value}).origins("ORIGINS")


@pytest.mark.parametrize("value", ["null", "file://", "https://shop.example, null"])
def test_a_page_opened_as_a_file_can_not_be_listed(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"ORIGINS .*opened as a file.*python -m http\.server"):
        Environment({"ORIGINS": value}).origins("ORIGINS")


def test_an_invalid_network_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="PROXIES"):
        Environment({"PROXIES": "10.0.0.0/8, home"}).networks("PROXIES")


def test_the_signing_key_is_created_once_and_private(tmp_path: Path) -> None:
    key = Environment({}).secret_key(tmp_path / "data")
    assert len(key) >= 50
    assert Environment({}).secret_key(tmp_path / "data") == key
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [b"", b"\n", b"\0" * 67, b"\xff\xfe\x00key", "ключ\u0000".encode()])
def test_a_signing_key_that_a_crash_damaged_is_recreated(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "secret_key").write_bytes(left)
    key = Environment({}).secret_key(tmp_path)
    assert len(key) >= 50
    assert Environment({}).secret_key(tmp_path) == key


def modes(folder: Path) -> set[int]:
    """Return the group and other permissions of the folder and its content, except links."""
    return {path.lstat().st_mode & 0o077 for path in (folder, *folder.rglob("*")) if not path.is_symlink()}


def test_an_existing_data_folder_becomes_private(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    data.mkdir(mode=0o755)
    other.write_text("someone else's")
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


def test_a_new_data_folder_is_private(tmp_path: Path) -> None:
    private_folder(tmp_path / "new" / "data")
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("shared", [ROOT, ROOT.parent, Path("/"), Path("/tmp")])
def test_a_shared_folder_is_refused_as_data_folder(shared: Path) -> None:
    before = shared.stat().st_mode
    with pytest.raises(ImproperlyConfigured, match=r"DATA_DIR .* use a separate folder"):
        private_folder(shared)
    assert shared.stat().st_mode == before


def test_data_dir_expands_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    env = Environment({"DATA_DIR": "~/shop"})
    assert env.path("DATA_DIR", ".data", ROOT) == tmp_path / "shop"
    assert Environment({}).path("DATA_DIR", ".data", ROOT) == ROOT / ".data"


def test_an_impossible_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match=r"file/data.* is not writable .*: set DATA_DIR"):
        Environment({}).secret_key(tmp_path / "file" / "data")


REPLACEABLE = {"SECRET_KEY": "s" * 50, "DATABASE_URL": "postgres://user@host/shop"}


@pytest.mark.parametrize("lacking", [None, *REPLACEABLE])
def test_replicas_need_no_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: str | None) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    variables = {name: value for name, value in REPLACEABLE.items() if name != lacking}
    env = Environment({"DATA_DIR": str(tmp_path / "file" / "data"), **variables})
    if lacking:
        with pytest.raises(ImproperlyConfigured, match="is not writable"):
            env.data_dir(ROOT)
        return
    found = env.data_dir(ROOT)
    assert found.parent == tmp_path
    assert found.stat().st_mode & 0o777 == 0o700
    assert env.data_dir(ROOT) == found, "the processes of a container share it"
    assert Environment(env.variables | {"SECRET_KEY": "t" * 50}).data_dir(ROOT) != found, "another installation's"


def test_a_usable_data_folder_is_used(tmp_path: Path) -> None:
    env = Environment({"DATA_DIR": str(tmp_path / "data"), **REPLACEABLE})
    assert env.data_dir(ROOT) == tmp_path / "data"


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [("", False), ("backup", False), ("cloudflared-old", False), ("backup, cloudflared", True), ("*", True)],
)
def test_other_compose_profiles_are_not_cloudflared(profiles: str, expected: bool) -> None:
    assert Environment({"COMPOSE_PROFILES": profiles}).has_profile("cloudflared") is expected


def test_the_example_lists_every_setting() -> None:
    example = (ROOT / ".env.example").read_text()
    read = set()
    for source in (ROOT / "app").rglob("*.py"):
        read |= set(re.findall(r"\benv\.(?!get)\w+\(\s*\"([A-Z_]+)\"", source.read_text()))
    renamed = {"FULFILMENT_LEASE", "SWEEP_INTERVAL"}  # still read, no longer offered
    assert {name for name in read - renamed if f"\n{name}=" not in example} == set()


KEY = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # 32 bytes


def test_several_keys_can_sign_order_webhooks() -> None:
    env = Environment({"SECRET": f"{KEY}, {KEY.rstrip('=')}"})
    assert env.order_webhook_secrets("SECRET", required=True) == [KEY, KEY.rstrip("=")]
    assert Environment({}).order_webhook_secrets("SECRET", required=False) == []


@pytest.mark.parametrize("value", ["", "my key", KEY[6:], "whsec_c2hvcnQ=", f"{KEY},whsec_no base64", "whsec_é" * 9])
def test_an_unusable_key_for_order_webhooks_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SECRET .*openssl rand -base64 32") as refused:
        Environment({"SECRET": value}).order_webhook_secrets("SECRET", required=True)
    assert not value or value not in str(refused.value)


@pytest.mark.parametrize("value", ["https://hooks.example/shop?key=1", "https://h:8443", "https://[2606:4700::1]/x"])
def test_a_url_is_taken_as_it_is(value: str) -> None:
    assert Environment({"URL": value}).url("URL") == value
    assert Environment({"URL": value.replace("https", "http")}).url("URL", "http") == value.replace("https", "http")


@pytest.mark.parametrize(
    "value", ["hooks.example", "http://hooks.example", "https://user:pw@hooks.example", "https://?", "https://a/ b"]
)
def test_an_unusable_url_is_refused_without_its_text(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="URL is not a usable URL") as refused:
        Environment({"URL": value}).url("URL")
    assert value not in str(refused.value)


def test_http_is_refused_with_the_setting_that_allows_it() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"URL is not a usable URL: use one .* SWITCH=1 allows http\.$"):
        Environment({"URL": "http://localhost:3000/hook"}).url("URL", hint="SWITCH=1 allows http.")


@pytest.mark.parametrize("value", ["help", "help@", "a@b.example\nBcc: c@d.example", "Shop <help@shop.example>"])
def test_an_unusable_email_address_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"EMAIL is .* use an address like help@shop\.example"):
        Environment({"EMAIL": value}).email("EMAIL")
