"""The language of pages and the Content-Language header."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

# For programs. Not the admin and the console: where they are closed, they must look like any missing page.
ENGLISH = re.compile(r"/(?:api|stripe-webhook|healthz|static|c/pay)(?:/|\Z)")


class LanguageMiddleware:
    """Use the browser's language on the pages for buyers (RFC 9110: "Accept-Language"), and English everywhere else.

    Django's own LocaleMiddleware leaves the language active in its thread, for the next request too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response, in the request's language."""
        if ENGLISH.match(request.path_info):
            if settings.LANGUAGE_CODE == "en":  # no language is active yet
                return self._get_response(request)
            with translation.override("en"):
                return self._get_response(request)
        language = translation.get_language_from_request(request)
        with translation.override(language):
            response = self._get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"])
        return response
