"""`/v1/events` ("Events")."""

from __future__ import annotations

from fnmatch import fnmatchcase

from stripe_emulator.call import Call
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.pagination import listing
from stripe_emulator.routing import Route, get, post
from stripe_emulator.schema import EXPAND, TIMED_PAGING, Array, Boolean, Fields, String

_KIND = "event"

_LIST: Fields = {
    **TIMED_PAGING,
    "delivery_success": Boolean(),
    "type": String(),
    "types": Array(item=String(), most=20),
}
_RETRY: Fields = {
    **EXPAND,
    "account": String(),
    "for_stripecli": Boolean(),
    "webhook_endpoint": String(),
}


def _current(call: Call, data: JSON) -> JSON:
    """The stored snapshot, with how many deliveries are still to be made."""
    return {**data, "pending_webhooks": call.emulator.deliveries.log.pending_for(data["id"])}


def retrieve(call: Call) -> JSON:
    """GET /v1/events/{}."""
    return _current(call, call.named(_KIND).data)


def list_events(call: Call) -> JSON:
    """GET /v1/events. `type` may end in `.*`."""
    params = call.params
    wanted = params.get("types") or ([params["type"]] if "type" in params else [])
    success = params.get("delivery_success")
    exact = {"type": wanted[0]} if len(wanted) == 1 and "*" not in wanted[0] else {}

    def accept(data: JSON) -> bool:
        if wanted and not any(fnmatchcase(data["type"], each) for each in wanted):
            return False
        return success is None or success != call.emulator.deliveries.log.undelivered(data["id"])

    page = listing(call, _KIND, exact, accept if wanted or success is not None else None)
    page["data"] = [_current(call, data) for data in page["data"]]
    return page


def retry(call: Call) -> JSON:
    """POST /v1/events/{}/retry: what `stripe events resend` and the Dashboard's button send."""
    event = call.named(_KIND).data
    deliveries = call.emulator.deliveries
    wanted = call.params.get("webhook_endpoint")
    if wanted:
        targets = [each for each in deliveries.destinations.values() if each.id == wanted]
        if not targets:
            raise invalid_request(
                f"No such webhook endpoint: '{wanted}'", param="webhook_endpoint", code="resource_missing"
            )
    else:
        local = call.params.get("for_stripecli", False)
        targets = [each for each in deliveries.wanting(event["type"]) if not local or not each.id.startswith("we_")]
    deliveries.queue(event["id"], event["type"], targets, call.faults)
    return _current(call, event)


ROUTES: list[Route] = [
    get("/v1/events", list_events, _LIST),
    get("/v1/events/{}", retrieve),
    post("/v1/events/{}/retry", retry, _RETRY),
]
