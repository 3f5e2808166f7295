"""The client for tests of pages and the API: it enters through WSGI, as gunicorn does, and follows the CSRF rules."""

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
    """Django's test client in front of the production WSGI application."""

    def __init__(self, **options: Any) -> None:
        super().__init__(enforce_csrf_checks=True, **options)
        self.handler = enter  # type: ignore[assignment]


def submit(client: Client, page: str, fields: Mapping[str, Any], *, to: str = "", follow: bool = False) -> Any:
    """Submit the form on `page` as a browser does, with its CSRF token, to the page or to `to`."""
    found = TOKEN.search(client.get(page).content.decode())
    assert found, f"{page} holds no form with a CSRF token"
    return client.post(to or page, {**fields, "csrfmiddlewaretoken": found[1]}, follow=follow)


def enter(environ: dict[str, Any], application: WSGIApplication | None = None) -> HttpResponse:
    """Call the application as a server does (PEP 3333) and return its response."""
    from app.config import wsgi  # sets up Django, which pytest-django has done by now

    status, headers = "", list[tuple[str, str]]()

    def start_response(line: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = line, fields
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
    # The client reads these: the request, and where a redirect leads.
    response.wsgi_request = WSGIRequest(environ)  # type: ignore[attr-defined]
    response.url = response.headers.get("Location", "")  # type: ignore[attr-defined]
    return response


@contextmanager
def connections_kept() -> Iterator[None]:
    """Keep database connections open: Django closes idle ones around a request, and the test needs its transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
