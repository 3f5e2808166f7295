"""`/v1/payment_methods` ("Payment Methods")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import card_error, invalid_request, missing_param
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.payment_method import billing_details, new_payment_method
from stripe_emulator.pagination import listing
from stripe_emulator.payments import methods
from stripe_emulator.payments.declines import DECLINES, error_hash
from stripe_emulator.resources import payment_method_params as schemas
from stripe_emulator.resources.updating import change
from stripe_emulator.routing import Route, get, post
from stripe_emulator.schema import merge_metadata

_KIND = "payment_method"


def from_data(call: Call, data: JSON, where: str = "") -> Entity:
    """A PaymentMethod from `payment_method_data` or the parameters of its creation. Raises `StripeError`."""
    kind = data["type"]
    billing = data.get("billing_details", {})
    if kind != "customer_balance" and kind not in data:
        raise missing_param(f"{where}[{kind}]" if where else kind)
    entity = _make(call, kind, data, billing)
    entity.data["metadata"] = merge_metadata({}, data.get("metadata"))
    entity.data["allow_redisplay"] = data.get("allow_redisplay", "unspecified")
    return entity


def _make(call: Call, kind: str, data: JSON, billing: JSON) -> Entity:
    if kind == "card":
        return _card(call, data["card"], billing)
    if kind == "sepa_debit":
        return methods.from_iban(call, data["sepa_debit"]["iban"], billing)
    if kind == "us_bank_account":
        given = data["us_bank_account"]
        number, routing = given.get("account_number", ""), given.get("routing_number", "")
        return methods.from_us_account(call, number, routing, billing)
    return call.add(_KIND, new_payment_method(kind, {}, billing, call.now()))


def _card(call: Call, given: JSON, billing: JSON) -> Entity:
    """By token, or by number: Stripe takes numbers in test mode only from accounts that asked for it."""
    if "token" in given:
        entity = methods.find(call, given["token"], "card[token]")
        entity.data["billing_details"] = billing_details(billing)
        return entity
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise missing_param(f"card[{name}]")
    return methods.from_number(call, given, billing)


def create(call: Call) -> JSON:
    """POST /v1/payment_methods."""
    if "type" not in call.params:
        raise missing_param("type")
    return from_data(call, call.params).data


def retrieve(call: Call) -> JSON:
    """GET /v1/payment_methods/{}. A test name answers a fresh PaymentMethod, as Stripe does."""
    found = call.get(_KIND, call.args[0])
    if found is None and call.args[0].startswith(("pm_card_", "pm_usBankAccount_")):
        found = methods.find(call, call.args[0])
        call.emulator.store.commit()
    return found.data if found else call.named(_KIND, "payment_method").data


def update(call: Call) -> JSON:
    """POST /v1/payment_methods/{}."""
    entity = call.named(_KIND, "payment_method")
    params = call.params
    if "billing_details" in params:
        merged = {**entity.data["billing_details"], **params["billing_details"]}
        params["billing_details"] = billing_details(merged)
    if "card" in params:
        params["card"] = {**entity.data["card"], **params["card"]}
    change(call, entity, "payment_method.updated" if entity.data["customer"] else None)
    return entity.data


def attach(call: Call) -> JSON:
    """POST /v1/payment_methods/{}/attach."""
    if "customer" not in call.params:
        raise missing_param("customer")
    customer = call.find("customer", call.params["customer"], "customer")
    entity = methods.find(call, call.args[0])
    attach_to(call, entity, customer)
    return entity.data


def attach_to(call: Call, entity: Entity, customer: Entity) -> None:
    """Keep it for a customer. Raises 402 for cards that are refused when they are checked."""
    if entity.data["customer"] not in (None, customer.id):
        message = "The payment method you provided has already been attached to a customer."
        raise invalid_request(message, code="payment_method_unexpected_state", stored=True)
    card = methods.card_of(entity) if entity.data["type"] == "card" else None
    if card and card.decline and card.name != "chargeCustomerFail" and card.authentication == "none":
        raise card_error(402, error_hash(DECLINES[card.decline], charge=None, method=entity.data))
    if entity.data["customer"] is None:
        entity.data["customer"] = customer.id
        call.save(entity)
        call.emit("payment_method.attached", entity.data)


def detach(call: Call) -> JSON:
    """POST /v1/payment_methods/{}/detach."""
    entity = call.named(_KIND, "payment_method")
    before = entity.data["customer"]
    if before is None:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise invalid_request(message, code="payment_method_not_available", stored=True)
    entity.data["customer"] = None
    call.save(entity)
    call.emit("payment_method.detached", entity.data, {"customer": before})
    return entity.data


def list_methods(call: Call) -> JSON:
    """GET /v1/payment_methods."""
    return listing(call, _KIND, call.given("customer", "type", "allow_redisplay"))


def list_of_customer(call: Call) -> JSON:
    """GET /v1/customers/{}/payment_methods."""
    customer = call.named("customer", "customer")
    return listing(call, _KIND, {"customer": customer.id, **call.given("type")})


ROUTES: list[Route] = [
    post("/v1/payment_methods", create, schemas.CREATE),
    get("/v1/payment_methods", list_methods, schemas.LIST),
    get("/v1/payment_methods/{}", retrieve),
    post("/v1/payment_methods/{}", update, schemas.UPDATE),
    post("/v1/payment_methods/{}/attach", attach, schemas.ATTACH),
    post("/v1/payment_methods/{}/detach", detach),
    get("/v1/customers/{}/payment_methods", list_of_customer, schemas.LIST),
]
