"""Requests whose body has no length."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from app.web.problems import Problem


class LengthMiddleware:
    """Answers 411 to a body without a Content-Length (RFC 9110, section 15.5.12).

    WSGI applications read as many bytes as that header says: Django would take such a body for an empty one, and sell
    what an empty body buys.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return Problem(411, "length_required", "Send the body with a Content-Length header.").response()
        return self.get_response(request)
