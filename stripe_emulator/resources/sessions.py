"""`/v1/checkout/sessions` ("Checkout Sessions")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import invalid_request, missing_param
from stripe_emulator.expand import includable
from stripe_emulator.ids import session_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.session import new_session
from stripe_emulator.pagination import first_page, listing, listing_of
from stripe_emulator.payments import checkout
from stripe_emulator.resources import session_params as schemas
from stripe_emulator.resources.session_items import Basket, fill_basket
from stripe_emulator.routing import Route, get, post
from stripe_emulator.schema import merge_metadata

_KIND = "checkout.session"
_HALF_HOUR, _DAY = 30 * 60, 24 * 3600
#: Clocks differ and requests take a while: Stripe does not insist on the second either.
_LENIENCE = 120


def create(call: Call) -> JSON:
    """POST /v1/checkout/sessions."""
    params = call.params
    _check_mode(params)
    _check_urls(params)
    _check_expiry(call)
    email = _customer_email(call) if "customer" in params else params.get("customer_email")
    basket = fill_basket(call, params["line_items"], params.get("discounts", []))
    wanted = session_id()
    hosted = params.get("ui_mode", "hosted_page") == "hosted_page"
    url = f"{call.base_url}/c/pay/{wanted}" if hosted else None
    data = new_session(wanted, url, params, _totals(basket), email, call.now())
    private = {"line_items": basket.lines, "payment_intent_data": params.get("payment_intent_data", {})}
    call.add(_KIND, data, private, due=data["expires_at"])
    return data


def _totals(basket: Basket) -> JSON:
    subtotal = sum(line["amount_subtotal"] for line in basket.lines)
    return {
        "currency": basket.currency,
        "subtotal": subtotal,
        "discount": basket.discount,
        "total": subtotal - basket.discount,
        "discounts": basket.discounts,
    }


def _check_mode(params: JSON) -> None:
    mode = params.get("mode")
    if mode is None:
        raise missing_param("mode")
    if mode != "payment":
        message = f"The local Stripe emulator supports `mode=payment` only, but you passed `mode={mode}`."
        raise invalid_request(message, param="mode")
    if not params.get("line_items"):
        message = "The `line_items` parameter is required in payment mode."
        raise invalid_request(message, param="line_items", code="parameter_missing")


def _check_urls(params: JSON) -> None:
    if params.get("ui_mode", "hosted_page") == "hosted_page":
        if "return_url" in params:
            raise invalid_request("`return_url` can not be used with `ui_mode` `hosted_page`.", param="return_url")
        if "success_url" not in params:
            raise missing_param("success_url")
        return
    for name in ("success_url", "cancel_url"):
        if name in params:
            raise invalid_request(f"`{name}` can only be used with `ui_mode` `hosted_page`.", param=name)
    if params.get("redirect_on_completion") != "never" and "return_url" not in params:
        raise missing_param("return_url")


def _check_expiry(call: Call) -> None:
    at = call.params.get("expires_at")
    if at is None:
        return
    ahead = at - call.now()
    if ahead < _HALF_HOUR - _LENIENCE:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid_request(message, param="expires_at")
    if ahead > _DAY + _LENIENCE:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise invalid_request(message, param="expires_at")


def _customer_email(call: Call) -> str | None:
    """The address of the customer that the session is for. Raises if there is no such customer."""
    if "customer_email" in call.params:
        message = "You may only specify one of these parameters: customer, customer_email."
        raise invalid_request(message, param="customer")
    email: str | None = call.find("customer", call.params["customer"], "customer").data["email"]
    return email


def _named(call: Call) -> Entity:
    entity = call.get(_KIND, call.args[0])
    if entity is None:
        message = f"No such checkout.session: {call.args[0]}"
        raise invalid_request(message, param="session", code="resource_missing", status=404, stored=True)
    return entity


def retrieve(call: Call) -> JSON:
    """GET /v1/checkout/sessions/{}."""
    return _named(call).data


def update(call: Call) -> JSON:
    """POST /v1/checkout/sessions/{}: the metadata only."""
    session = _named(call)
    session.data["metadata"] = merge_metadata(session.data["metadata"], call.params.get("metadata"))
    call.save(session)
    return session.data


def list_sessions(call: Call) -> JSON:
    """GET /v1/checkout/sessions."""
    params = call.params
    filters = call.given("customer", "payment_intent", "status", "subscription")
    email = params.get("customer_details", {}).get("email")

    def by_email(data: JSON) -> bool:
        return bool((data["customer_details"] or {}).get("email") == email)

    return listing(call, _KIND, filters, by_email if email else None)


def expire(call: Call) -> JSON:
    """POST /v1/checkout/sessions/{}/expire."""
    session = _named(call)
    if session.data["status"] != "open":
        raise invalid_request(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            f"of {session.data['status']}.",
            stored=True,
        )
    checkout.expire(call, session)
    return session.data


@includable(_KIND, "line_items")
def _line_items(call: Call, data: JSON) -> JSON:
    session = call.find(_KIND, data["id"])
    return first_page(f"/v1/checkout/sessions/{session.id}/line_items", session.private["line_items"])


def line_items(call: Call) -> JSON:
    """GET /v1/checkout/sessions/{}/line_items."""
    return listing_of(call, _named(call).private["line_items"])


ROUTES: list[Route] = [
    post("/v1/checkout/sessions", create, schemas.CREATE),
    get("/v1/checkout/sessions", list_sessions, schemas.LIST),
    get("/v1/checkout/sessions/{}", retrieve),
    post("/v1/checkout/sessions/{}", update, schemas.UPDATE),
    post("/v1/checkout/sessions/{}/expire", expire),
    get("/v1/checkout/sessions/{}/line_items", line_items, schemas.LINE_ITEMS),
]
