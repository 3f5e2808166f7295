"""Secure cookies: those set over https are never sent over http.

Django's settings for this apply to all requests, but this app serves http on localhost and https through a tunnel.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class SecureCookiesMiddleware:
    """Mark cookies in https responses as Secure (RFC 6265, section 4.1.2.5)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response
