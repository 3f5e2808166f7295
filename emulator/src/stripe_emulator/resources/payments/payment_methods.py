"""`/v1/payment_methods` ("Payment Methods")."""

from __future__ import annotations

from stripe_emulator.errors import card_error, invalid_request, missing_param
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.payment_method import billing_details, new_payment_method
from stripe_emulator.payments import methods
from stripe_emulator.payments.declines import DECLINES, error_hash
from stripe_emulator.resources.payments import payment_method_params as schemas
from stripe_emulator.routing.pagination import listing
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, List, Resource, Update
from stripe_emulator.routing.router import get, post
from stripe_emulator.schema import merge_metadata
from stripe_emulator.storage.entity import Entity

_KIND = "payment_method"


#: Required billing details of bank accounts.
_BILLING = {"sepa_debit": ("name", "email"), "us_bank_account": ("name",)}


def from_data(request: Request, data: JSON, where: str = "") -> Entity:
    """Create a PaymentMethod from `payment_method_data` or the parameters of its creation. Raises `StripeError`."""
    kind = data["type"]
    billing = data.get("billing_details", {})
    if kind != "customer_balance" and kind not in data:
        raise missing_param(_inside(where, kind))
    for other in schemas.KINDS:
        if other in data and other != kind:
            message = f"You may only specify `{other}` for a PaymentMethod of type {other}, not {kind}."
            raise invalid_request(message, param=_inside(where, other))
    for name in _BILLING.get(kind, ()):
        if not billing.get(name):
            raise missing_param(f"{_inside(where, 'billing_details')}[{name}]")
    entity = _make(request, kind, data, billing, where)
    entity.data["metadata"] = merge_metadata({}, data.get("metadata"))
    entity.data["allow_redisplay"] = data.get("allow_redisplay", "unspecified")
    return entity


def _inside(where: str, name: str) -> str:
    return f"{where}[{name}]" if where else name


def _make(request: Request, kind: str, data: JSON, billing: JSON, where: str) -> Entity:
    if kind == "card":
        return _card(request, data["card"], billing, _inside(where, "card"))
    if kind == "sepa_debit":
        return methods.from_iban(request, data["sepa_debit"]["iban"], billing)
    if kind == "us_bank_account":
        given = data["us_bank_account"]
        number, routing = given.get("account_number", ""), given.get("routing_number", "")
        entity = methods.from_us_account(request, number, routing, billing)
        own = {name: given[name] for name in ("account_holder_type", "account_type") if name in given}
        entity.data["us_bank_account"] = {**entity.data["us_bank_account"], **own}
        return entity
    return request.add(_KIND, new_payment_method(kind, {}, billing, request.now()))


def _card(request: Request, given: JSON, billing: JSON, where: str) -> Entity:
    """Create a card from a token or a number. (Stripe accepts numbers only from accounts that are enabled for it.)"""
    if "token" in given and len(given) > 1:
        other = next(name for name in given if name != "token")
        message = f"You may only specify one of these parameters: {where}[token], {where}[{other}]."
        raise invalid_request(message, param=f"{where}[token]")
    if "token" in given:
        entity = methods.find(request, given["token"], f"{where}[token]")
        entity.data["billing_details"] = billing_details(billing)
        return entity
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise missing_param(f"{where}[{name}]")
    return methods.from_number(request, given, billing)


def create(request: Request) -> JSON:
    """POST /v1/payment_methods."""
    if "type" not in request.params:
        raise missing_param("type")
    return from_data(request, request.params).data


def retrieve(request: Request) -> JSON:
    """GET /v1/payment_methods/{}. As at Stripe, a test name returns a new PaymentMethod."""
    found = request.get(_KIND, request.args[0])
    if found is None and request.args[0].startswith(("pm_card_", "pm_usBankAccount_")):
        found = methods.find(request, request.args[0])
        request.emulator.store.commit()
    return found.data if found else request.named(_KIND, "payment_method").data


def attach(request: Request) -> JSON:
    """POST /v1/payment_methods/{}/attach."""
    if "customer" not in request.params:
        raise missing_param("customer")
    customer = request.find("customer", request.params["customer"], "customer")
    entity = methods.find(request, request.args[0])
    attach_to(request, entity, customer)
    return entity.data


def attach_to(request: Request, entity: Entity, customer: Entity) -> None:
    """Attach it to a customer. Raises a 402 for cards that are declined when they are attached."""
    if entity.data["customer"] not in (None, customer.id):
        message = "The payment method you provided has already been attached to a customer."
        raise invalid_request(message, code="payment_method_unexpected_state", stored=True)
    card = methods.card_of(entity) if entity.data["type"] == "card" else None
    if card and card.decline and card.name != "chargeCustomerFail" and card.authentication == "none":
        raise card_error(402, error_hash(DECLINES[card.decline], charge=None, method=entity.data))
    methods.attach(request, entity, customer.id)


def detach(request: Request) -> JSON:
    """POST /v1/payment_methods/{}/detach."""
    entity = request.named(_KIND, "payment_method")
    before = entity.data["customer"]
    if before is None:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise invalid_request(message, code="payment_method_not_available", stored=True)
    entity.data["customer"] = None
    entity.private["used"] = "detached"
    request.save(entity)
    request.emit("payment_method.detached", entity.data, {"customer": before})
    return entity.data


def list_of_customer(request: Request) -> JSON:
    """GET /v1/customers/{}/payment_methods."""
    customer = request.named("customer", "customer")
    return listing(request, _KIND, {"customer": customer.id, **request.given("type", "allow_redisplay")})


def _merge(request: Request, entity: Entity) -> None:
    params = request.params
    if "billing_details" in params:
        merged = {**entity.data["billing_details"], **params["billing_details"]}
        params["billing_details"] = billing_details(merged)
    if "card" in params:
        params["card"] = {**entity.data["card"], **params["card"]}


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/payment_methods",
    param="payment_method",
    retrieve=False,
    create=Create(schemas.CREATE, create),
    update=Update(
        fields=schemas.UPDATE,
        event=lambda request, entity: "payment_method.updated" if entity.data["customer"] else None,
        before=_merge,
    ),
    list=List(fields=schemas.LIST, filters=("customer", "type", "allow_redisplay")),
    more=(
        get("/v1/payment_methods/{}", retrieve),
        post("/v1/payment_methods/{}/attach", attach, schemas.ATTACH),
        post("/v1/payment_methods/{}/detach", detach),
        get("/v1/customers/{}/payment_methods", list_of_customer, schemas.LIST_OF_CUSTOMER),
    ),
    linked=("customer",),
)
