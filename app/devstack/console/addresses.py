"""The addresses at which the shop can be opened."""

from django.conf import settings

from app.config.machine import in_container, lan_address
from app.web.public_url import public_url

# The rows on the page. It has them from the start, so that nothing moves when the addresses arrive.
LABELS = ("Internet", "This network", "This PC")


def all_addresses() -> dict[str, str]:
    """Return the addresses for this PC, its network and the internet; empty where there is none or it is unknown."""
    return {
        "this_pc": f"http://localhost:{settings.PORT}",
        "network": _network(),
        "network_hint": f"http://<this PC's address>:{settings.PORT}" if in_container() else "",
        "public": public_url(),
        "phone": for_phone(),
    }


def for_phone() -> str:
    """Return the address for a phone: the public URL, or else the one on this network."""
    return public_url() or _network()


def _network() -> str:
    address = lan_address()
    return f"http://{address}:{settings.PORT}" if address else ""
