"""The one client for tests of pages and of the API: it comes in where gunicorn does, and keeps to the CSRF rules."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from wsgiref.types import WSGIApplication

from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class FrontDoor(Client):
    """Django's test client, with the WSGI application of production behind it instead of a handler of its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(enforce_csrf_checks=True, **options)
        self.handler = enter  # type: ignore[assignment]


def submit(client: Client, page: str, fields: Mapping[str, Any], *, to: str = "", follow: bool = False) -> Any:
    """Send the form on `page` as a browser does: with the CSRF token that stands in it, to the page or to `to`."""
    found = TOKEN.search(client.get(page).content.decode())
    assert found, f"{page} holds no form with a CSRF token"
    return client.post(to or page, {**fields, "csrfmiddlewaretoken": found[1]}, follow=follow)


def enter(environ: dict[str, Any], application: WSGIApplication | None = None) -> HttpResponse:
    """Call the application as a server does (PEP 3333) and return what it answers."""
    from app.config import wsgi  # sets Django up, which pytest-django has done by now

    status, headers = "", list[tuple[str, str]]()

    def start_response(told: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = told, fields
        return lambda data: None

    with connections_kept():
        chunks = (application or wsgi.application)(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if close := getattr(chunks, "close", None):
                close()
    number, _, reason = status.partition(" ")
    response = HttpResponse(body, status=int(number), reason=reason)
    del response.headers["Content-Type"]
    for name, value in headers:
        if name.lower() == "set-cookie":
            response.cookies.load(value)
        else:
            response.headers[name] = value
    # What the client reads from a response: whose it is, and where a redirect leads.
    response.wsgi_request = WSGIRequest(environ)  # type: ignore[attr-defined]
    response.url = response.headers.get("Location", "")  # type: ignore[attr-defined]
    return response


@contextmanager
def connections_kept() -> Iterator[None]:
    """Around a request Django closes database connections that look unused. The test's transaction is on one."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
