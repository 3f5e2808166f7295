"""Links from the admin to Stripe's dashboard (or the local Stripe's) and to the buyer's page."""

from urllib.parse import urlsplit

from django.conf import settings

from app.config.stripe_mode import stripe_mode
from app.payments.models import Order

DASHBOARD = "https://dashboard.stripe.com"
# Where Stripe's dashboard shows an object, by the prefix of its id.
PAGES = {
    "pi": "payments",
    "ch": "payments",
    "py": "payments",
    "cs": "checkout/sessions",
    "evt": "events",
    "re": "refunds",
    "du": "disputes",
    "dp": "disputes",
}


def stripe_page(stripe_id: str, *, livemode: bool) -> str:
    """Return the object's page in Stripe's dashboard, or its row in the local Stripe's; empty if it has none."""
    prefix = stripe_id.partition("_")[0]
    if prefix not in PAGES:
        return ""
    if stripe_mode() == "emulator":
        return f"http://localhost:{settings.EMULATOR_PORT}/_emulator/#{stripe_id}"
    return f"{DASHBOARD}{'' if livemode else '/test'}/{PAGES[prefix]}/{stripe_id}"


def buyer_page(order: Order) -> str:
    """Return the page that the buyer returned to: on this address if it is ours, else on the shop's own frontend."""
    path = urlsplit(order.buyer_url).path
    return path if path.startswith("/return/") else order.buyer_url
