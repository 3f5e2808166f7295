"""`/v1/webhook_endpoints` ("Webhook Endpoints")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import invalid_request
from stripe_emulator.ids import new_secret
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.webhook_endpoint import new_webhook_endpoint
from stripe_emulator.pagination import listing
from stripe_emulator.resources.common import CLEARABLE
from stripe_emulator.resources.updating import change, deleted
from stripe_emulator.routing import Route, delete, get, post
from stripe_emulator.schema import EXPAND, METADATA, PAGING, Array, Boolean, Fields, String, Url

_KIND = "webhook_endpoint"

_CREATE: Fields = {
    **EXPAND,
    "api_version": String(),
    "connect": Boolean(),
    "description": CLEARABLE,
    "enabled_events": Array(required=True, item=String(), most=300),
    "metadata": METADATA,
    "url": Url(required=True),
}
_UPDATE: Fields = {
    **EXPAND,
    "description": CLEARABLE,
    "disabled": Boolean(),
    "enabled_events": Array(item=String(), most=300),
    "metadata": METADATA,
    "url": Url(),
}


def create(call: Call) -> JSON:
    """POST /v1/webhook_endpoints. The only answer that shows the secret."""
    _check_url(call)
    data = new_webhook_endpoint(call.params, call.now())
    secret = new_secret("whsec")
    endpoint = call.add(_KIND, data, {"secret": secret}, keep=True)
    _attach(call, endpoint)
    return {**data, "secret": secret}


def _check_url(call: Call) -> None:
    if not call.params.get("url", "https://").lower().startswith(("https://", "http://")):
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise invalid_request(message, param="url", code="url_invalid")


def _attach(call: Call, endpoint: Entity) -> None:
    call.emulator.store.after_commit(lambda: call.emulator.attach(endpoint))


def retrieve(call: Call) -> JSON:
    """GET /v1/webhook_endpoints/{}."""
    return call.named(_KIND).data


def update(call: Call) -> JSON:
    """POST /v1/webhook_endpoints/{}."""
    _check_url(call)
    endpoint = call.named(_KIND)
    change(call, endpoint, None, ("description", "enabled_events", "metadata", "url"))
    if "disabled" in call.params:
        endpoint.data["status"] = "disabled" if call.params["disabled"] else "enabled"
    _attach(call, endpoint)
    return endpoint.data


def remove(call: Call) -> JSON:
    """DELETE /v1/webhook_endpoints/{}."""
    endpoint = call.named(_KIND)
    call.emulator.store.delete(endpoint)
    call.emulator.deliveries.unregister(endpoint.id)
    return deleted(endpoint)


def list_endpoints(call: Call) -> JSON:
    """GET /v1/webhook_endpoints."""
    return listing(call, _KIND)


ROUTES: list[Route] = [
    post("/v1/webhook_endpoints", create, _CREATE),
    get("/v1/webhook_endpoints", list_endpoints, PAGING),
    get("/v1/webhook_endpoints/{}", retrieve),
    post("/v1/webhook_endpoints/{}", update, _UPDATE),
    delete("/v1/webhook_endpoints/{}", remove),
]
