"""`/v1/stripecli/sessions`: the CLI's call before it connects."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, Resource
from stripe_emulator.schema import Array, Field, Fields, String
from stripe_emulator.stripe_cli.log_filter import read_filters
from stripe_emulator.stripe_cli.websocket import PATH
from stripe_emulator.versions.released import NEWEST

_FEATURES = ("webhooks", "v2_events", "request_logs")
#: The CLI opens a new session after this time, because Stripe's ids expire. Ours don't.
_RECONNECT_DELAY_S = 86400


class _Tolerant(dict[str, Field]):
    """A schema that ignores unknown parameters: new versions of the CLI add some."""

    def __contains__(self, name: object) -> bool:
        return True


_CREATE: Fields = _Tolerant(
    device_name=String(),
    filters=String(longest=20_000),
    forward_to_url=String(),
    websocket_features=Array(required=True, item=String()),
)


def create(request: Request) -> JSON:
    """POST /v1/stripecli/sessions."""
    params = request.params
    feature = next((each for each in params["websocket_features"] if each in _FEATURES), None)
    if feature is None:
        raise invalid_request("No such feature.", param="websocket_features")
    try:
        filters = read_filters(params.get("filters", ""))
    except (ValueError, TypeError) as error:
        raise invalid_request("Invalid filters: they must be JSON.", param="filters") from error
    feature = "request_logs" if feature == "request_logs" else "webhooks"
    # At Stripe, a device belongs to an account. Here all share one account, so the key distinguishes them: the name of
    # a device without its key does not give access to its signing secret.
    device = f"{params.get('device_name', '')}:{request.key_hash}"
    session, secret = request.emulator.stripe_cli.open(device, feature, params.get("forward_to_url"), filters)
    return {
        "default_version": request.emulator.config.api_version,
        "device_token": "",
        "display_connect_filter_warning": False,
        "latest_version": NEWEST,
        "reconnect_delay": _RECONNECT_DELAY_S,
        "secret": secret,
        "websocket_authorized_feature": feature,
        "websocket_id": session.id,
        "websocket_url": f"ws://{request.host}{PATH}",
    }


RESOURCE = Resource(
    kind="stripecli_session", path="/v1/stripecli/sessions", retrieve=False, create=Create(_CREATE, create)
)
