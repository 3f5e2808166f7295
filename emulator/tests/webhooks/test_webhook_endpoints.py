"""`/v1/webhook_endpoints`."""

import pytest
import stripe

from support.running import Running


def test_the_secret_is_shown_once(emulator: Running) -> None:
    client = emulator.client()
    made = client.v1.webhook_endpoints.create(
        {"url": "https://shop.test/hook", "enabled_events": ["charge.succeeded"], "description": "d"}
    )
    assert str(made.secret).startswith("whsec_")
    assert (made.status, made.enabled_events, made.description) == ("enabled", ["charge.succeeded"], "d")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id)
    assert "secret" not in client.v1.webhook_endpoints.list().data[0]
    assert "secret" not in client.v1.webhook_endpoints.update(made.id, {"metadata": {"a": "b"}})


def test_an_endpoint_is_updated_and_deleted(emulator: Running) -> None:
    client = emulator.client()
    made = client.v1.webhook_endpoints.create({"url": "https://shop.test/hook", "enabled_events": ["*"]})
    updated = client.v1.webhook_endpoints.update(
        made.id, {"url": "https://shop.test/other", "enabled_events": ["charge.failed"]}
    )
    assert (updated.url, updated.enabled_events) == ("https://shop.test/other", ["charge.failed"])
    assert client.v1.webhook_endpoints.delete(made.id).deleted is True
    assert client.v1.webhook_endpoints.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such webhook_endpoint"):
        client.v1.webhook_endpoints.retrieve(made.id)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"url": "https://shop.test"}, "enabled_events"),
        ({"enabled_events": ["*"]}, "url"),
        ({"url": "shop", "enabled_events": ["*"]}, "url"),
        ({"url": "ftp://shop.test", "enabled_events": ["*"]}, "url"),
        ({"url": "https://shop.test", "enabled_events": "*"}, "enabled_events"),
    ],
)
def test_invalid_parameters_are_refused(emulator: Running, params: dict[str, object], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        emulator.client().v1.webhook_endpoints.create(params)  # type: ignore[arg-type]
    assert caught.value.param == param
