"""Which web pages may send requests that change something.

A browser lets any page post to any address (a "simple" request, Fetch standard) and says where it comes from. Programs
do not, and are let through: the webhook has its signature, the API asks for nothing that a stranger may not do.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from app.web.errors import error_response
from app.web.problems import Problem
from app.web.public_url import public_url

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")  # RFC 9110, section 9.2.1
DETAIL = "Pages on other origins may not send this request. Add a frontend that may call the API to FRONTEND_ORIGINS."


class OriginMiddleware:
    """Respond 403 to a change that a page on another origin asks for, except a frontend that calls the API.

    No other site can embed a response either (Cross-Origin-Resource-Policy, Fetch standard); CORS is not affected.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in SAFE_METHODS or not _is_foreign(request) or _may_call_the_api(request):
            response = self.get_response(request)
        else:
            response = error_response(request, Problem(403, "origin_not_allowed", DETAIL))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def _is_foreign(request: HttpRequest) -> bool:
    """Return whether the request comes from a page on another origin.

    Browsers send `Sec-Fetch-Site` to https and localhost, and `Origin` with each change. No page can set either.
    """
    if site := request.META.get("HTTP_SEC_FETCH_SITE"):
        return site not in ("same-origin", "none")
    origin = request.META.get("HTTP_ORIGIN")
    return origin is not None and urlsplit(origin).netloc not in _own_names(request)


def _own_names(request: HttpRequest) -> set[str]:
    # No page can send X-Forwarded-Host: that takes a preflight, and ours does not grant it.
    forwarded = request.META.get("HTTP_X_FORWARDED_HOST", "")
    return {request.META.get("HTTP_HOST", ""), forwarded, urlsplit(public_url()).netloc} - {""}


def _may_call_the_api(request: HttpRequest) -> bool:
    if not re.match(settings.CORS_URLS_REGEX, request.path_info):
        return False
    return settings.CORS_ALLOW_ALL_ORIGINS or request.META.get("HTTP_ORIGIN") in settings.CORS_ALLOWED_ORIGINS
