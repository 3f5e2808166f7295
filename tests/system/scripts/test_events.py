"""The Stripe CLI's container has no Python, so its script reads the same lists as the app."""

import subprocess

import pytest

from app.config.env import Environment
from app.payments.stripe.event_types import EVENT_TYPES
from tests.support.stack import ROOT

# The beginning of stripe-listen, before it waits for anything, as shell functions and variables.
SCRIPT = (ROOT / "scripts" / "stripe-listen").read_text()
FUNCTIONS = SCRIPT[SCRIPT.index("app=") : SCRIPT.index("keep_secret() {")]


def shell(command: str, **env: str) -> str:
    run = ["sh", "-c", f"{FUNCTIONS}\n{command}", str(ROOT / "scripts" / "stripe-listen")]
    env |= {"PATH": "/usr/bin:/bin", "STRIPE_WEBHOOK_SECRET_FILE": "/nowhere/secret"}
    return subprocess.run(run, env=env, capture_output=True, text=True).stdout.strip()


def test_the_cli_in_docker_forwards_the_apps_event_types() -> None:
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
def test_script_and_app_have_the_same_key_rules(key: str) -> None:
    app_error = ""
    try:
        Environment({"STRIPE_SECRET_KEY": key}).stripe_key("STRIPE_SECRET_KEY", allow_live=False)
    except Exception as error:
        app_error = str(error)
    script_error = shell("check_key", key=key)
    assert bool(script_error) == bool(app_error)
    assert script_error.split(":")[0] == app_error.split(":")[0]
