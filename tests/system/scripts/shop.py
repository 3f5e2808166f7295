"""Buy from a running stack."""

from typing import Any, cast
from urllib.parse import urlsplit

import urllib3

from tests.support.stack import Stack
from tests.support.waiting import until

http = urllib3.PoolManager(retries=False)


def check_out(stack: Stack) -> dict[str, Any]:
    """POST /api/checkout/ without a body. Return the JSON."""
    answer = http.request("POST", f"{stack.url}/api/checkout/")
    assert answer.status == 200, answer.data
    return cast("dict[str, Any]", answer.json())


def order(stack: Stack, order_id: str) -> dict[str, Any]:
    """GET /api/orders/{id}/. Return the JSON."""
    answer = http.request("GET", f"{stack.url}/api/orders/{order_id}/")
    assert answer.status == 200, answer.data
    return cast("dict[str, Any]", answer.json())


def await_page(stack: Stack, path: str, text: str) -> None:
    """Wait until the page contains the text; a restarting server may refuse connections."""
    until(lambda: text in _page(stack, path), f"{text!r} in {path}")


def _page(stack: Stack, path: str) -> str:
    try:
        return http.request("GET", f"{stack.url}{path}").data.decode(errors="replace")
    except urllib3.exceptions.HTTPError as error:
        return str(error)


def pay(stripe_url: str, stack: Stack, checkout: dict[str, Any], *, card: str = "pm_card_visa") -> None:
    """Pay like the hosted page, with a test PaymentMethod that succeeds."""
    session = urlsplit(checkout["checkout_url"]).path.rsplit("/", 1)[-1]
    amount = order(stack, checkout["order_id"])["amount_total"]
    answer = http.request(
        "POST",
        f"{stripe_url}/v1/payment_pages/{session}/confirm",
        headers={"Authorization": "Bearer sk_test_abcdefgh12345678"},
        fields={"payment_method": card, "expected_amount": str(amount)},
        encode_multipart=False,
    )
    assert answer.status == 200, answer.data


def await_status(stack: Stack, checkout: dict[str, Any], status: str) -> None:
    """Wait until the checkout's order has the status."""
    until(lambda: order(stack, checkout["order_id"])["status"] == status, f"the order is {status}")
