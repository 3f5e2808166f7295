"""The machine that the app runs on, as far as the network is concerned."""

import socket
from functools import cache
from pathlib import Path

from django.conf import settings

IMAGE_DIR = Path("/srv/app")  # where the Dockerfile puts the code
IMAGE_PORT = 8000  # where the image always listens; PORT is the host's port
ROUTES = Path("/proc/net/route")


def in_container() -> bool:
    """Whether this process runs in a container of our image. Any container would not do: one can also be what a
    developer calls a PC, with ./scripts/dev in it."""
    return bool(settings.BASE_DIR == IMAGE_DIR)


@cache
def container_gateway() -> str:
    """The address under which our container sees the machine that it runs on; empty outside of containers."""
    if not in_container():
        return ""
    try:
        return gateway_in(ROUTES.read_text())
    except OSError:
        return ""


def gateway_in(routes: str) -> str:
    """The default gateway in the text of Linux's /proc/net/route; empty when there is none."""
    for line in routes.splitlines()[1:]:
        _, destination, gateway, *_ = line.split()
        if destination == "00000000" and gateway != "00000000":
            return socket.inet_ntoa(bytes.fromhex(gateway)[::-1])
    return ""


def lan_address() -> str:
    """This machine's address in its network; empty when it has none, or in a container, which can't know."""
    if in_container():
        return ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: it only makes the kernel choose the address that it would send from.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
    return "" if address.startswith("127.") else address


def own_url() -> str:
    """The app's address as seen from beside it: same machine, or same container."""
    return f"http://127.0.0.1:{IMAGE_PORT if in_container() else settings.PORT}"
