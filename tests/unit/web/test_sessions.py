"""Sessions are for the admin alone."""

import pytest
from django.contrib.auth.models import User

from tests.support.front_door import FrontDoor, submit

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def test_the_staff_logs_in_and_stays_logged_in_and_out_again() -> None:
    User.objects.create_superuser("boss", password="a long one")
    client = FrontDoor(headers={"Host": "localhost"})
    assert "/admin/login/" in client.get("/admin/")["Location"]
    assert client.post("/admin/login/", {"username": "boss", "password": "a long one"}).status_code == 403
    logged_in = submit(client, "/admin/login/?next=/admin/", {"username": "boss", "password": "a long one"})
    assert logged_in["Location"] == "/admin/"
    assert client.get("/admin/payments/order/").status_code == 200
    submit(client, "/admin/", {}, to="/admin/logout/")
    assert client.get("/admin/payments/order/").status_code == 302


def test_nobody_else_gets_a_cookie_of_theirs() -> None:
    client = FrontDoor(headers={"Host": "localhost"})
    for path in ("/api/products/", "/return/no-order/", "/healthz"):
        assert not client.get(path).cookies
