"""The container of the Stripe CLI has no Python: it reads the lists that the app reads."""

import subprocess

import pytest

from app.config.env import Environment
from app.payments.stripe.event_types import EVENT_TYPES
from tests.support.stack import ROOT

# What stripe-listen knows before it waits for anything, as a shell that has read it knows it.
SCRIPT = (ROOT / "scripts" / "stripe-listen").read_text()
FUNCTIONS = SCRIPT[SCRIPT.index("app=") : SCRIPT.index("keep_secret() {")]


def shell(command: str, **env: str) -> str:
    run = ["sh", "-c", f"{FUNCTIONS}\n{command}", str(ROOT / "scripts" / "stripe-listen")]
    env |= {"PATH": "/usr/bin:/bin", "STRIPE_WEBHOOK_SECRET_FILE": "/nowhere/secret"}
    return subprocess.run(run, env=env, capture_output=True, text=True).stdout.strip()


def test_the_stripe_cli_in_docker_forwards_what_the_app_acts_on() -> None:
    assert shell('echo "$events"').split(",") == list(EVENT_TYPES)


@pytest.mark.parametrize(
    "key",
    [
        "sk_test_0123456789",
        "rk_test_0123456789",
        "sk_live_0123456789",
        "pk_test_0123456789",
        "whsec_0123456789",
        "sk_test_with a space",
        "sk_test_”quoted”",
        "sk_test_",
        "sk_test_0123;id",
        "anything",
    ],
)
def test_both_judge_a_key_alike(key: str) -> None:
    ours = ""
    try:
        Environment({"STRIPE_SECRET_KEY": key}).stripe_key("STRIPE_SECRET_KEY", allow_live=False)
    except Exception as error:
        ours = str(error)
    told = shell("check_key", key=key)
    assert bool(told) == bool(ours)
    assert told.split(":")[0] == ours.split(":")[0]
