"""`/v1/payment_intents` ("Payment Intents")."""

from __future__ import annotations

from stripe_emulator.currencies import CURRENCIES, display, fraction_error
from stripe_emulator.errors import StripeError, card_error, invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.charge import describe
from stripe_emulator.objects.payment_intent import method_options
from stripe_emulator.payments import checkout, holds, intents, methods
from stripe_emulator.payments.declines import DECLINES, error_hash
from stripe_emulator.resources.payments import payment_intent_params as schemas
from stripe_emulator.resources.payments.method_options import check_currency
from stripe_emulator.resources.payments.payment_methods import from_data
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.routing.router import get, post
from stripe_emulator.schema import merge_metadata
from stripe_emulator.storage.entity import Entity
from stripe_emulator.versions.behavior import default_capture_method, methods_are_automatic

_KIND = "payment_intent"
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = (*_CONFIRMABLE, "requires_capture", "processing")


def create(request: Request) -> JSON:
    """POST /v1/payment_intents."""
    params = dict(request.params)
    check_amount(params["amount"], params["currency"])
    check_currency(params.get("payment_method_types", ()), params["currency"])
    if "customer" in params:
        request.find("customer", params["customer"], "customer")
    params.setdefault("capture_method", default_capture_method(request.api_version))
    if "payment_method_types" not in params and methods_are_automatic(request.api_version):
        params.setdefault("automatic_payment_methods", {"allow_redirects": "always", "enabled": True})
    method = _method(request)
    params["payment_method"] = method.id if method else None
    intent = intents.create(request, params)
    if params.get("confirm"):
        _confirm(request, intent, method)
    return intent.data


def retrieve(request: Request) -> JSON:
    """GET /v1/payment_intents/{}."""
    intent = request.named(_KIND, "intent").data
    if request.params.get("client_secret", intent["client_secret"]) != intent["client_secret"]:
        message = "The client_secret provided does not match the client_secret associated with the PaymentIntent."
        raise invalid_request(message, param="client_secret", code="payment_intent_invalid_parameter")
    return intent


def check_amount(amount: int, currency: str) -> None:
    """Check the amount. Raises `StripeError` if it is too small, too large, or has a fraction that is not in use."""
    _, _, smallest, largest = CURRENCIES[currency]
    if amount < smallest:
        message = f"Amount must be at least {display(smallest, currency)} {currency}"
        raise invalid_request(message, param="amount", code="amount_too_small")
    if amount > largest:
        message = f"Amount must be no more than {display(largest, currency)} {currency}"
        raise invalid_request(message, param="amount", code="amount_too_large")
    if message := fraction_error(amount, currency):
        raise invalid_request(message, param="amount")


def _method(request: Request) -> Entity | None:
    if "payment_method" in request.params:
        return methods.find(request, request.params["payment_method"])
    if "payment_method_data" in request.params:
        return from_data(request, request.params["payment_method_data"], "payment_method_data")
    return None


def confirm(request: Request) -> JSON:
    """POST /v1/payment_intents/{}/confirm."""
    intent = request.named(_KIND, "intent")
    _require(intent, _CONFIRMABLE, "confirm")
    method = _method(request) or request.get("payment_method", intent.data["payment_method"])
    amount = request.params.get("amount_to_confirm", intent.data["amount"])
    if amount != intent.data["amount"]:
        message = (
            f"The `amount_to_confirm` ({amount}) does not match the PaymentIntent's amount ({intent.data['amount']})."
        )
        raise invalid_request(message, param="amount_to_confirm")
    intent.data |= request.given(
        "allowed_payment_method_types",
        "capture_method",
        "excluded_payment_method_types",
        "receipt_email",
        "setup_future_usage",
        "shipping",
    )
    _limit_types(request, intent)
    _confirm(request, intent, method)
    return intent.data


def _confirm(request: Request, intent: Entity, method: Entity | None) -> None:
    if method is None:
        raise invalid_request(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
            payment_intent=intent.data,
        )
    _check_type(intent, method)
    check_currency([method.data["type"]], intent.data["currency"], "payment_method")
    params = request.params
    before = {name: value for name in ("return_url", "use_stripe_sdk") if (value := intent.private.get(name))}
    if schemas.needs_return_url(before | params, intent.data["automatic_payment_methods"]):
        raise invalid_request(schemas.RETURN_URL.message, param="return_url")
    if method.data["type"] == "card" and intent.data["statement_descriptor"]:
        raise invalid_request(schemas.STATEMENT_DESCRIPTOR.message, param="statement_descriptor")
    _check_owner(request, intent, method)
    intent.private |= {
        "return_url": params.get("return_url") or before.get("return_url"),
        "action_url": f"{request.base_url}/c/pay/intent/{intent.id}",
        "use_stripe_sdk": params.get("use_stripe_sdk", False),
        "mandate_data": params.get("mandate_data"),
    }
    intents.attempt(request, intent, method, off_session=bool(params.get("off_session")))
    checkout.follow(request, intent)
    if intent.data["status"] == "requires_action" and params.get("error_on_requires_action"):
        raise _needs_authentication(method)
    intents.raise_last_error(intent)


def _needs_authentication(method: Entity) -> StripeError:
    """Return the 402 for `error_on_requires_action`; nothing is changed."""
    error = card_error(402, error_hash(DECLINES["authentication_required"], charge=None, method=method.data))
    error.stored = False
    return error


def _check_owner(request: Request, intent: Entity, method: Entity) -> None:
    """Reject a PaymentMethod of another customer, and one that was already used without a customer."""
    owner, customer = method.data["customer"], intent.data["customer"]
    if owner and not customer:
        message = (
            f"The payment method supplied ({method.id}) belongs to a customer. Please include the Customer in the "
            "`customer` parameter on the PaymentIntent."
        )
        raise invalid_request(message, param="payment_method")
    if owner and owner != customer:
        message = (
            f"The payment method supplied ({method.id}) does not belong to the Customer you supplied {customer}. "
            "Please use this payment method with the Customer that it belongs to instead."
        )
        raise invalid_request(message, param="payment_method")
    if not owner and method.private.get("used", intent.id) != intent.id:
        raise invalid_request(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
            "with a connected account without Customer attachment, or was detached from a Customer. It may not be used "
            "again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
            param="payment_method",
        )
    method.private["used"] = intent.id
    request.save(method)


def _check_type(intent: Entity, method: Entity) -> None:
    kind = method.data["type"]
    limited = intent.data["allowed_payment_method_types"]
    allowed = limited or intent.data["payment_method_types"]
    wrong = kind not in allowed and (limited or not intent.data["automatic_payment_methods"])
    if wrong or kind in (intent.data["excluded_payment_method_types"] or ()):
        raise invalid_request(
            f"The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. Please attach a "
            f"PaymentMethod of one of the following types: {', '.join(allowed)}.",
            param="payment_method",
            code="payment_intent_incompatible_payment_method",
        )


_UNEXPECTED = {
    "cancel": "You cannot cancel this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one "
    "of the following statuses may be canceled: {states}.",
    "capture": "This PaymentIntent could not be captured because it has a status of {status}. Only a PaymentIntent "
    "with one of the following statuses may be captured: {states}.",
    "confirm": "You cannot confirm this PaymentIntent because it has a status of {status}. Only a PaymentIntent with "
    "one of the following statuses may be confirmed: {states}.",
    "update": "This PaymentIntent's amount could not be updated because it has a status of {status}. You may only "
    "update the amount of a PaymentIntent with one of the following statuses: {states}.",
}


def _require(intent: Entity, states: tuple[str, ...], what: str) -> None:
    status = intent.data["status"]
    if status not in states:
        message = _UNEXPECTED[what].format(status=status, states=", ".join(states))
        if what == "confirm" and status == "succeeded":
            message = (
                "You cannot confirm this PaymentIntent because it has already succeeded after being previously "
                "confirmed."
            )
        error = invalid_request(message, code="payment_intent_unexpected_state", stored=True)
        error.error["payment_intent"] = intent.data
        raise error


def capture(request: Request) -> JSON:
    """POST /v1/payment_intents/{}/capture."""
    intent = request.named(_KIND, "intent")
    _require(intent, ("requires_capture",), "capture")
    if "statement_descriptor" in request.params:
        # Only card payments are captured manually here.
        raise invalid_request(schemas.STATEMENT_DESCRIPTOR.message, param="statement_descriptor")
    held: int = intent.data["amount_capturable"]
    amount: int = request.params.get("amount_to_capture", held)
    if amount > held:
        message = f"The requested capture amount is greater than the amount you can capture for this charge: {held}."
        raise invalid_request(message, param="amount_to_capture", code="amount_too_large")
    given = request.given("statement_descriptor_suffix")
    intent.data |= given
    intent.data["metadata"] = merge_metadata(intent.data["metadata"], request.params.get("metadata"))
    describe(request.find("charge", intent.data["latest_charge"]).data, given)
    holds.capture(request, intent, amount)
    checkout.follow(request, intent)
    return intent.data


def cancel(request: Request) -> JSON:
    """POST /v1/payment_intents/{}/cancel."""
    intent = request.named(_KIND, "intent")
    session = request.get("checkout.session", intent.private.get("session"))
    if session and session.data["status"] == "open":
        message = (
            "You cannot cancel this PaymentIntent because it belongs to an open Checkout Session. Expire the session "
            "instead."
        )
        raise invalid_request(message, code="payment_intent_unexpected_state", stored=True)
    _require(intent, _CANCELABLE, "cancel")
    intents.cancel(request, intent, request.params.get("cancellation_reason"))
    return intent.data


def _require_changeable(request: Request, intent: Entity) -> None:
    params = request.params
    currency: str = params.get("currency") or intent.data["currency"]
    check_currency(params.get("payment_method_types", ()), currency)
    if "amount" in params or "currency" in params:
        _require(intent, _CONFIRMABLE, "update")
        asked = {**intent.data, **params}
        check_amount(asked["amount"], asked["currency"])
    if "customer" in params:
        request.find("customer", params["customer"], "customer")


def _limit_types(request: Request, intent: Entity) -> None:
    """Set the payment method types, which replace the automatic ones, and their options."""
    params = request.params
    if "payment_method_types" in params:
        intent.data |= {"automatic_payment_methods": None, "payment_method_types": params["payment_method_types"]}
    if options := params.get("payment_method_options"):
        intent.data["payment_method_options"] = method_options(intent.data["payment_method_types"], options)


def _change_method(request: Request, intent: Entity, previous: JSON) -> None:
    method = _method(request)
    _limit_types(request, intent)
    if method:
        intent.data |= {"payment_method": method.id, "status": "requires_confirmation"}
    request.save(intent)


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/payment_intents",
    param="intent",
    retrieve=False,
    create=Create(schemas.CREATE, create, schemas.CREATE_RULES),
    update=Update(
        fields=schemas.UPDATE,
        rules=schemas.UPDATE_RULES,
        special=("payment_method", "payment_method_data", "payment_method_options", "payment_method_types"),
        before=_require_changeable,
        after=_change_method,
    ),
    list=List(fields=schemas.LIST, filters=("customer",)),
    more=(
        get("/v1/payment_intents/{}", retrieve, schemas.RETRIEVE),
        post("/v1/payment_intents/{}/confirm", confirm, schemas.CONFIRM, schemas.CONFIRM_RULES),
        post("/v1/payment_intents/{}/capture", capture, schemas.CAPTURE),
        post("/v1/payment_intents/{}/cancel", cancel, schemas.CANCEL),
    ),
    linked=("customer",),
)
