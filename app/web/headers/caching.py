"""The Cache-Control header."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NoStoreMiddleware:
    """Forbid caching, unless the response has a Cache-Control header (RFC 9111): orders, prices and errors change."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response, with Cache-Control."""
        response = self._get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
