"""`/v1/invoices` ("Invoices"): those of sessions, and simple ones of pending invoice items."""

from __future__ import annotations

from collections.abc import Callable

from stripe_emulator.errors import StripeError, invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.invoice import new_invoice
from stripe_emulator.payments import invoices, methods
from stripe_emulator.resources.common import CLEARABLE
from stripe_emulator.routing.pagination import listing_of
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, Delete, List, Resource, Update
from stripe_emulator.routing.router import get, post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    PAGING,
    TIMED_PAGING,
    Array,
    Boolean,
    Currency,
    Field,
    Fields,
    Hash,
    Integer,
    Only,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.schema.rules import Rule, needs_any
from stripe_emulator.storage.entity import Entity

_KIND = "invoice"
_DAY = 24 * 3600


def _unsupported(names: str) -> dict[str, Field]:
    return dict.fromkeys(names.split(), Unsupported())


_CUSTOM_FIELD = Hash(fields={"name": String(required=True, longest=40), "value": String(required=True, longest=140)})
_CREATE: Fields = {
    **EXPAND,
    **_unsupported(
        """account_tax_ids application_fee_amount automatic_tax automatically_finalizes_at customer_account
        default_payment_method default_source default_tax_rates discounts effective_at from_invoice issuer number
        on_behalf_of payment_settings rendering shipping_cost shipping_details statement_descriptor subscription
        transfer_data"""
    ),
    # Nothing is finalized automatically, so that `true` would have no effect.
    "auto_advance": Only(field=Boolean()),
    "collection_method": choice("charge_automatically", "send_invoice"),
    "currency": Currency(),
    "custom_fields": Array(clearable=True, item=_CUSTOM_FIELD, most=4),
    "customer": String(),
    "days_until_due": Integer(least=0),
    "description": String(longest=1500),
    "due_date": Integer(),
    "footer": String(),
    "metadata": METADATA,
    "pending_invoice_items_behavior": choice("exclude", "include"),
}
_UPDATE: Fields = {
    **EXPAND,
    **_unsupported(
        """account_tax_ids application_fee_amount automatic_tax automatically_finalizes_at collection_method
        days_until_due default_payment_method default_source default_tax_rates discounts due_date effective_at issuer
        number on_behalf_of payment_settings rendering shipping_cost shipping_details statement_descriptor
        transfer_data"""
    ),
    "auto_advance": Only(field=Boolean()),
    "custom_fields": Array(clearable=True, item=_CUSTOM_FIELD, most=4),
    "description": CLEARABLE,
    "footer": CLEARABLE,
    "metadata": METADATA,
}
_LIST: Fields = {
    **TIMED_PAGING,
    **_unsupported("customer_account due_date subscription"),
    "collection_method": choice("charge_automatically", "send_invoice"),
    "customer": String(),
    "status": choice("draft", "open", "paid", "uncollectible", "void"),
}
_PAY: Fields = {
    **EXPAND,
    **_unsupported("forgive mandate off_session source"),
    "paid_out_of_band": Boolean(),
    "payment_method": String(),
}


def _only_sent(name: str) -> Rule:
    def broken(params: JSON) -> bool:
        return name in params and params.get("collection_method") != "send_invoice"

    return Rule(name, f"`{name}` can only be used with `collection_method` `send_invoice`.", broken)


_RULES = (
    needs_any(("customer",), "Missing required param: customer.", param="customer", code="parameter_missing"),
    Rule(
        "days_until_due",
        "You must pass `days_until_due` or `due_date` with `collection_method` `send_invoice`.",
        lambda params: (
            params.get("collection_method") == "send_invoice" and not {"days_until_due", "due_date"} & params.keys()
        ),
    ),
    _only_sent("days_until_due"),
    _only_sent("due_date"),
)


def create(request: Request) -> JSON:
    """POST /v1/invoices."""
    params = request.params
    customer = request.find("customer", params["customer"], "customer").data
    pending = [item for item in request.linked("invoiceitem", "customer", customer["id"]) if not item.data["invoice"]]
    currency = params.get("currency") or (pending[0].data["currency"] if pending else "usd")
    if "days_until_due" in params:
        params["due_date"] = request.now() + params["days_until_due"] * _DAY
    data = new_invoice(params, customer, currency, request.now())
    invoice = request.add(_KIND, data, {"base_url": request.base_url})
    if params.get("pending_invoice_items_behavior", "exclude") == "include":
        invoices.add_items(request, invoice, [item for item in pending if item.data["currency"] == currency])
    request.emit("invoice.created", data)
    return data


def _must_be(invoice: Entity, *states: str) -> None:
    if invoice.data["status"] not in states:
        raise invalid_request(
            f"This invoice is {invoice.data['status']}. Only an invoice with the status "
            f"{' or '.join(states)} allows this.",
            code="invoice_not_editable",
            stored=True,
        )


def _draft_only(request: Request, invoice: Entity) -> None:
    if request.params.keys() - {"expand", "metadata"}:
        _must_be(invoice, "draft")


def _deletable(request: Request, invoice: Entity) -> None:
    _must_be(invoice, "draft")
    for line in invoice.data["lines"]["data"]:
        if item := request.get("invoiceitem", line["parent"]["invoice_item_details"]["invoice_item"]):
            request.delete(item)


def finalize(request: Request) -> JSON:
    """POST /v1/invoices/{}/finalize."""
    invoice = request.named(_KIND)
    _must_be(invoice, "draft")
    invoices.finalize(request, invoice)
    return invoice.data


def pay(request: Request) -> JSON:
    """POST /v1/invoices/{}/pay: also finalizes a draft."""
    invoice = request.named(_KIND)
    if invoice.data["status"] == "paid":
        raise invalid_request("Invoice is already paid", stored=True)
    _must_be(invoice, "draft", "open", "uncollectible")
    if invoice.data["status"] == "draft":
        invoices.finalize(request, invoice)
    if invoice.data["status"] == "paid":
        return invoice.data  # nothing was due
    if request.params.get("paid_out_of_band"):
        invoices.mark_paid_out_of_band(request, invoice)
    else:
        invoices.pay(request, invoice, _method(request, invoice))
    return invoice.data


def _method(request: Request, invoice: Entity) -> Entity:
    """Return the payment method to charge: the given one, or the customer's. Raises `StripeError` without one."""
    if wanted := request.params.get("payment_method"):
        return methods.find(request, wanted)
    customer = request.find("customer", invoice.data["customer"]).data
    known = customer["invoice_settings"]["default_payment_method"]
    if known:
        return methods.find(request, known)
    raise _no_method()


def _no_method() -> StripeError:
    message = "Cannot charge the customer because it has no default payment method. Add one, or pass `payment_method`."
    return invalid_request(message, code="resource_missing", stored=True)


def _act(act: Callable[[Request, Entity], None], *states: str) -> Callable[[Request], JSON]:
    def handler(request: Request) -> JSON:
        invoice = request.named(_KIND)
        _must_be(invoice, *states)
        act(request, invoice)
        return invoice.data

    return handler


def _send(request: Request, invoice: Entity) -> None:
    if invoice.data["status"] == "draft":
        invoices.finalize(request, invoice)
    request.emit("invoice.sent", invoice.data)


def lines(request: Request) -> JSON:
    """GET /v1/invoices/{}/lines."""
    return listing_of(request, request.named(_KIND).data["lines"]["data"])


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/invoices",
    create=Create(_CREATE, create, _RULES),
    update=Update(fields=_UPDATE, event="invoice.updated", before=_draft_only),
    delete=Delete(event="invoice.deleted", before=_deletable),
    list=List(fields=_LIST, filters=("collection_method", "customer", "status")),
    more=(
        post("/v1/invoices/{}/finalize", finalize, {**EXPAND, "auto_advance": Only(field=Boolean())}),
        post("/v1/invoices/{}/pay", pay, _PAY),
        post("/v1/invoices/{}/send", _act(_send, "draft", "open")),
        post("/v1/invoices/{}/void", _act(invoices.void, "open", "uncollectible")),
        post("/v1/invoices/{}/mark_uncollectible", _act(invoices.mark_uncollectible, "open")),
        get("/v1/invoices/{}/lines", lines, PAGING),
    ),
    linked=("customer",),
    # The payment of an invoice begins with `pay`.
    included={"confirmation_secret": lambda request, invoice: None},
)
