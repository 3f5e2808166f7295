"""`/v1/invoiceitems` ("Invoice Items"): an amount that goes on a customer's next invoice."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments import invoices
from stripe_emulator.resources.common import CLEARABLE
from stripe_emulator.routing.pagination import Accept
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import Create, Delete, List, Resource, Update
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Boolean,
    Currency,
    Field,
    Fields,
    Integer,
    String,
    Unsupported,
)
from stripe_emulator.schema.rules import Rule, needs_any
from stripe_emulator.storage.entity import Entity

_KIND = "invoiceitem"


def _unsupported(names: str) -> dict[str, Field]:
    return dict.fromkeys(names.split(), Unsupported())


_OTHER = """discountable discounts period price_data pricing quantity quantity_decimal tax_behavior tax_code tax_rates
    unit_amount_decimal"""
_CREATE: Fields = {
    **EXPAND,
    **_unsupported(f"{_OTHER} customer_account subscription"),
    "amount": Integer(least=0, most=999_999_999_999),
    "currency": Currency(),
    "customer": String(),
    "description": String(),
    "invoice": String(),
    "metadata": METADATA,
}
_UPDATE: Fields = {
    **EXPAND,
    **_unsupported(f"{_OTHER} amount invoicing_rules"),
    "description": CLEARABLE,
    "metadata": METADATA,
}
_LIST: Fields = {
    **TIMED_PAGING,
    "customer": String(),
    "customer_account": Unsupported(),
    "invoice": String(),
    "pending": Boolean(),
}
_RULES = (
    needs_any(("customer",), "Missing required param: customer.", param="customer", code="parameter_missing"),
    needs_any(("amount",), "Missing required param: amount.", param="amount", code="parameter_missing"),
    Rule(
        "currency",
        "Missing required param: currency.",
        lambda params: "amount" in params and "currency" not in params,
        "parameter_missing",
    ),
)


def new_invoice_item(params: JSON, now: int) -> JSON:
    """Build a pending invoice item for an amount."""
    return {
        "id": new_id("ii"),
        "object": _KIND,
        "amount": params["amount"],
        "currency": params["currency"],
        "customer": params["customer"],
        "customer_account": None,
        "date": now,
        "description": params.get("description"),
        "discountable": True,
        "discounts": [],
        "frozen_fields": None,
        "invoice": None,
        "invoicing_rules": None,
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "net_amount": params["amount"],
        "parent": None,
        "period": {"end": now, "start": now},
        "pricing": None,
        "proration": False,
        "proration_details": None,
        "quantity": 1,
        "quantity_decimal": "1",
        "tax_rates": [],
        "test_clock": None,
    }


def create(request: Request) -> JSON:
    """POST /v1/invoiceitems."""
    params = request.params
    request.find("customer", params["customer"], "customer")
    invoice = request.find("invoice", params["invoice"], "invoice") if "invoice" in params else None
    if invoice and (invoice.data["status"] != "draft" or invoice.data["currency"] != params["currency"]):
        message = "Invoice items can only be added to a draft in the same currency."
        raise invalid_request(message, param="invoice", code="invoice_not_editable")
    item = request.add(_KIND, new_invoice_item(params, request.now()))
    if invoice:
        invoices.add_items(request, invoice, [item])
    request.emit("invoiceitem.created", item.data)
    return item.data


def _pending_only(request: Request, item: Entity) -> None:
    if item.data["invoice"]:
        message = "This invoice item is on an invoice, so it can't be changed."
        raise invalid_request(message, code="invoice_not_editable", stored=True)


def _accept(request: Request) -> Accept | None:
    pending = request.params.get("pending")
    return None if pending is None else (lambda data: (data["invoice"] is None) == pending)


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/invoiceitems",
    param="invoiceitem",
    create=Create(_CREATE, create, _RULES),
    update=Update(fields=_UPDATE, before=_pending_only),
    delete=Delete(event="invoiceitem.deleted", before=_pending_only),
    list=List(fields=_LIST, filters=("customer", "invoice"), accept=_accept),
    linked=("customer",),
)
