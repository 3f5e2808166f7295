"""Errors as RFC 9457 problem details: `application/problem+json` with a stable `code`."""

from http import HTTPStatus
from typing import Any

from django.http import JsonResponse


class Problem(Exception):
    """An error response: what happened and what to do.

    `code` is stable and meant for programs; `detail` is for people. `retry_after` is in seconds.
    """

    def __init__(self, status: int, code: str, detail: str, *, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.retry_after = retry_after
        self.extra = extra

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the response, as JSON or as a page."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}

    def response(self, *, hint: str = "") -> JsonResponse:
        """Return the HTTP response; `hint` is one more sentence for its detail."""
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": f"{self.detail} {hint}".rstrip(),
            **{name: value for name, value in self.extra.items() if value},
        }
        return JsonResponse(body, status=self.status, content_type="application/problem+json", headers=self.headers)
