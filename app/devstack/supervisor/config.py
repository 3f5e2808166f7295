"""What the environment and `.env` ask for, checked before anything is started."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.devstack.supervisor.env_file import read_env_file
from app.devstack.supervisor.errors import StartError

KEY = re.compile(r"(?:sk|rk)_(?:test|live)_[A-Za-z0-9_]{4,}")
WHERE_KEYS_ARE = "https://dashboard.stripe.com/test/apikeys"
YES = {"1", "true", "yes", "on"}


@dataclass(frozen=True)
class Config:
    """One start of the stack. `env` is the environment that every process gets."""

    root: Path
    env: Mapping[str, str]
    port: int
    emulator_port: int
    data_dir: Path
    stripe_key: str
    webhook_secret: str

    @property
    def uses_emulator(self) -> bool:
        return not self.stripe_key

    @property
    def app_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        return f"{self.app_url}/stripe-webhook/"

    @property
    def emulator_url(self) -> str:
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def secret_file(self) -> Path:
        chosen = self.env.get("STRIPE_WEBHOOK_SECRET_FILE")
        return self.root / chosen if chosen else self.data_dir / "webhook_secret"


def load_config(root: Path, environ: Mapping[str, str]) -> Config:
    """The environment wins over `.env`. Raises StartError for what can't work."""
    env = {**read_env_file(root / ".env"), **environ}
    port, emulator_port = _port(env, "PORT", 8000), _port(env, "EMULATOR_PORT", 12111)
    if port == emulator_port:
        raise StartError(f"PORT and EMULATOR_PORT are both {port}: give each its own.")
    data_dir = (root / (env.get("DATA_DIR") or ".data")).resolve()
    resolved = {"PORT": str(port), "EMULATOR_PORT": str(emulator_port), "DATA_DIR": str(data_dir)}
    return Config(
        root=root,
        env={**env, **resolved, "PYTHONUNBUFFERED": "1"},
        port=port,
        emulator_port=emulator_port,
        data_dir=data_dir,
        stripe_key=_stripe_key(env),
        webhook_secret=env.get("STRIPE_WEBHOOK_SECRET", ""),
    )


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    # isdecimal alone would take digits of other scripts, and int() would take "8_000".
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535):
        raise StartError(f"{name} is {text!r}, which is no port: set a whole number from 1 to 65535, or leave it out.")
    return int(text)


def _stripe_key(env: Mapping[str, str]) -> str:
    """The key, or '' for the emulator. Messages never repeat the key."""
    key = env.get("STRIPE_SECRET_KEY", "")
    if not key:
        return key
    _refuse_other_kinds(key)
    if not KEY.fullmatch(key):
        raise StartError(
            f"STRIPE_SECRET_KEY is not a Stripe secret key (sk_test_… or rk_test_…): copy it from {WHERE_KEYS_ARE}."
        )
    if "_live_" in key and env.get("STRIPE_ALLOW_LIVE", "").lower() not in YES:
        raise StartError(
            "STRIPE_SECRET_KEY is a live key, and live keys move real money: use a test key "
            f"(sk_test_…) from {WHERE_KEYS_ARE}, or set STRIPE_ALLOW_LIVE=1 if you mean it."
        )
    return key


def _refuse_other_kinds(key: str) -> None:
    if any(character in key for character in "\"'“”‘’`"):
        raise StartError("STRIPE_SECRET_KEY has quotes in it: write it without them.")
    if any(character.isspace() for character in key):
        raise StartError("STRIPE_SECRET_KEY has spaces in it: write it without them.")
    if key.startswith("pk_"):
        raise StartError(
            f"STRIPE_SECRET_KEY is a publishable key (pk_…): use the secret key (sk_test_…) from {WHERE_KEYS_ARE}."
        )
    if key.startswith("whsec_"):
        raise StartError(
            "STRIPE_SECRET_KEY is a webhook signing secret (whsec_…), which belongs into "
            f"STRIPE_WEBHOOK_SECRET: use the secret key (sk_test_…) from {WHERE_KEYS_ARE}."
        )
