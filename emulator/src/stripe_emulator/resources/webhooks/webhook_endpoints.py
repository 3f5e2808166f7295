"""`/v1/webhook_endpoints` ("Webhook Endpoints")."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from stripe_emulator.deliveries.addresses import url_is_refused
from stripe_emulator.errors import invalid_request
from stripe_emulator.ids import new_id, new_secret
from stripe_emulator.jsontext import JSON
from stripe_emulator.resources.common import CLEARABLE
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, Delete, List, Resource, Update
from stripe_emulator.schema import EXPAND, METADATA, PAGING, Array, Boolean, Fields, Only, String, Url, choice
from stripe_emulator.storage.entity import Entity
from stripe_emulator.versions import released

_KIND = "webhook_endpoint"

#: All event types of the official package (`tests/support/event_types.py`).
EVENT_TYPES: tuple[str, ...] = tuple(json.loads(files(__package__).joinpath("event_types.json").read_bytes()))
_EVENT = choice("*", *EVENT_TYPES)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Version(String):
    """A version of the API that Stripe has released."""

    def parse(self, value: Any, path: str) -> str:
        return released.checked(String.parse(self, value, path), path)


_CREATE: Fields = {
    **EXPAND,
    "api_version": _Version(),
    "connect": Only(field=Boolean()),
    "description": CLEARABLE,
    "enabled_events": Array(required=True, item=_EVENT, most=300),
    "metadata": METADATA,
    "url": Url(required=True),
}
_UPDATE: Fields = {
    **EXPAND,
    "description": CLEARABLE,
    "disabled": Boolean(),
    "enabled_events": Array(item=_EVENT, most=300),
    "metadata": METADATA,
    "url": Url(),
}


def new_webhook_endpoint(params: JSON, now: int) -> JSON:
    """Build an enabled endpoint, without its secret."""
    return {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": now,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "status": "enabled",
        "url": params["url"],
    }


def create(request: Request) -> JSON:
    """POST /v1/webhook_endpoints. Only this response contains the secret."""
    _check_url(request)
    data = new_webhook_endpoint(request.params, request.now())
    secret = new_secret("whsec")
    endpoint = request.add(_KIND, data, {"secret": secret}, keep=True)
    _attach(request, endpoint)
    return {**data, "secret": secret}


def _check_url(request: Request) -> None:
    url: str | None = request.params.get("url")
    if url is None:
        return
    if not url.lower().startswith(("https://", "http://")):
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise invalid_request(message, param="url", code="url_invalid")
    if url_is_refused(url):
        message = "Invalid URL: webhooks are not sent to link-local and metadata addresses."
        raise invalid_request(message, param="url", code="url_invalid")


def _attach(request: Request, endpoint: Entity) -> None:
    request.emulator.store.after_commit(lambda: request.emulator.attach(endpoint))


def _updated(request: Request, endpoint: Entity, previous: JSON) -> None:
    if "disabled" in request.params:
        endpoint.data["status"] = "disabled" if request.params["disabled"] else "enabled"
    _attach(request, endpoint)


def _detach(request: Request, endpoint: Entity) -> None:
    request.emulator.deliveries.unregister(endpoint.id)


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/webhook_endpoints",
    create=Create(_CREATE, create),
    update=Update(
        fields=_UPDATE,
        special=("disabled",),
        before=lambda request, endpoint: _check_url(request),
        after=_updated,
    ),
    delete=Delete(before=_detach),
    list=List(fields=PAGING),
)
