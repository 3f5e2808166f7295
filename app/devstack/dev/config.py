"""What the environment and `.env` ask for, checked before anything is started."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from app.config.env import Environment
from app.devstack.dev.errors import StartError


@dataclass(frozen=True)
class Config:
    """One start of the stack. `env` is the environment that every process gets."""

    root: Path
    env: Mapping[str, str]
    port: int
    emulator_port: int
    data_dir: Path
    stripe_key: str
    webhook_secrets: Sequence[str]
    tunnels: Mapping[str, int]  # the programs to start, and the ports on which they are asked for their URL

    @property
    def uses_emulator(self) -> bool:
        """Whether the local Stripe runs, for want of a key."""
        return not self.stripe_key

    @property
    def app_url(self) -> str:
        """Where the supervisor itself reaches the app; no trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        """Where Stripe's events are delivered."""
        return f"{self.app_url}/stripe-webhook/"

    @property
    def secret_file(self) -> Path:
        """Where the signing secret is written for the app, which reads it again when it changes."""
        return Environment(self.env).path("STRIPE_WEBHOOK_SECRET_FILE", self.data_dir / "webhook_secret", self.root)


def load_config(root: Path, environ: Mapping[str, str]) -> Config:
    """The environment wins over `.env`. Raises StartError for what can't work."""
    try:
        return _config(root, Environment.read(root / ".env", environ))
    except ImproperlyConfigured as error:
        raise StartError(str(error)) from None


def _config(root: Path, env: Environment) -> Config:
    port, emulator_port = (
        env.integer(name, default, low=1, high=65535) for name, default in (("PORT", 8000), ("EMULATOR_PORT", 12111))
    )
    if port == emulator_port:
        raise StartError(f"PORT and EMULATOR_PORT are both {port}: give each its own.")
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
        tunnels=tunnels,
    )


def _tunnels(env: Environment) -> dict[str, int]:
    """Those that are asked for, and not run by somebody else, who then says where."""
    asked = {
        "ngrok": bool(env.text("NGROK_AUTHTOKEN")),
        # Docker Compose's own variable, so that one .env serves both.
        "cloudflared": "cloudflared" in env.items("COMPOSE_PROFILES"),
    }
    return {name: _free_port() for name in asked if asked[name] and not env.text(f"{name.upper()}_API_URL")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
