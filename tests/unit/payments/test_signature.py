"""Why a signature is refused: the secret, or the time. The remedies differ."""

import json
import time

import pytest

from app.payments.stripe.signature import InvalidWebhook, verified_event
from tests.unit.payments.webhook_sender import SECRET, sign

pytestmark = pytest.mark.quick

BODY = json.dumps({"id": "evt_1", "type": "charge.refunded", "data": {"object": {"id": "ch_1"}}})


def refusal(header: str, *secrets: str) -> str:
    """The words of the refusal, whose code is always the same."""
    with pytest.raises(InvalidWebhook) as refused:
        verified_event(BODY.encode(), header, secrets or (SECRET,))
    assert refused.value.code == "invalid_signature"
    return str(refused.value)


@pytest.mark.parametrize(
    ("off", "words"),
    [(-310, "seconds old"), (-86400, "seconds old"), (320, "in the future")],
)
def test_a_signature_of_another_time_is_explained_by_the_clock(off: int, words: str) -> None:
    said = refusal(sign(BODY, timestamp=int(time.time()) + off), "whsec_another", SECRET)
    assert words in said
    assert "Check this computer's clock" in said


@pytest.mark.parametrize("off", [0, -310, 310])
def test_a_wrong_secret_is_never_explained_by_the_clock(off: int) -> None:
    said = refusal(sign(BODY, secret="whsec_another", timestamp=int(time.time()) + off))
    assert "does not match this body and our secret" in said
    assert "clock" not in said


@pytest.mark.parametrize("off", [0, -290, 290])
def test_a_signature_within_the_tolerance_is_accepted(off: int) -> None:
    assert verified_event(BODY.encode(), sign(BODY, timestamp=int(time.time()) + off), [SECRET])["id"] == "evt_1"


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=abc,v1=00", "v1=00", "t=1", "t=1e3,v1=00"])
def test_a_header_that_is_none_is_no_matter_of_the_clock(header: str) -> None:
    assert "clock" not in refusal(header)
