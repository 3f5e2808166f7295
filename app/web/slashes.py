"""API addresses and the webhook, with or without the final slash."""

from collections.abc import Callable

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
        path = request.path_info
        if FOR_PROGRAMS.match(path) and not is_valid_path(path):
            other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
            if is_valid_path(other):
                request.path_info = other
        return self._get_response(request)
