"""A refused signature's reason: the secret or the clock, because the fixes differ."""

import json
import time

import pytest

from app.payments.stripe.signature import InvalidWebhook, verified_event
from tests.unit.payments.webhook_sender import SECRET, sign

pytestmark = pytest.mark.quick

BODY = json.dumps({"id": "evt_1", "type": "charge.refunded", "data": {"object": {"id": "ch_1"}}})


def refusal(header: str, *secrets: str) -> str:
    """Return the error message, whose code is always the same."""
    with pytest.raises(InvalidWebhook) as refused:
        verified_event(BODY.encode(), header, secrets or (SECRET,))
    assert refused.value.code == "invalid_signature"
    return str(refused.value)


@pytest.mark.parametrize(
    ("offset", "words"),
    [(-310, "seconds old"), (-86400, "seconds old"), (320, "in the future")],
)
def test_an_expired_or_future_signature_names_the_clock(offset: int, words: str) -> None:
    message = refusal(sign(BODY, timestamp=int(time.time()) + offset), "whsec_another", SECRET)
    assert words in message
    assert "Check this computer's clock" in message


@pytest.mark.parametrize("offset", [0, -310, 310])
def test_a_wrong_secret_does_not_name_the_clock(offset: int) -> None:
    message = refusal(sign(BODY, secret="whsec_another", timestamp=int(time.time()) + offset))
    assert "does not match this body and our secret" in message
    assert "clock" not in message


@pytest.mark.parametrize("offset", [0, -290, 290])
def test_a_signature_within_the_tolerance_is_accepted(offset: int) -> None:
    assert verified_event(BODY.encode(), sign(BODY, timestamp=int(time.time()) + offset), [SECRET])["id"] == "evt_1"


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=abc,v1=00", "v1=00", "t=1", "t=1e3,v1=00"])
def test_an_invalid_header_does_not_name_the_clock(header: str) -> None:
    assert "clock" not in refusal(header)
