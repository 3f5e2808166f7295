"""Three places name the events that reach the app, each where it can't import the others."""

import re

from app.devstack.supervisor.events import WEBHOOK_EVENTS
from app.payments.inbox import EVENT_TYPES
from tests.stack import ROOT


def test_the_emulator_forwards_what_the_app_acts_on() -> None:
    assert set(WEBHOOK_EVENTS) == set(EVENT_TYPES)


def test_the_stripe_cli_in_docker_forwards_the_same() -> None:
    script = (ROOT / "scripts" / "stripe-listen").read_text().replace("\\\n", "")
    (events,) = re.findall(r"STRIPE_EVENTS:-([a-z_.,]+)", script)
    assert set(events.split(",")) == set(WEBHOOK_EVENTS)
