"""Cookies and HSTS, over http on localhost and over https through a tunnel."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


@pytest.mark.parametrize("https", [True, False])
def test_only_https_gets_secure_cookies_and_hsts(client: Client, https: bool) -> None:
    answer = client.get("/admin/login/", secure=https)
    assert bool(answer.cookies["csrftoken"]["secure"]) is https
    assert ("Strict-Transport-Security" in answer) is https
