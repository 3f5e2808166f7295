"""The Content-Security-Policy header."""

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property


class PolicyMiddleware(CSPMiddleware):
    """Send a prebuilt header; django-csp builds one only for a view with its own policy."""

    @cached_property
    def _common(self) -> str:
        return build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set the header unless the view has set it."""
        # A nonce is true once a page has used it (django-csp: "Using the generated CSP nonce").
        own = getattr(request, "csp_nonce", False) or "_csp" in " ".join(vars(response))
        if own or settings.DEBUG:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._common)
        return response
