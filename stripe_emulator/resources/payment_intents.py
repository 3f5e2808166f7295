"""`/v1/payment_intents` ("Payment Intents")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import StripeError, card_error, invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.money import MAXIMUM, display, least
from stripe_emulator.objects.payment_intent import method_options
from stripe_emulator.pagination import listing
from stripe_emulator.payments import checkout, holds, intents, methods
from stripe_emulator.payments.declines import DECLINES, error_hash
from stripe_emulator.resources import payment_intent_params as schemas
from stripe_emulator.resources.payment_methods import from_data
from stripe_emulator.resources.updating import change
from stripe_emulator.routing import Route, get, post

_KIND = "payment_intent"
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = (*_CONFIRMABLE, "requires_capture", "processing")


def create(call: Call) -> JSON:
    """POST /v1/payment_intents."""
    params = dict(call.params)
    check_amount(params["amount"], params["currency"])
    if "customer" in params:
        call.find("customer", params["customer"], "customer")
    if "payment_method_types" not in params:
        params.setdefault("automatic_payment_methods", {"allow_redirects": "always", "enabled": True})
    method = _method(call)
    params["payment_method"] = method.id if method else None
    intent = intents.create(call, params)
    if params.get("confirm"):
        _confirm(call, intent, method)
    elif "return_url" in params:
        raise invalid_request("You may only specify a `return_url` if you set `confirm` to true.", param="return_url")
    return intent.data


def check_amount(amount: int, currency: str) -> None:
    """Raises for what is too little or too much to charge."""
    smallest = least(currency)
    if amount < smallest:
        message = f"Amount must be at least {display(smallest, currency)} {currency}"
        raise invalid_request(message, param="amount", code="amount_too_small")
    if amount > MAXIMUM:
        message = f"Amount must be no more than {display(MAXIMUM, currency)} {currency}"
        raise invalid_request(message, param="amount", code="amount_too_large")


def _method(call: Call) -> Entity | None:
    if "payment_method" in call.params:
        return methods.find(call, call.params["payment_method"])
    if "payment_method_data" in call.params:
        return from_data(call, call.params["payment_method_data"], "payment_method_data")
    return None


def retrieve(call: Call) -> JSON:
    """GET /v1/payment_intents/{}."""
    return call.named(_KIND, "intent").data


def update(call: Call) -> JSON:
    """POST /v1/payment_intents/{}."""
    intent = call.named(_KIND, "intent")
    params = call.params
    if "amount" in params or "currency" in params:
        _require(intent, _CONFIRMABLE, "update")
        asked = {**intent.data, **params}
        check_amount(asked["amount"], asked["currency"])
    method = _method(call)
    call.params = {name: value for name, value in params.items() if not name.startswith("payment_method")}
    change(call, intent, None)
    if "payment_method_types" in params:
        intent.data["payment_method_types"] = params["payment_method_types"]
    if options := params.get("payment_method_options"):
        intent.data["payment_method_options"] = method_options(intent.data["payment_method_types"], options)
    if method:
        intent.data |= {"payment_method": method.id, "status": "requires_confirmation"}
    call.params = params
    return intent.data


def confirm(call: Call) -> JSON:
    """POST /v1/payment_intents/{}/confirm."""
    intent = call.named(_KIND, "intent")
    _require(intent, _CONFIRMABLE, "confirm")
    method = _method(call) or call.get("payment_method", intent.data["payment_method"])
    for name in ("capture_method", "receipt_email", "setup_future_usage", "shipping"):
        if name in call.params:
            intent.data[name] = call.params[name]
    if options := call.params.get("payment_method_options"):
        intent.data["payment_method_options"] = method_options(intent.data["payment_method_types"], options)
    _confirm(call, intent, method)
    return intent.data


def _confirm(call: Call, intent: Entity, method: Entity | None) -> None:
    if method is None:
        raise invalid_request(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    _check_type(intent, method)
    params = call.params
    intent.private |= {
        "return_url": params.get("return_url"),
        "action_url": f"{call.base_url}/c/pay/intent/{intent.id}",
    }
    off_session = params.get("off_session", "false") != "false"
    intents.attempt(call, intent, method, off_session=off_session)
    checkout.follow(call, intent)
    if intent.data["status"] == "requires_action" and params.get("error_on_requires_action"):
        raise _needs_authentication(method)
    intents.raise_last_error(intent)


def _needs_authentication(method: Entity) -> StripeError:
    """402 with nothing done: the caller wanted no payment that needs the buyer."""
    error = card_error(402, error_hash(DECLINES["authentication_required"], charge=None, method=method.data))
    error.stored = False
    return error


def _check_type(intent: Entity, method: Entity) -> None:
    allowed = intent.data["payment_method_types"]
    kind = method.data["type"]
    if kind not in allowed and not intent.data["automatic_payment_methods"]:
        raise invalid_request(
            f"The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. Please attach a "
            f"PaymentMethod of one of the following types: {', '.join(allowed)}.",
            param="payment_method",
            code="payment_intent_incompatible_payment_method",
        )


def _require(intent: Entity, states: tuple[str, ...], what: str) -> None:
    status = intent.data["status"]
    if status not in states:
        message = f"This PaymentIntent's status is {status}, but you can only {what} one of these: {', '.join(states)}."
        if what == "confirm" and status == "succeeded":
            message = (
                "You cannot confirm this PaymentIntent because it has already succeeded after being previously "
                "confirmed."
            )
        error = invalid_request(message, code="payment_intent_unexpected_state", stored=True)
        error.error["payment_intent"] = intent.data
        raise error


def capture(call: Call) -> JSON:
    """POST /v1/payment_intents/{}/capture."""
    intent = call.named(_KIND, "intent")
    _require(intent, ("requires_capture",), "capture")
    held: int = intent.data["amount_capturable"]
    amount: int = call.params.get("amount_to_capture", held)
    if amount > held:
        message = f"The requested capture amount is greater than the amount you can capture for this charge: {held}."
        raise invalid_request(message, param="amount_to_capture", code="amount_too_large")
    holds.capture(call, intent, amount)
    checkout.follow(call, intent)
    return intent.data


def cancel(call: Call) -> JSON:
    """POST /v1/payment_intents/{}/cancel."""
    intent = call.named(_KIND, "intent")
    session = call.get("checkout.session", intent.private.get("session"))
    if session and session.data["status"] == "open":
        message = "You cannot cancel this PaymentIntent because it belongs to an open Checkout Session. Expire that."
        raise invalid_request(message, code="payment_intent_unexpected_state", stored=True)
    _require(intent, _CANCELABLE, "cancel")
    intents.cancel(call, intent, call.params.get("cancellation_reason"))
    return intent.data


def list_intents(call: Call) -> JSON:
    """GET /v1/payment_intents."""
    return listing(call, _KIND, call.given("customer"))


ROUTES: list[Route] = [
    post("/v1/payment_intents", create, schemas.CREATE),
    get("/v1/payment_intents", list_intents, schemas.LIST),
    get("/v1/payment_intents/{}", retrieve),
    post("/v1/payment_intents/{}", update, schemas.UPDATE),
    post("/v1/payment_intents/{}/confirm", confirm, schemas.CONFIRM),
    post("/v1/payment_intents/{}/capture", capture, schemas.CAPTURE),
    post("/v1/payment_intents/{}/cancel", cancel, schemas.CANCEL),
]
