"""API addresses and the webhook, with or without the final slash."""

from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.urls import is_valid_path

from app.web.errors import FOR_PROGRAMS


class SlashMiddleware:
    """Route `/api/checkout` like `/api/checkout/`, and `/api/docs/` like `/api/docs`.

    Django's APPEND_SLASH redirects, but a redirected POST loses its body, and Stripe follows no redirects.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add or remove the final slash if only the other form is in the URLconf."""
        request.path_info = _routable(request.path_info)
        return self._get_response(request)


@lru_cache(maxsize=1024)  # Django resolves the path again
def _routable(path: str) -> str:
    if FOR_PROGRAMS.match(path) and not is_valid_path(path):
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        if is_valid_path(other):
            return other
    return path
