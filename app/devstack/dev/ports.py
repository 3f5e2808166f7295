"""The ports: where the app listens, and whether they are free before anything is started."""

import errno
import socket
import time

from app.devstack.dev.config import Config
from app.devstack.dev.errors import StartError

# The processes of a stack whose supervisor was just killed need a moment to leave.
TIMEOUT_S = 1.0


def app_addresses(config: Config) -> list[str]:
    """Where gunicorn binds: every IPv4 address, for other PCs, and IPv6's localhost, which is all that `localhost`
    means on some machines."""
    return [f"[{host}]:{config.port}" if ":" in host else f"{host}:{config.port}" for host in _app_hosts()]


def _app_hosts() -> list[str]:
    return ["0.0.0.0", *(["::1"] if _has_ipv6() else [])]  # noqa: S104


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def require_free_ports(config: Config, running: Config | None = None) -> None:
    """Raise StartError for the first port that is taken, unless the `running` stack, which makes way, has it."""
    held = {running.port, *([running.emulator_port] if running.uses_emulator else [])} if running else set()
    if config.port not in held:
        _require("PORT", config.port, _app_hosts())
    if config.uses_emulator and config.emulator_port not in held:
        _require("EMULATOR_PORT", config.emulator_port, ["127.0.0.1"])


def _require(name: str, port: int, hosts: list[str]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while any(_is_taken(host, port, name) for host in hosts):
        if time.monotonic() > deadline:
            raise StartError(
                f"Port {port} is already in use: stop the program that uses it, or choose another one, "
                f"for example {name}={port + 1} ./scripts/dev (or {name}={port + 1} in .env)."
            )
        time.sleep(0.1)


def _is_taken(host: str, port: int, name: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the servers do: connections that are still closing don't count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except PermissionError:
        raise StartError(f"Port {port} needs root: choose one above 1023 with {name}=….") from None
    except OSError as error:
        # Anything else is not about the port.
        return error.errno == errno.EADDRINUSE
    return False
