"""Calls from other origins: django-cors-headers, and both names that browsers have had for one question."""

from corsheaders.middleware import CorsMiddleware as Base
from django.http import HttpRequest
from django.http.response import HttpResponseBase

ALLOWED_ORIGIN = "Access-Control-Allow-Origin"


class CorsMiddleware(Base):
    """Also allows a page from a more public network: "private network" and "local network" are the same question.

    It comes before the check of the Host header, whose refusal a frontend could not read otherwise: browsers would
    call it a CORS error.
    """

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The response with all that the caller's origin may know."""
        response = super().add_response_headers(request, response)
        if request.META.get("HTTP_ACCESS_CONTROL_REQUEST_LOCAL_NETWORK") == "true" and response.has_header(
            ALLOWED_ORIGIN
        ):
            response["Access-Control-Allow-Local-Network"] = "true"
        return response
