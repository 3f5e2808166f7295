"""Requests whose body has no Content-Length."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from app.web.problems import Problem


class LengthMiddleware:
    """Reject a body without a Content-Length with 411 (RFC 9110, section 15.5.12).

    WSGI applications read exactly as many bytes as that header says. Without it, Django would see an empty body, and
    an empty body buys the default product.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return Problem(411, "length_required", "Send the body with a Content-Length header.").response()
        return self.get_response(request)
