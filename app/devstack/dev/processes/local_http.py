"""HTTP requests to the stack's own servers: no proxy, short timeouts, no dependency."""

import asyncio
import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

TIMEOUT_S = 10.0
ANY_TEST_KEY = "sk_test_scripts_dev"


class NoResponseError(Exception):
    """Raised when there is no response, for example because nothing is listening yet."""


async def request(
    method: str, port: int, path: str, form: Mapping[str, str] | list[tuple[str, str]] | None = None
) -> tuple[int, Any]:
    """Send a request to 127.0.0.1; return the status and the decoded JSON (None if it is not JSON).

    Raises NoResponseError.
    """
    return await asyncio.to_thread(_request, method, port, path, urlencode(form or {}))


def _request(method: str, port: int, path: str, body: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    headers = {"Authorization": f"Bearer {ANY_TEST_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        return response.status, _decoded(response.read())
    except (OSError, http.client.HTTPException) as error:
        raise NoResponseError(str(error)) from error
    finally:
        connection.close()


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
