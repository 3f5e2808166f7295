"""The links in the shop's footer for a developer on this PC: the map of what runs here."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from app.config.machine import in_container
from app.config.stripe_mode import stripe_mode
from app.web.gate import distance, may_reach

DASHBOARD = "/_emulator/"  # of the local Stripe


def developer_links(request: HttpRequest) -> dict[str, object]:
    """Return `developer_links`, by their name, wherever the console can be reached: a context processor.

    A buyer, on another PC or through a tunnel, gets none.
    """
    console = reverse("console:page")
    if not may_reach(console, distance(request.META)):
        return {}
    links = {"Console": console, "Admin": reverse("admin:index"), "API": reverse("api:openapi-view")}
    if stripe_mode() == "emulator":
        links["Local Stripe"] = _emulator_url() + DASHBOARD
    return {"developer_links": links}


def _emulator_url() -> str:
    """Return the local Stripe's URL for a browser on this PC."""
    return f"http://localhost:{settings.EMULATOR_PORT}" if in_container() else str(settings.STRIPE_EMULATOR_URL)
