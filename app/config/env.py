"""The environment and `.env`, read strictly: a bad value is refused with its variable's name and the remedy.

Every refusal is an ImproperlyConfigured whose message is one sentence or two, and never holds a secret.
"""

import ipaddress
import os
import re
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from app.payments.currencies import CURRENCIES, AmountError, check_amount, is_known

PROJECT = Path(__file__).resolve().parent.parent.parent
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
ASSIGNMENT = re.compile(r"(?:export[ \t]+)?(?!export\b)([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)")
QUOTED = re.compile(r"""(?:"([^"]*)"|'([^']*)')[ \t]*(?:#.*)?""")
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
KEYS = ("test", "live")
KEY_RULES = Path(__file__).with_name("stripe_keys.txt")
TUNNEL_DOMAINS = (".ngrok-free.app", ".ngrok-free.dev", ".ngrok.app", ".ngrok.dev", ".ngrok.io", ".trycloudflare.com")
HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9_+/=-]+")
# Documentation's stand-ins. Stripe's own secrets have 32 characters or more.
PLACEHOLDER = re.compile(r"(?=.{0,37}$).*(?:your|here|placeholder|change|replace|[xX]{3})", re.I)
WHERE_KEYS_ARE = "https://dashboard.stripe.com/test/apikeys"


class Environment:
    """Variables by name, read as what they should be. An empty value counts as not set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)

    @classmethod
    def read(cls, file: Path, given: Mapping[str, str]) -> Self:
        """The variables in `file` (`.env`; it may be missing) and those `given`, which win.

        In a container Docker Compose has read `.env` and gives its variables. ENV_FILE is the file itself, where
        the container can see it: a line that means two things is refused there too.
        """
        if os.access(given.get("ENV_FILE", ""), os.R_OK):
            file = Path(given["ENV_FILE"])
        return cls({**read_env_file(file), **given})

    def text(self, name: str, default: str = "") -> str:
        """The variable's value without the white space and quotes around it."""
        return self.variables.get(name, "").strip().strip("\"'").strip() or default

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """1/true/yes/on or 0/false/no/off in any case."""
        value = self.text(name, str(default)).lower()
        if value not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{name} is {value!r}: use 1 or 0.")
        return value in TRUE

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
        """A whole number from `low` to `high`."""
        value = self.text(name, str(default))
        if not re.fullmatch(r"-?[0-9]+", value) or not low <= int(value) <= high:
            raise ImproperlyConfigured(f"{name} is {value!r}: use a whole number from {low} to {high}.")
        return int(value)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of the words that are `allowed`, which are in capital letters; any case will do."""
        value = self.text(name, default)
        if value.upper() not in allowed:
            raise ImproperlyConfigured(f"{name} is {value!r}: use one of {', '.join(allowed)}.")
        return value.upper()

    def currency(self, name: str, default: str) -> str:
        """A currency's ISO code, in lower case; one that Stripe knows. Whether the account may use it, Stripe says: the
        doctor passes it on."""
        value = self.text(name, default).lower()
        if not is_known(value):
            raise ImproperlyConfigured(f"{name} is {value!r}, which Stripe does not know: use a code like usd or eur.")
        return value

    def price(self, name: str, default: int, *, currency: str) -> int:
        """An amount in minor units of `currency` that Stripe can charge."""
        value = self.integer(name, default, high=CURRENCIES[currency].maximum)
        try:
            check_amount(value, currency)
        except AmountError as error:
            raise ImproperlyConfigured(f"{name} is {value}: {error} It is counted in minor units.") from None
        return value

    def items(self, name: str) -> list[str]:
        """The variable's comma-separated values, without blanks."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def origins(self, name: str) -> list[str]:
        """Comma-separated origins (`https://shop.example`), without a trailing slash."""
        found = [item.rstrip("/") for item in self.items(name)]
        for origin in found:
            if not re.fullmatch(r"https?://[^/\s?#]+", origin):
                raise ImproperlyConfigured(f"{name} holds {origin!r}: use https://name or http://name:port.")
        return found

    def hosts(self, name: str) -> list[str]:
        """Comma-separated host names as a Host header has them; `.shop.example` means all names below it too."""
        return [_host(name, item) for item in self.items(name)]

    def networks(self, name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """Comma-separated addresses or networks (`10.0.0.0/8`)."""
        try:
            return [ipaddress.ip_network(item, strict=False) for item in self.items(name)]
        except ValueError as error:
            message = f"{name}: {error}. Use addresses or networks, like 10.0.0.1 or 10.0.0.0/8."
            raise ImproperlyConfigured(message) from None

    def mail_server(self, name: str) -> dict[str, Any]:
        """Django's EMAIL_… settings for the mail server at that URL; none when there is no URL."""
        url = self.text(name)
        try:
            return dict(environ.Env.email_url_config(url)) if url else {}
        except (ImproperlyConfigured, ValueError):  # its words may hold the password
            example = "smtp://user:password@mail.example:587 (smtp+tls:// where the server wants STARTTLS)"
            raise ImproperlyConfigured(f"{name} is not a mail server: use {example}.") from None

    def stripe_key(self, name: str, *, allow_live: bool) -> str:
        """A Stripe secret or restricted key, or an empty string; a live one if `allow_live`, never with a tunnel."""
        key = self.text(name)
        if not key:
            return ""
        kind = _kind_of_key(key)
        if kind not in KEYS:
            raise ImproperlyConfigured(f"{name} {kind}: use the secret key (sk_test_…) from {WHERE_KEYS_ARE}.")
        if kind == "live" and not allow_live:
            raise ImproperlyConfigured(
                f"{name} is a live key: real money. Use a test key (sk_test_…) from {WHERE_KEYS_ARE}, or set "
                "STRIPE_ALLOW_LIVE=1 if you mean it."
            )
        if kind == "live" and (tunnel := self._tunnel()):
            raise ImproperlyConfigured(
                f"{name} is a live key, and {tunnel} is for a tunnel for development: the two never go together. Use a "
                f"test key (sk_test_…) from {WHERE_KEYS_ARE}, or take {tunnel} out of .env."
            )
        return key

    def webhook_secrets(self, name: str) -> list[str]:
        """Comma-separated signing secrets (`whsec_…`)."""
        found = self.items(name)
        if complaint := next(filter(None, map(what_is_wrong_with_secret, found)), ""):
            raise ImproperlyConfigured(f"{name} {complaint}; or leave it empty, the stack finds its own.")
        return found

    def _tunnel(self) -> str:
        """The setting that opens a tunnel for development, or tells of one that is open; empty when none does."""
        if "cloudflared" in self.items("COMPOSE_PROFILES"):
            return "COMPOSE_PROFILES=cloudflared"
        if (urlsplit(self.text("PUBLIC_URL").lower()).hostname or "").endswith(TUNNEL_DOMAINS):
            return "PUBLIC_URL"
        return next(filter(self.text, ("NGROK_AUTHTOKEN", "NGROK_API_URL", "CLOUDFLARED_API_URL")), "")

    def path(self, name: str, default: str | Path, base: Path) -> Path:
        """A path, from `base` on unless it is absolute; `~` is the home folder."""
        try:
            return base / Path(self.text(name, str(default))).expanduser()
        except RuntimeError:
            raise ImproperlyConfigured(
                f"{name} begins with ~, but the home folder is unknown: use a full path."
            ) from None

    def secret_key(self, data_dir: Path) -> str:
        """Django's SECRET_KEY: the variable, or one made once per installation and kept in `data_dir`."""
        try:
            return self.text("SECRET_KEY") or _generated_key(data_dir)
        except OSError as error:
            raise _unusable(data_dir, error) from None


def private_folder(path: Path) -> Path:
    """Make the folder, and close it and what lies in it to other users: it holds e-mail addresses and secrets.

    Raises ImproperlyConfigured for a folder that can't be made, and for one that other users or programs share.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & stat.S_ISVTX or PROJECT.is_relative_to(path.resolve()):
            raise ImproperlyConfigured(
                f"DATA_DIR ({path}) holds other things too, and is closed to other users: use a folder of its own."
            )
        for entry in (path, *path.iterdir()):
            with suppress(FileNotFoundError):
                _close_to_others(entry)
    except OSError as error:
        raise _unusable(path, error) from None
    return path


def _close_to_others(path: Path) -> None:
    status = path.lstat()
    if status.st_uid == os.geteuid() and status.st_mode & 0o077 and not stat.S_ISLNK(status.st_mode):
        path.chmod(stat.S_IMODE(status.st_mode) & ~0o077)


def _unusable(data_dir: Path, error: OSError) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"DATA_DIR ({data_dir}) can't be written ({error.strerror}): set DATA_DIR to your own folder."
    )


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of the file; nothing when there is no file.

    Docker Compose reads the same file by its own rules (Docker: "Env file syntax"). What would mean something else
    there is refused, like a line that is no setting, with the line's number and the fix. Raises ImproperlyConfigured.
    """
    if not path.exists():
        return {}
    try:
        # A byte order mark is what Windows' Notepad puts first; its line ends are as good as any.
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path.name} is not UTF-8 text: save it again with the encoding UTF-8.") from None
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path.name} can't be read ({error.strerror}): it must be a readable file."
        ) from None
    numbered = ((number, line.strip(" \t")) for number, line in enumerate(text.split("\n"), start=1))
    return dict(_assignment(path.name, *line) for line in numbered if line[1] and not line[1].startswith("#"))


def _assignment(file: str, number: int, line: str) -> tuple[str, str]:
    # The line itself may be a secret pasted without its name: never repeat it.
    if found := CONTROL_CHARACTER.search(line):
        raise ImproperlyConfigured(
            f"Line {number} of {file} has a control character in it (U+{ord(found.group()):04X}): type the line again."
        )
    match = ASSIGNMENT.fullmatch(line)
    if not match:
        raise ImproperlyConfigured(f"Line {number} of {file} is not NAME=value: correct it, or put a # in front of it.")
    name, value = match.groups()
    if complaint := _ambiguity(value):
        raise ImproperlyConfigured(f"{name} on line {number} of {file} {complaint}.")
    if quoted := QUOTED.fullmatch(value):
        return name, quoted[1] or quoted[2] or ""
    return name, value.partition(" #")[0].rstrip(" \t")


def _ambiguity(value: str) -> str:
    """Return why Docker Compose would read something else in `value`, and what to do; empty when it would not."""
    if value.startswith(("'", '"')):
        quoted = QUOTED.fullmatch(value)
        if not quoted:
            return "has a quote that is not closed on this line, or text after it: use no quotes, or one pair around it"
        if set("$\\") & set(quoted[1] or ""):
            return "has a $ or a backslash in double quotes, which Docker Compose replaces: use single quotes"
        if (quoted[2] or "").endswith("\\"):
            return "has a backslash before the closing quote, which does not end it in Docker Compose: use no quotes"
        return ""
    before_comment = value.partition(" #")[0]
    if value.startswith("#") or "\t#" in before_comment:
        return "has a comment that Docker Compose takes for a part of the value: use a line of its own for the comment"
    if before_comment.strip() != before_comment.strip(" \t"):
        return "begins or ends with a space of another kind, which Docker Compose removes: use no space there"
    if "$" in before_comment:
        return "has a $, which Docker Compose replaces: use single quotes around the value"
    return ""


def _host(name: str, item: str) -> str:
    with suppress(ValueError):
        return f"[{ipaddress.IPv6Address(item.strip('[]'))}]"
    dot = "." if item.startswith(".") else ""
    with suppress(UnicodeError):
        host = item.removeprefix(".").encode("idna").decode().lower()  # browsers send it in ASCII
        if HOST.fullmatch(host):
            return dot + host
    if item == "*":
        example = "use the names that you own: for any name, a stranger's page could read the API (DNS rebinding)"
    else:
        example = "use the name alone, like shop.example or .shop.example (with all names below it)"
    raise ImproperlyConfigured(f"{name} holds {item!r}: {example}.")


def what_is_wrong_with_secret(secret: str) -> str:
    """Return why this is no webhook signing secret, and what to use, without repeating it; empty when it is one."""
    if SIGNING_SECRET.fullmatch(secret) and not PLACEHOLDER.match(secret):
        return ""
    if "whsec_" in secret and any(character.isspace() for character in secret):
        return "holds more than a signing secret: use only the word in it that begins with whsec_"
    if PLACEHOLDER.match(secret) or re.match(r"whsec_\W", secret):
        return "holds a placeholder: use the signing secret (whsec_…) that `stripe listen` or Stripe's dashboard shows"
    if _kind_of_key(secret) in KEYS:
        return "holds an API key: use the signing secret, which begins with whsec_"
    return "holds what is not a signing secret: use the one (whsec_…) that `stripe listen` or Stripe's dashboard shows"


@cache
def _key_rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    lines = KEY_RULES.read_text(encoding="utf-8").splitlines()
    rules = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple((re.compile(pattern), verdict) for pattern, verdict in rules)


def _kind_of_key(key: str) -> str:
    """`test`, `live`, or what is wrong with the key; scripts/stripe-listen judges by the same rules."""
    return next(verdict for pattern, verdict in _key_rules() if pattern.search(key))


def _generated_key(data_dir: Path) -> str:
    path = data_dir / "secret_key"
    if not _first_line(path):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # it is empty: a full disk, or a crash
        draft = data_dir / f".secret_key.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            # A hard link fails where the name exists: of two processes that start at once, one key wins.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _first_line(path)


def _first_line(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
