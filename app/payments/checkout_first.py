"""The checkout's common case, answered before Django is asked: that saves a quarter of its processor time (see
benchmarks/README.md).

Whatever is out of the ordinary goes to Django: what is malformed or refused, what comes through a tunnel, too many
calls. An answer's headers are those that Django gave to the last caller of the same kind, so that nothing of them is
known here.
"""

import json
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIRequest

from app.devstack.gate import Distance, distance
from app.devstack.hosts import is_allowed_host
from app.devstack.proxies import client_address
from app.payments.api import make_checkout
from app.payments.database import outage, release_connection
from app.payments.problems import Problem
from app.payments.schemas import MAX_KEY, CheckoutIn
from app.payments.throttling import checkouts

Headers = list[tuple[str, str]]
Caller = tuple[str | None, ...]

PATH = "/api/checkout/"
MAX_BODY = 16 * 1024  # bytes; what is longer is hardly a choice of products
# What Django's headers depend on, and how many kinds of callers are known at once.
CALLER = (
    "wsgi.url_scheme",
    "HTTP_ORIGIN",
    "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
    "HTTP_ACCESS_CONTROL_REQUEST_LOCAL_NETWORK",
)
MAX_CALLERS = 256
NO_CHOICE = CheckoutIn()  # what an empty body comes to
OWN_HEADERS = ("content-type", "content-length")  # of each answer


def checkout_first(django: WSGIApplication) -> WSGIApplication:
    """A WSGI application that starts ordinary checkouts itself and passes everything else on to `django`."""
    headers_for: dict[Caller, Headers] = {}

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "POST":
            return django(environ, start_response)
        caller = tuple(environ.get(name) for name in CALLER)
        headers = headers_for.get(caller)
        if headers is None:
            return django(environ, _noted(start_response, headers_for, caller))
        choice = _ordinary_choice(environ)
        if choice is None or checkouts.seconds_to_wait(client_address(environ)):
            return django(environ, start_response)
        status, own, body = _answer(environ, choice)
        start_response(status, [*headers, *own, ("Content-Length", str(len(body)))])
        return [body]

    return application


def _noted(start_response: StartResponse, headers_for: dict[Caller, Headers], caller: Caller) -> StartResponse:
    """`start_response`, which keeps the headers of a checkout that Django has started."""

    def noting(status: str, headers: Headers, *more: Any) -> Any:
        if status.startswith("200"):
            if len(headers_for) >= MAX_CALLERS:
                headers_for.clear()
            headers_for[caller] = [(name, value) for name, value in headers if name.lower() not in OWN_HEADERS]
        return start_response(status, headers, *more)

    return noting


def _ordinary_choice(environ: WSGIEnvironment) -> CheckoutIn | None:
    """What is to be bought; None when Django should have a look at the request."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    if not 0 < len(environ.get("HTTP_IDEMPOTENCY_KEY", "-")) <= MAX_KEY:
        return None
    if not is_allowed_host(environ.get("HTTP_HOST", "")) or distance(environ) is Distance.OUTSIDE:
        return None
    if length == "0":
        return NO_CHOICE
    if environ.get("CONTENT_TYPE") != "application/json":
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    try:
        return CheckoutIn.model_validate(json.loads(body))
    except (ValueError, RecursionError):
        return None


def _answer(environ: WSGIEnvironment, choice: CheckoutIn) -> tuple[str, Headers, bytes]:
    """Status, headers of its own and body."""
    try:
        made = make_checkout(environ, choice, environ.get("HTTP_IDEMPOTENCY_KEY"))
    except Exception as error:
        response = _failed(environ, error)
        return f"{response.status_code} {response.reason_phrase}", list(response.items()), response.content
    finally:
        release_connection()  # no request of Django's will
    return "200 OK", [("Content-Type", "application/json")], json.dumps(made).encode()


def _failed(environ: WSGIEnvironment, error: Exception) -> Any:
    if isinstance(error, Problem):
        return error.response()
    request = WSGIRequest(environ)
    return outage(request, error) or response_for_exception(request, error)
