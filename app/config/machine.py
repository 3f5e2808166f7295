"""The network addresses of the machine that the app runs on."""

import socket
from functools import cache
from pathlib import Path

from django.conf import settings

IMAGE_DIR = Path("/srv/app")  # where the Dockerfile puts the code
IMAGE_PORT = 8000  # where the image always listens; PORT is the host's port
ROUTES = Path("/proc/net/route")


def in_container() -> bool:
    """Return whether this process runs in a container of our image.

    Other containers don't count: a developer may run ./scripts/dev in one.
    """
    return bool(settings.BASE_DIR == IMAGE_DIR)


@cache
def container_gateway() -> str:
    """Return the address of the host as seen from our container; empty outside of a container."""
    if not in_container():
        return ""
    try:
        return gateway_in(ROUTES.read_text())
    except OSError:
        return ""


def gateway_in(routes: str) -> str:
    """Return the default gateway from the text of Linux's /proc/net/route; empty if there is none."""
    for line in routes.splitlines()[1:]:
        _, destination, gateway, *_ = line.split()
        if destination == "00000000" and gateway != "00000000":
            return socket.inet_ntoa(bytes.fromhex(gateway)[::-1])
    return ""


def lan_address() -> str:
    """Return this machine's address on its network; empty if it has none, or if unknown, as in a container."""
    if in_container():
        return ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # This sends nothing; it makes the kernel choose the source address.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
    return "" if address.startswith("127.") else address


def own_url() -> str:
    """Return the app's URL from the same machine or container."""
    return f"http://127.0.0.1:{IMAGE_PORT if in_container() else settings.PORT}"
