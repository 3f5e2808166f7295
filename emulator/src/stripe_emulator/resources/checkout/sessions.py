"""`/v1/checkout/sessions` ("Checkout Sessions")."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.ids import session_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.session import new_session, offered
from stripe_emulator.objects.checkout.shipping_rate import new_shipping_rate
from stripe_emulator.payments import checkout
from stripe_emulator.payments.checkout import baskets, discounts, shipping, taxes
from stripe_emulator.resources.checkout import payment_pages
from stripe_emulator.resources.checkout import session_params as schemas
from stripe_emulator.resources.checkout.line_items import fill_basket
from stripe_emulator.resources.payments.method_options import check_currency
from stripe_emulator.resources.payments.payment_intent_params import STATEMENT_DESCRIPTOR
from stripe_emulator.routing.pagination import Accept, first_page, listing_of
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.routing.router import get, post
from stripe_emulator.storage.entity import Entity
from stripe_emulator.versions.behavior import default_capture_method

_KIND = "checkout.session"
_HALF_HOUR, _DAY = 30 * 60, 24 * 3600
#: Clocks differ and requests take time; Stripe is not strict about seconds either.
_TOLERANCE = 120  # seconds


def create(request: Request) -> JSON:
    """POST /v1/checkout/sessions."""
    params = request.params
    _check_expiry(request)
    email = _customer_email(request) if "customer" in params else params.get("customer_email")
    basket = fill_basket(request, params["line_items"], params.get("optional_items", []))
    if params.get("currency", basket.currency) != basket.currency:
        message = (
            f"The price specified only supports `{basket.currency}`. This doesn't match the expected currency: "
            f"`{params['currency']}`."
        )
        raise invalid_request(message, param="line_items[0][price]")
    _check_types(params, basket.currency)
    wanted = session_id()
    hosted = params.get("ui_mode", "hosted_page") == "hosted_page"
    url = f"{request.base_url}/c/pay/{wanted}" if hosted else None
    data = new_session(wanted, url, params, basket.currency, email, request.now())
    private = {
        "line_items": basket.lines,
        "about": basket.about,
        "payment_intent_data": {
            "capture_method": default_capture_method(request.api_version),
            **params.get("payment_intent_data", {}),
        },
        "base_url": request.base_url,
        "customer_update": params.get("customer_update", {}),
        "allow_redisplay": params.get("payment_method_data", {}).get("allow_redisplay"),
    }
    session = request.add(_KIND, data, private, due=data["expires_at"])
    shipping.offer(session, _shipping_rates(request))
    _locate(request, session)
    data["amount_subtotal"] = sum(line["amount_subtotal"] for line in basket.lines)
    for given in params.get("discounts", ()):
        _give_discount(request, session, given)
    baskets.update_totals(request, session)
    return data


def _shipping_rates(request: Request) -> list[Entity]:
    """Return the offered shipping rates, and create the inline ones (`shipping_rate_data`)."""
    rates = []
    for place, option in enumerate(request.params.get("shipping_options", ())):
        if "shipping_rate" in option:
            rates.append(
                request.find("shipping_rate", option["shipping_rate"], f"shipping_options[{place}][shipping_rate]")
            )
        else:
            rates.append(request.add("shipping_rate", new_shipping_rate(option["shipping_rate_data"], request.now())))
    return rates


def _locate(request: Request, session: Entity) -> None:
    """Determine where the session is taxed, if its customer tells. Raises `StripeError` if nothing ever will."""
    taxes.locate(request, session, None)
    update = request.params.get("customer_update", {})
    saves = "auto" in (update.get("address"), update.get("shipping"))
    if session.data["customer"] and session.data["automatic_tax"]["status"] == "requires_location_inputs" and not saves:
        raise invalid_request(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to "
            "the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' "
            "to save the address entered in Checkout to the Customer.",
            code="customer_tax_location_invalid",
        )


def _give_discount(request: Request, session: Entity, given: JSON) -> None:
    if "coupon" in given:
        discounts.apply_coupon(request, session, given["coupon"], "discounts[0][coupon]")
    else:
        param = "discounts[0][promotion_code]"
        discounts.apply_code(request, session, request.find("promotion_code", given["promotion_code"], param), param)


def _check_types(params: JSON, currency: str) -> None:
    """Check the payment method types against the currency and the statement descriptor. Raises `StripeError`."""
    types = params.get("payment_method_types") or offered(currency, params)
    check_currency(types, currency)
    if "card" in types and "statement_descriptor" in params.get("payment_intent_data", {}):
        raise invalid_request(STATEMENT_DESCRIPTOR.message, param="payment_intent_data[statement_descriptor]")
    if not types:
        raise invalid_request(
            "No valid payment method types for this Checkout Session. Please ensure that you have activated payment "
            "methods compatible with your chosen currency in your dashboard "
            "(https://dashboard.stripe.com/settings/payment_methods) or specify payment_method_types."
        )


def _check_expiry(request: Request) -> None:
    at = request.params.get("expires_at")
    if at is None:
        return
    ahead = at - request.now()
    if ahead < _HALF_HOUR - _TOLERANCE:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid_request(message, param="expires_at")
    if ahead > _DAY + _TOLERANCE:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise invalid_request(message, param="expires_at")


def _customer_email(request: Request) -> str | None:
    """Return the customer's email address. Raises `StripeError` if there is no such customer."""
    email: str | None = request.find("customer", request.params["customer"], "customer").data["email"]
    return email


def _named(request: Request) -> Entity:
    entity = request.get(_KIND, request.args[0])
    if entity is None:
        message = f"No such checkout.session: {request.args[0]}"
        raise invalid_request(message, param="session", code="resource_missing", status=404, stored=True)
    return entity


def expire(request: Request) -> JSON:
    """POST /v1/checkout/sessions/{}/expire."""
    session = _named(request)
    if session.data["status"] != "open":
        raise invalid_request(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            f"of {session.data['status']}.",
            stored=True,
        )
    checkout.expire(request, session)
    return session.data


def _line_items(request: Request, data: JSON) -> JSON:
    session = request.find(_KIND, data["id"])
    return first_page(f"/v1/checkout/sessions/{session.id}/line_items", baskets.bought(session))


def _breakdown(request: Request, data: JSON) -> JSON:
    return baskets.breakdown(request, request.find(_KIND, data["id"]))


def _shipping_taxes(request: Request, data: JSON) -> list[JSON]:
    found: list[JSON] = request.find(_KIND, data["id"]).private.get("shipping_taxes", [])
    return found


def line_items(request: Request) -> JSON:
    """GET /v1/checkout/sessions/{}/line_items."""
    return listing_of(request, baskets.bought(_named(request)))


def _by_email(request: Request) -> Accept | None:
    email = request.params.get("customer_details", {}).get("email")
    return (lambda data: bool((data["customer_details"] or {}).get("email") == email)) if email else None


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/checkout/sessions",
    find=_named,
    create=Create(schemas.CREATE, create, schemas.RULES),
    update=Update(fields=schemas.UPDATE),
    list=List(
        fields=schemas.LIST,
        filters=("customer", "payment_intent", "payment_link", "status", "subscription"),
        accept=_by_email,
    ),
    more=(
        post("/v1/checkout/sessions/{}/expire", expire),
        get("/v1/checkout/sessions/{}/line_items", line_items, schemas.LINE_ITEMS),
        *payment_pages.ROUTES,
    ),
    linked=("payment_intent", "customer", "invoice"),
    included={
        "line_items": _line_items,
        "shipping_cost.taxes": _shipping_taxes,
        "total_details.breakdown": _breakdown,
    },
)
