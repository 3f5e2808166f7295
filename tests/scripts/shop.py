"""A buyer's view of a running stack."""

import time
from typing import Any, cast

import urllib3

from tests.stack import Stack

http = urllib3.PoolManager(retries=False)
ANSWERS_WITHIN_S = 30.0


def check_out(stack: Stack) -> dict[str, Any]:
    """What POST /api/checkout/ answers to a buyer who sends nothing."""
    answer = http.request("POST", f"{stack.url}/api/checkout/")
    assert answer.status == 200, answer.data
    return cast("dict[str, Any]", answer.json())


def order(stack: Stack, order_id: str) -> dict[str, Any]:
    """What GET /api/orders/{id}/ answers."""
    answer = http.request("GET", f"{stack.url}/api/orders/{order_id}/")
    assert answer.status == 200, answer.data
    return cast("dict[str, Any]", answer.json())


def await_page(stack: Stack, path: str, text: str) -> None:
    """Until the page holds the text; a server that is being started again refuses connections meanwhile."""
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while text not in (found := _page(stack, path)):
        assert time.monotonic() < deadline, f"{path} still answers {found!r}:\n{stack.log}"
        time.sleep(0.05)


def _page(stack: Stack, path: str) -> str:
    try:
        return http.request("GET", f"{stack.url}{path}").data.decode(errors="replace")
    except urllib3.exceptions.HTTPError as error:
        return str(error)
