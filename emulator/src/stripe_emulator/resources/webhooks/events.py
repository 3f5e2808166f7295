"""`/v1/events` ("Events")."""

from __future__ import annotations

from fnmatch import fnmatchcase

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.resources.payments.accounts import ACCOUNT_ID
from stripe_emulator.routing.pagination import Accept
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import List, Resource
from stripe_emulator.routing.router import post
from stripe_emulator.schema import EXPAND, TIMED_PAGING, Array, Boolean, Fields, Only, String
from stripe_emulator.versions.rendering import render_event

_KIND = "event"

_LIST: Fields = {
    **TIMED_PAGING,
    "delivery_success": Boolean(),
    "type": String(),
    "types": Array(item=String(), most=20),
}
_RETRY: Fields = {
    **EXPAND,
    # The CLI sends an empty string.
    "account": Only(field=String(), value=ACCOUNT_ID, clearable=True),
    "for_stripecli": Boolean(),
    "webhook_endpoint": String(),
}


def _current(request: Request, data: JSON) -> JSON:
    """Return the snapshot, in its own API version, with the number of pending deliveries."""
    event = render_event(data, data["api_version"], request.emulator.store.look)
    return {**event, "pending_webhooks": request.emulator.deliveries.log.pending_for(data["id"])}


def retry(request: Request) -> JSON:
    """POST /v1/events/{}/retry: the call of `stripe events resend` and the Dashboard's button."""
    event = request.named(_KIND).data
    deliveries = request.emulator.deliveries
    wanted = request.params.get("webhook_endpoint")
    if wanted:
        targets = [each for each in deliveries.destinations.values() if each.id == wanted]
        if not targets:
            raise invalid_request(
                f"No such webhook endpoint: '{wanted}'", param="webhook_endpoint", code="resource_missing"
            )
    else:
        local = request.params.get("for_stripecli", False)
        targets = [each for each in deliveries.wanting(event["type"]) if not local or not each.id.startswith("we_")]
    deliveries.queue(event["id"], event["type"], targets, request.faults)
    return _current(request, event)


def _wanted(request: Request) -> list[str]:
    params = request.params
    return params.get("types") or ([params["type"]] if "type" in params else [])


def _exact(request: Request) -> JSON:
    wanted = _wanted(request)
    return {"type": wanted[0]} if len(wanted) == 1 and "*" not in wanted[0] else {}


def _accept(request: Request) -> Accept | None:
    """Filter by types, which may end in `.*`, and by `delivery_success`."""
    wanted, success = _wanted(request), request.params.get("delivery_success")
    log = request.emulator.deliveries.log

    def accept(data: JSON) -> bool:
        if wanted and not any(fnmatchcase(data["type"], each) for each in wanted):
            return False
        return success is None or success != log.undelivered(data["id"])

    return accept if wanted or success is not None else None


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/events",
    show=_current,
    list=List(fields=_LIST, exact=_exact, accept=_accept),
    more=(post("/v1/events/{}/retry", retry, _RETRY),),
    linked=("type",),
)
