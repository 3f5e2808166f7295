"""The requests that `stripe logs tail` shows, and their format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from stripe_emulator.jsontext import JSON
from stripe_emulator.request_log import RequestEntry

#: The value that each filter compares, in upper case. All filters must match, each with one of its values.
_FILTERS: Mapping[str, Callable[[RequestEntry], str]] = {
    "filter_account": lambda _: "SELF",  # there are no connected accounts here
    "filter_http_method": lambda entry: entry.method,
    "filter_ip_address": lambda entry: entry.ip_address.upper(),
    "filter_request_path": lambda entry: entry.path.upper(),
    "filter_request_status": lambda entry: "SUCCEEDED" if entry.status < 300 else "FAILED",
    "filter_source": lambda _: "API",
    "filter_status_code": lambda entry: str(entry.status),
    # The CLI sends 400 for 4XX.
    "filter_status_code_type": lambda entry: str(entry.status // 100 * 100),
}
#: The fields of an error that the CLI shows.
_ERROR = ("type", "charge", "code", "decline_code", "message", "param")


def read_filters(text: str) -> JSON:
    """Parse the CLI's JSON. Raises ValueError. An unknown filter matches everything."""
    value = json.loads(text) if text else {}
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return {name: [str(each).upper() for each in value[name]] for name in _FILTERS if value.get(name)}


def shows(filters: JSON, entry: RequestEntry) -> bool:
    """Return whether a `logs tail` with these filters shows the request. The CLI's own requests are never shown."""
    if entry.path.startswith("/v1/stripecli/"):
        return False
    return all(_FILTERS[name](entry) in wanted for name, wanted in filters.items())


def payload(entry: RequestEntry) -> JSON:
    """Build a request in the CLI's format."""
    error = entry.error or {}
    return {
        "created_at": entry.created,
        "error": {name: error.get(name, "") for name in _ERROR},
        "livemode": False,
        "method": entry.method,
        "request_id": entry.request_id,
        "status": entry.status,
        "url": entry.path,
    }
