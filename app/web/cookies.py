"""Cookies that came over https never travel over http.

Django's settings for this are on or off for all requests; here the same app answers http on localhost and https
through a tunnel.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class SecureCookiesMiddleware:
    """Marks the cookies of https answers as Secure (RFC 6265, section 4.1.2.5)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response
