"""No secret is printed, whichever setting holds it."""

import pytest
from pytest_django import Settings

from app.config.masking import mask

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("SECRET_KEY", "a-long-signing-key", "a-long-signing-key"),
        ("EMAIL_HOST_PASSWORD", "mail-password", "mail-password"),
        ("CACHE_URL", "redis://:cache-password@cache.example:6379/0", "cache-password"),
    ],
)
def test_a_setting_that_is_a_secret_is_masked(settings: Settings, name: str, value: str, secret: str) -> None:
    setattr(settings, name, value)
    assert mask(f"it failed: {secret}!") == "it failed: ***!"


def test_each_key_of_the_order_webhook_is_masked(settings: Settings) -> None:
    settings.ORDER_WEBHOOK_SECRETS = ["whsec_" + "one+two/three", "whsec_" + "four+five/six"]
    for key in settings.ORDER_WEBHOOK_SECRETS:
        assert mask(f"it failed: {key}!") == "it failed: ***!"


@pytest.mark.parametrize(
    ("name", "value"), [("EMAIL_HOST_PASSWORD", None), ("EMAIL_HOST_PASSWORD", ""), ("CACHE_URL", "")]
)
def test_a_setting_without_a_secret_masks_nothing(settings: Settings, name: str, value: str | None) -> None:
    setattr(settings, name, value)
    assert mask("The worker has started.") == "The worker has started."
