"""What every page tells the browser to refuse, over http on localhost and over https through a tunnel alike."""

import pytest
from pytest_django import Settings

from tests.support.front_door import FrontDoor

PUBLIC = "shop.ngrok-free.app"
TUNNEL = {"Host": PUBLIC, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
PAGES = ["/", "/api/products/", "/api/docs", "/return/no-order/", "/stripe-webhook/"]
LOCAL_PAGES = ["/admin/login/", "/console/", "/readyz", "/no/such/page"]

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


@pytest.mark.parametrize(
    ("path", "headers"),
    [(path, {"Host": "localhost"}) for path in PAGES + LOCAL_PAGES] + [(path, TUNNEL) for path in PAGES],
)
def test_no_page_can_be_framed_sniffed_or_made_to_run_what_is_not_ours(
    path: str, headers: dict[str, str], settings: Settings
) -> None:
    settings.PUBLIC_URL, settings.EXTRA_HOSTS = "", [PUBLIC]
    answer = FrontDoor().get(path, headers=headers)
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    # The API's docs style their elements inline; scripts are ours alone, everywhere.
    assert "unsafe" not in policy.replace("style-src 'self' 'unsafe-inline'", "" if path == "/api/docs" else "unsafe")
    assert ("Strict-Transport-Security" in answer) is (headers is TUNNEL)
