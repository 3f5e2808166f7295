"""Error responses: problem details (RFC 9457) for programs, a page for people."""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext, gettext_noop

from app.web.outages import forget_dead_connections, reason_of
from app.web.problems import Problem

logger = logging.getLogger(__name__)

FOR_PROGRAMS = re.compile(r"/(?:api|stripe-webhook)(?:/|\Z)")
RETRY_AFTER = 2  # seconds, while the database is unavailable
# What buyers may see, so that it can be translated: HTTP's own phrases.
TITLES = (
    gettext_noop("Bad request"),
    gettext_noop("Forbidden"),
    gettext_noop("Method not allowed"),
    gettext_noop("Too many requests"),
)
REFRESH_AFTER = 5  # seconds; how often a page that reports an outage reloads itself


class ErrorMiddleware:
    """Return every error in the client's format, whatever raised it: a view, a middleware or Django."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response; an error in the wrong format is converted."""
        response = self._get_response(request)
        if response.status_code < 400 or response.streaming or _is_readable(request, response):
            return response
        converted = error_response(request, _problem_in(request, response))
        # Its other headers and cookies stay: they may matter to other middleware.
        response.content = converted.content
        for name in ("Content-Type", "Content-Length"):
            response[name] = converted[name]
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the response to a Problem or an outage of the database; None for any other error."""
        return error_response(request, error) if isinstance(error, Problem) else outage(request, error)


def outage(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Return the 503 for a request that failed because of the database; None for any other error."""
    if not (reason := reason_of(error)):
        return None
    logger.warning("%s %s: the database is unavailable: %s", request.method, request.path, reason)
    forget_dead_connections()
    detail = "The database can't be reached. Try again in a few seconds."
    return error_response(request, Problem(503, "database_unavailable", detail, retry_after=RETRY_AFTER))


def error_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return `problem` as JSON or as a page, depending on `request`.

    A page is rendered from the template `STATUS.html`, else `error.html`, with `title`, `detail` and `refresh`
    (seconds; set when reloading the page may help).
    """
    if is_for_programs(request):
        repeatable = problem.status == 503 and "Idempotency-Key" in request.headers
        return _sized(problem.response(hint="Send the same Idempotency-Key." if repeatable else ""))
    context = {
        "title": gettext(HTTPStatus(problem.status).phrase.capitalize()),
        "detail": problem.detail,
        "refresh": REFRESH_AFTER if problem.status == 503 and request.method in ("GET", "HEAD") else None,
    }
    text = render_to_string([f"{problem.status}.html", "error.html"], context, request)
    return _sized(HttpResponse(text, status=problem.status, headers=problem.headers))


def form_rejected(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the 403 for a form without a valid CSRF token (Django: CSRF_FAILURE_VIEW); Django logs the `reason`."""
    detail = gettext("This form has expired, or it was sent from another site. Load the page again, and retry.")
    return error_response(request, Problem(HTTPStatus.FORBIDDEN, "forbidden", detail))


def is_for_programs(request: HttpRequest) -> bool:
    """Return whether a program sent the request: its path is the API's, or it does not accept HTML."""
    return bool(FOR_PROGRAMS.match(request.path_info)) or not request.accepts("text/html")


def _sized(response: HttpResponse) -> HttpResponse:
    # As Django's CommonMiddleware does for views: a denied page must look the same as a missing one.
    response["Content-Length"] = str(len(response.content))
    return response


def _is_readable(request: HttpRequest, response: HttpResponse) -> bool:
    kind = response.get("Content-Type", "")
    if settings.DEBUG and response.status_code == 500 and response.content:
        return True  # Django's debug page; the gate has removed it for outside requests
    if is_for_programs(request):
        return "json" in kind
    return bool(response.content) and not kind.startswith("text/plain")


def _problem_in(request: HttpRequest, response: HttpResponse) -> Problem:
    status = HTTPStatus(response.status_code)
    match status:
        case HTTPStatus.NOT_FOUND:
            detail = f"There is no {request.path}. GET /api/openapi.json lists all endpoints."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            detail = f"{request.method} is not allowed here. Allowed: {response.get('Allow', 'nothing')}."
        case HTTPStatus.INTERNAL_SERVER_ERROR:
            detail = "The server failed to handle this request. The error has been logged."
        case _ if response.get("Content-Type", "").startswith("text/plain"):
            detail = response.content.decode(errors="replace").strip()
        case _:
            detail = status.description or status.phrase
    return Problem(status, status.name.lower(), detail)
