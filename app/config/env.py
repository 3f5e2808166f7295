"""Read the environment and `.env` strictly.

An invalid value raises ImproperlyConfigured. The message has one or two sentences, names the variable and the remedy,
and never contains a secret.
"""

import base64
import hashlib
import ipaddress
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from app.payments.currencies import CURRENCIES, AmountError, check_amount, is_known, parse_amount

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
WEB_URL = re.compile(r"(https?)://(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?][^\s\\;,]*)?")
SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9_+/=-]+")
# Placeholders in documentation. Stripe's secrets have at least 32 characters.
PLACEHOLDER = re.compile(r"(?=.{0,37}$).*(?:your|here|placeholder|change|replace|[xX]{3})", re.I)
API_KEYS_URL = "https://dashboard.stripe.com/test/apikeys"


class Environment:
    """Variables by name, converted to their types. An empty value counts as not set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)

    @classmethod
    def read(cls, file: Path, given: Mapping[str, str]) -> Self:
        """Return the variables in `file` (`.env`; it may be missing) and those `given`, which win.

        In a container, Docker Compose has already read `.env` into the environment. ENV_FILE names the file itself: if
        the container can read it, an ambiguous line is an error there too.
        """
        if os.access(given.get("ENV_FILE", ""), os.R_OK):
            file = Path(given["ENV_FILE"])
        return cls({**read_env_file(file), **given})

    def text(self, name: str, default: str = "") -> str:
        """Return the variable's value without surrounding white space and quotes."""
        return self.variables.get(name, "").strip().strip("\"'").strip() or default

    def secret(self, name: str) -> str:
        """Return the variable, or the text of the file at NAME_FILE (Docker: "Manage sensitive data with secrets").

        Raises ImproperlyConfigured if both are set, or if the file is unreadable or empty.
        """
        value, file = self.text(name), self.text(f"{name}_FILE")
        if value and file:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: remove one of them.")
        if not file:
            return value
        try:
            value = self.path(f"{name}_FILE", "", PROJECT).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            message = f"{name}_FILE ({file}) can't be read ({reason}): fix the file or its path."
            raise ImproperlyConfigured(message) from None
        if not value:
            raise ImproperlyConfigured(f"{name}_FILE ({file}) is empty: write the secret into it.")
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean: 1/true/yes/on or 0/false/no/off, in any case."""
        value = self.text(name, str(default)).lower()
        if value not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{name} is {value!r}: use 1 or 0.")
        return value in TRUE

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.text(name, str(default))
        if not re.fullmatch(r"-?[0-9]+", value) or not low <= int(value) <= high:
            raise ImproperlyConfigured(f"{name} is {value!r}: use a whole number from {low} to {high}.")
        return int(value)

    def days(self, name: str, *, low: int) -> int:
        """Return a number of days from `low` on, or 0 (the default) for no limit."""
        if 0 < (value := self.integer(name, 0)) < low:
            raise ImproperlyConfigured(f"{name} is {value}: use {low} or more, or 0 for no limit.")
        return value

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of the `allowed` words, which are upper case; the value may be in any case."""
        value = self.text(name, default)
        if value.upper() not in allowed:
            raise ImproperlyConfigured(f"{name} is {value!r}: use one of {', '.join(allowed)}.")
        return value.upper()

    def currency(self, name: str, default: str) -> str:
        """Return the lower-case ISO code of a currency that Stripe supports.

        Only Stripe knows whether the account may use it; the doctor reports that.
        """
        value = self.text(name, default).lower()
        if not is_known(value):
            raise ImproperlyConfigured(f"{name} is {value!r}, unknown to Stripe: use a code like usd or eur.")
        return value

    def price(self, name: str, default: int, *, currency: str) -> int:
        """Return an amount in minor units of `currency` that Stripe can charge."""
        value = self.integer(name, default, high=CURRENCIES[currency].maximum)
        try:
            check_amount(value, currency)
        except AmountError as error:
            raise ImproperlyConfigured(f"{name} is {value}: {error} The amount is in minor units.") from None
        return value

    def named_price(self, name: str, item: str) -> tuple[str, int, str]:
        """Return the name, the minor units and the currency in an item like `Express 15.00 USD`."""
        words = item.split()
        label, amount, currency = " ".join(words[:-2]), "".join(words[-2:-1]), "".join(words[-1:]).lower()
        try:
            minor_units = parse_amount(amount, currency) if is_known(currency) and label else -1
        except AmountError:
            minor_units = -1
        if minor_units < 0:
            raise ImproperlyConfigured(f"{name} contains {item!r}: use a name and a price, like Express 15.00 USD.")
        return label, minor_units, currency

    def items(self, name: str) -> list[str]:
        """Return the variable's comma-separated values, without blanks."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def origins(self, name: str) -> list[str]:
        """Return comma-separated origins (`https://shop.example`), without trailing slashes."""
        found = [item.rstrip("/") for item in self.items(name)]
        for origin in found:
            if origin == "null" or origin.startswith("file:"):
                raise ImproperlyConfigured(
                    f"{name} contains {origin!r}, which any page opened as a file could be: use "
                    "http://localhost:5500 and serve the page there (python -m http.server 5500)."
                )
            if not re.fullmatch(r"https?://[^/\s?#]+", origin):
                raise ImproperlyConfigured(f"{name} contains {origin!r}: use https://name or http://name:port.")
        return found

    def url(self, name: str, *more_schemes: str, hint: str = "") -> str:
        """Return an https URL, or one of `more_schemes`; "" if it is not set. `hint` is a sentence for the error."""
        value = self.text(name)
        match = WEB_URL.fullmatch(value)
        # The message does not repeat it: the path or a user name may be a secret.
        if value and not (match and match[1] in ("https", *more_schemes)):
            message = f"{name} is not a usable URL: use one like https://shop.example/path. {hint}"
            raise ImproperlyConfigured(message.rstrip())
        return value

    def email(self, name: str) -> str:
        """Return an email address; "" if it is not set."""
        value = self.text(name)
        try:
            if value:
                validate_email(value)
        except ValidationError:
            raise ImproperlyConfigured(f"{name} is {value!r}: use an address like help@shop.example.") from None
        return value

    def order_webhook_secrets(self, name: str, *, required: bool) -> list[str]:
        """Return comma-separated secrets for signing (Standard Webhooks: "Signature scheme")."""
        found = [item.strip() for item in self.secret(name).split(",") if item.strip()]
        if not all(map(_is_webhook_key, found)) or (required and not found):
            problem = "is not a signing secret" if found else "is needed with ORDER_WEBHOOK_URL"
            how = "use whsec_ and 32 random bytes in base64 (echo whsec_$(openssl rand -base64 32))"
            raise ImproperlyConfigured(f"{name} {problem}: {how}.")
        return found

    def hosts(self, name: str) -> list[str]:
        """Return comma-separated host names as in a Host header; `.shop.example` includes its subdomains."""
        return [_host(name, item) for item in self.items(name)]

    def networks(self, name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """Return comma-separated addresses or networks (`10.0.0.0/8`)."""
        try:
            return [ipaddress.ip_network(item, strict=False) for item in self.items(name)]
        except ValueError as error:
            message = f"{name}: {error}. Use addresses or networks, like 10.0.0.1 or 10.0.0.0/8."
            raise ImproperlyConfigured(message) from None

    def cache(self, url: str) -> dict[str, Any]:
        """Return Django's cache at the URL (Redis or Valkey); this process's memory without a URL."""
        if not url:
            return {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": 50_000},
            }
        if not re.match(r"(rediss?|valkeys?)://[^/]", url):  # it may contain a password: never repeat it
            example = "use redis://host:6379/0 (rediss:// for TLS)"
            raise ImproperlyConfigured(f"CACHE_URL is not a Redis or Valkey URL: {example}.")
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": re.sub("^valkey", "redis", url),
            # Rate limits are not worth waiting for.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }

    def mail_server(self, name: str) -> dict[str, Any]:
        """Return Django's EMAIL_… settings for the mail server at the URL; none without a URL."""
        url = self.secret(name)
        try:
            return dict(environ.Env.email_url_config(url)) if url else {}
        except (ImproperlyConfigured, ValueError):  # the message may contain the password
            example = "smtp://user:password@mail.example:587 (smtp+tls:// for STARTTLS)"
            raise ImproperlyConfigured(f"{name} is not a mail server's URL: use {example}.") from None

    def stripe_key(self, name: str, *, allow_live: bool) -> str:
        """Return a Stripe secret or restricted key, or ""; a live key only if `allow_live`, and never with a tunnel."""
        key = self.secret(name)
        if not key:
            return ""
        kind = _kind_of_key(key)
        if kind not in KEYS:
            raise ImproperlyConfigured(f"{name} {kind}: use the secret key (sk_test_…) from {API_KEYS_URL}.")
        if kind == "live" and not allow_live:
            raise ImproperlyConfigured(
                f"{name} is a live key: real money. Use a test key (sk_test_…) from {API_KEYS_URL}, or set "
                "STRIPE_ALLOW_LIVE=1 to allow it."
            )
        if kind == "live" and (tunnel := self._tunnel()):
            raise ImproperlyConfigured(
                f"{name} is a live key, but {tunnel} configures a development tunnel: never use both. "
                f"Use a test key (sk_test_…) from {API_KEYS_URL}, or remove {tunnel} from .env."
            )
        return key

    def webhook_secrets(self, name: str) -> list[str]:
        """Return comma-separated signing secrets (`whsec_…`)."""
        found = self.items(name)
        if error := next(filter(None, map(signing_secret_error, found)), ""):
            raise ImproperlyConfigured(f"{name} {error}; or leave it empty: the stack provides its own.")
        return found

    def _tunnel(self) -> str:
        """Return the setting that opens a development tunnel or points to one; empty if there is none."""
        if self.has_profile("cloudflared"):
            return "COMPOSE_PROFILES=cloudflared"
        if (urlsplit(self.text("PUBLIC_URL").lower()).hostname or "").endswith(TUNNEL_DOMAINS):
            return "PUBLIC_URL"
        names = ("NGROK_AUTHTOKEN", "NGROK_AUTHTOKEN_FILE", "NGROK_API_URL", "CLOUDFLARED_API_URL")
        return next(filter(self.text, names), "")

    def has_profile(self, name: str) -> bool:
        """Return whether COMPOSE_PROFILES, Docker Compose's own variable, turns the profile on."""
        return not {name, "*"}.isdisjoint(self.items("COMPOSE_PROFILES"))

    def path(self, name: str, default: str | Path, base: Path) -> Path:
        """Return a path, relative to `base` unless it is absolute; `~` is the home folder."""
        try:
            return base / Path(self.text(name, str(default))).expanduser()
        except RuntimeError:
            raise ImproperlyConfigured(
                f"{name} starts with ~, but the home folder is unknown: use an absolute path."
            ) from None

    def data_dir(self, base: Path) -> Path:
        """Return DATA_DIR, created and private.

        With DATABASE_URL and SECRET_KEY, it holds nothing that must be kept. If it is not writable then, a temporary
        folder takes its place: replicas need no storage.
        """
        path = self.path("DATA_DIR", ".data", base)
        kept_elsewhere = [self.secret("DATABASE_URL"), self.secret("SECRET_KEY")]
        if not all(kept_elsewhere):
            return private_folder(path)
        with suppress(FolderError):
            if os.access(private_folder(path), os.W_OK):
                return path
        installation = hashlib.sha256("\0".join(kept_elsewhere).encode()).hexdigest()[:16]
        return private_folder(Path(tempfile.gettempdir()) / f"data-{installation}")

    def secret_key(self, data_dir: Path) -> str:
        """Return Django's SECRET_KEY: the variable, or a key generated once and stored in `data_dir`."""
        try:
            return self.secret("SECRET_KEY") or _generated_key(data_dir)
        except OSError as error:
            raise _unusable(data_dir, error) from None


class FolderError(ImproperlyConfigured):
    """Raised if a folder can't be created or used."""


def private_folder(path: Path) -> Path:
    """Create the folder, and deny other users access to it and its files: they hold email addresses and secrets.

    Raises FolderError if it can't be created, ImproperlyConfigured if other users or programs share it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & stat.S_ISVTX or PROJECT.is_relative_to(path.resolve()):
            raise ImproperlyConfigured(
                f"DATA_DIR ({path}) must not contain other files, because only its owner can read it: use a separate "
                "folder."
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


def _unusable(data_dir: Path, error: OSError) -> FolderError:
    return FolderError(
        f"DATA_DIR ({data_dir}) is not writable ({error.strerror}): set DATA_DIR to a folder that you own."
    )


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of the file; an empty dict if there is no file.

    Docker Compose reads the same file by its own rules (Docker: "Env file syntax"). A line that would mean something
    else there, or is not a setting, raises ImproperlyConfigured with its number and the fix.
    """
    if not path.exists():
        return {}
    try:
        # Windows' Notepad may write a byte order mark and CRLF.
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path.name} is not UTF-8 text: save it with the encoding UTF-8.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{path.name} can't be read ({error.strerror}): make it a readable file.") from None
    numbered = ((number, line.strip(" \t")) for number, line in enumerate(text.split("\n"), start=1))
    return dict(_assignment(path.name, *line) for line in numbered if line[1] and not line[1].startswith("#"))


def _assignment(file: str, number: int, line: str) -> tuple[str, str]:
    # The line may be a secret pasted without its name: never repeat it.
    if found := CONTROL_CHARACTER.search(line):
        raise ImproperlyConfigured(
            f"Line {number} of {file} contains a control character (U+{ord(found.group()):04X}): retype the line."
        )
    match = ASSIGNMENT.fullmatch(line)
    if not match:
        raise ImproperlyConfigured(f"Line {number} of {file} is not NAME=value: correct it, or comment it out with #.")
    name, value = match.groups()
    if error := _ambiguity(value):
        raise ImproperlyConfigured(f"{name} on line {number} of {file} {error}.")
    if quoted := QUOTED.fullmatch(value):
        return name, quoted[1] or quoted[2] or ""
    return name, value.partition(" #")[0].rstrip(" \t")


def _ambiguity(value: str) -> str:
    """Return why Docker Compose would read `value` differently, and what to do; empty if it would not."""
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
        return "has a comment that Docker Compose reads as part of the value: put the comment on its own line"
    if before_comment.strip() != before_comment.strip(" \t"):
        return "starts or ends with unusual white space, which Docker Compose removes: delete it"
    if "$" in before_comment:
        return "has a $, which Docker Compose replaces: use single quotes around the value"
    return ""


def _is_webhook_key(secret: str) -> bool:
    encoded = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return False
    return encoded != secret and 24 <= len(key) <= 64


def _host(name: str, item: str) -> str:
    with suppress(ValueError):
        return f"[{ipaddress.IPv6Address(item.strip('[]'))}]"
    dot = "." if item.startswith(".") else ""
    with suppress(UnicodeError):
        host = item.removeprefix(".").encode("idna").decode().lower()  # browsers send it in ASCII
        if HOST.fullmatch(host):
            return dot + host
    if item == "*":
        example = "use the names that you own: with any name, any web page could read the API (DNS rebinding)"
    else:
        example = "use only the name, like shop.example or .shop.example (with its subdomains)"
    raise ImproperlyConfigured(f"{name} contains {item!r}: {example}.")


def signing_secret_error(secret: str) -> str:
    """Return why this is not a webhook signing secret, and what to use, without repeating it; empty if it is one."""
    if SIGNING_SECRET.fullmatch(secret) and not PLACEHOLDER.match(secret):
        return ""
    if "whsec_" in secret and any(character.isspace() for character in secret):
        return "contains more than a signing secret: use only the word that starts with whsec_"
    if PLACEHOLDER.match(secret) or re.match(r"whsec_\W", secret):
        return (
            "contains a placeholder: use the signing secret (whsec_…) that `stripe listen` or Stripe's dashboard shows"
        )
    if _kind_of_key(secret) in KEYS:
        return "contains an API key: use the signing secret, which starts with whsec_"
    return "does not contain a signing secret: use the one (whsec_…) that `stripe listen` or Stripe's dashboard shows"


@cache
def _key_rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    lines = KEY_RULES.read_text(encoding="utf-8").splitlines()
    rules = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple((re.compile(pattern), verdict) for pattern, verdict in rules)


def _kind_of_key(key: str) -> str:
    """Return `test`, `live`, or what is wrong with the key; scripts/stripe-listen applies the same rules."""
    return next(verdict for pattern, verdict in _key_rules() if pattern.search(key))


def _generated_key(data_dir: Path) -> str:
    path = data_dir / "secret_key"
    if not _stored_key(path):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # it is empty, after a full disk or a crash
        draft = data_dir / f".secret_key.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            # A hard link fails if the name exists: if two processes start at once, one key wins.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _stored_key(path)


def _stored_key(path: Path) -> str:
    try:
        key = path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    return key if key.isprintable() else ""  # a power failure may leave zeros, and a key of zeros is no secret
