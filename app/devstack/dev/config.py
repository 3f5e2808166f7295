"""The stack's configuration from the environment and `.env`, checked before anything starts."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from app.config.env import Environment
from app.devstack.dev.errors import StartError


@dataclass(frozen=True)
class Config:
    """The configuration of one run. `env` is the environment of every process."""

    root: Path
    env: Mapping[str, str]
    port: int
    emulator_port: int
    data_dir: Path
    stripe_key: str
    webhook_secrets: Sequence[str]
    ngrok_authtoken: str
    tunnels: Mapping[str, int]  # the programs to start, and the ports of their agents

    @property
    def uses_emulator(self) -> bool:
        """Return whether the local Stripe runs, because there is no key."""
        return not self.stripe_key

    @property
    def app_url(self) -> str:
        """Return the URL at which the supervisor reaches the app, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        """Return the URL that Stripe's events are delivered to."""
        return f"{self.app_url}/stripe-webhook/"

    @property
    def secret_file(self) -> Path:
        """Return the file with the signing secret; the app rereads it when it changes."""
        return Environment(self.env).path("STRIPE_WEBHOOK_SECRET_FILE", self.data_dir / "webhook_secret", self.root)


def load_config(root: Path, environ: Mapping[str, str]) -> Config:
    """Load the configuration; the environment wins over `.env`. Raises StartError for an invalid setting."""
    try:
        return _config(root, Environment.read(root / ".env", environ))
    except ImproperlyConfigured as error:
        raise StartError(str(error)) from None


def _config(root: Path, env: Environment) -> Config:
    port, emulator_port = (
        env.integer(name, default, low=1, high=65535) for name, default in (("PORT", 8000), ("EMULATOR_PORT", 12111))
    )
    if port == emulator_port:
        raise StartError(f"PORT and EMULATOR_PORT are both {port}: use different ports.")
    data_dir = env.path("DATA_DIR", ".data", root).resolve()
    tunnels = _tunnels(env)
    agents = {f"{name.upper()}_API_URL": f"http://127.0.0.1:{port}" for name, port in tunnels.items()}
    resolved = {"PORT": str(port), "EMULATOR_PORT": str(emulator_port), "DATA_DIR": str(data_dir)}
    return Config(
        root=root,
        env={**env.variables, **resolved, **agents, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        port=port,
        emulator_port=emulator_port,
        data_dir=data_dir,
        stripe_key=env.stripe_key("STRIPE_SECRET_KEY", allow_live=env.boolean("STRIPE_ALLOW_LIVE")),
        webhook_secrets=env.webhook_secrets("STRIPE_WEBHOOK_SECRET"),
        ngrok_authtoken=env.secret("NGROK_AUTHTOKEN"),
        tunnels=tunnels,
    )


def _tunnels(env: Environment) -> dict[str, int]:
    """Return the tunnels that `.env` enables, except those that run elsewhere (NAME_API_URL is set)."""
    enabled = {
        "ngrok": bool(env.secret("NGROK_AUTHTOKEN")),
        "cloudflared": env.has_profile("cloudflared"),  # so that one .env serves Docker too
    }
    return {name: _free_port() for name in enabled if enabled[name] and not env.text(f"{name.upper()}_API_URL")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
