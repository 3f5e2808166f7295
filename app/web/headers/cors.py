"""Requests from other origins: django-cors-headers, plus both names of the private network header."""

from corsheaders.middleware import CorsMiddleware as Base
from django.http import HttpRequest
from django.http.response import HttpResponseBase

ALLOWED_ORIGIN = "Access-Control-Allow-Origin"


class CorsMiddleware(Base):
    """Send the private network header under its newer name ("local network") too.

    Runs before the Host header check. Otherwise a frontend could not read that error: browsers would report a CORS
    error instead.
    """

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the CORS headers for the caller's origin."""
        response = super().add_response_headers(request, response)
        if request.META.get("HTTP_ACCESS_CONTROL_REQUEST_LOCAL_NETWORK") == "true" and response.has_header(
            ALLOWED_ORIGIN
        ):
            response["Access-Control-Allow-Local-Network"] = "true"
        return response
