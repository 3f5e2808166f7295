"""Request bodies: a Content-Length is required, and limited. Responses to HEAD have none."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from app.web.errors import error_response
from app.web.problems import Problem


class LengthMiddleware:
    """Reject a body without a Content-Length with 411, one of more than 1 MiB with 413 (RFC 9110, section 15.5).

    WSGI applications read exactly as many bytes as that header says. Without it, Django would see an empty body, and
    an empty body buys the default product. For the same reason, a body that ends too early is rejected with 400: its
    client or a proxy gave up (RFC 9112, section 8).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            detail = "Send the body with a Content-Length header."
            return error_response(request, Problem(411, "length_required", detail))
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
        if announced > limit:
            return error_response(request, Problem(413, "body_too_large", f"The body must not exceed {limit} bytes."))
        if announced and not _has_arrived(request, announced):
            detail = "The body ends before its Content-Length. Send the request again."
            return error_response(request, Problem(400, "body_incomplete", detail))
        return self.get_response(request)


def _has_arrived(request: HttpRequest, announced: int) -> bool:
    try:
        return len(request.body) >= announced
    except UnreadablePostError:
        return False


class HeadMiddleware:
    """Send no body in response to HEAD (RFC 9110, section 9.3.2): gunicorn drops it, and warns of it each time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response
