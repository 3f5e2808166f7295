"""Two places name the events that reach the app: the container of the Stripe CLI has no Python."""

import re

from app.payments.stripe.event_types import EVENT_TYPES
from tests.support.stack import ROOT


def test_the_stripe_cli_in_docker_forwards_what_the_app_acts_on() -> None:
    script = (ROOT / "scripts" / "stripe-listen").read_text().replace("\\\n", "")
    (events,) = re.findall(r"STRIPE_EVENTS:-([a-z_.,]+)", script)
    assert set(events.split(",")) == set(EVENT_TYPES)
