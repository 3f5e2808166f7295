"""Invoices: of paid sessions (`invoice_creation`), and those that a shop creates itself ("How invoicing works")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.errors import card_error
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.invoice import invoice_tax, new_invoice, new_invoice_line
from stripe_emulator.payments import intents
from stripe_emulator.payments.checkout import baskets
from stripe_emulator.storage.entity import Entity


def create_for_session(context: Context, session: Entity) -> None:
    """Create the paid invoice of a session that asks for one ("Post-purchase invoices")."""
    data = session.data
    if not data["invoice_creation"]["enabled"] or data["invoice"]:
        return
    given = {name: value for name, value in data["invoice_creation"]["invoice_data"].items() if value}
    customer = context.find("customer", data["customer"], in_path=True)
    made = new_invoice({**given, "collection_method": "send_invoice"}, customer.data, data["currency"], context.now())
    details = data["customer_details"]
    made |= {
        "automatic_tax": {"disabled_reason": None, **data["automatic_tax"]},
        "customer_address": details["address"],
        "customer_email": details["email"],
        "customer_name": details["business_name"] or details["name"],
        "customer_phone": details["phone"],
        "customer_tax_exempt": details["tax_exempt"],
        "customer_tax_ids": details["tax_ids"],
        "rendering": given.get("rendering_options") and {
            "amount_tax_display": given["rendering_options"]["amount_tax_display"],
            "pdf": {"page_size": "auto"},
            "template": None,
            "template_version": None,
        },
    }  # fmt: skip
    _copy_sums(context, session, made)
    invoice = context.add("invoice", made, {"base_url": session.private.get("base_url", ""), "session": session.id})
    data["invoice"] = invoice.id
    context.emit("invoice.created", made)
    finalize(context, invoice)
    if made["status"] != "paid":
        _mark_paid(context, invoice)


def _copy_sums(context: Context, session: Entity, invoice: JSON) -> None:
    data, discount = session.data, session.private.get("discount")
    if discount:
        # Invoices name their discounts by id, and expand them.
        context.add("discount", {**discount, "invoice": invoice["id"]})
    lines = []
    for line in baskets.bought(session):
        amounts = context.get(baskets.AMOUNTS, line["id"]) if session.private.get("itemized") else None
        own = new_invoice_line(
            invoice["id"],
            line["currency"],
            line["description"],
            line["amount_subtotal"],
            context.now(),
            quantity=line["quantity"],
        )
        own["pricing"] = {
            "price_details": {"price": line["price"]["id"], "product": line["price"]["product"]},
            "type": "price_details",
            "unit_amount_decimal": line["price"]["unit_amount_decimal"],
        }
        own["discount_amounts"] = [{"amount": line["amount_discount"], "discount": discount["id"]}] if discount else []
        own["taxes"] = [invoice_tax(tax) for tax in amounts.data["taxes"]] if amounts else []
        lines.append(own)
    taxes = [invoice_tax(tax) for tax in baskets.breakdown(context, session)["taxes"]]
    off, subtotal, total = data["total_details"]["amount_discount"], data["amount_subtotal"], data["amount_total"]
    included = sum(tax["amount"] for line in lines for tax in line["taxes"] if tax["tax_behavior"] == "inclusive")
    invoice["lines"]["data"] = lines
    invoice |= {
        "amount_due": total,
        "amount_remaining": total,
        "amount_shipping": data["total_details"]["amount_shipping"],
        "discounts": [discount["id"]] if discount else [],
        "shipping_cost": data["shipping_cost"],
        "shipping_details": _shipping_details(session),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - included,
        "total": total,
        "total_discount_amounts": [{"amount": off, "discount": discount["id"]}] if discount else [],
        "total_excluding_tax": total - data["total_details"]["amount_tax"],
        "total_taxes": taxes,
    }


def _shipping_details(session: Entity) -> JSON | None:
    shipping = session.private.get("shipping")
    return {"carrier": None, "phone": None, "tracking_number": None, **shipping} if shipping else None


def add_items(context: Context, invoice: Entity, items: list[Entity]) -> None:
    """Move pending invoice items to a draft, and compute its sums."""
    data = invoice.data
    for item in items:
        own = item.data
        line = new_invoice_line(invoice.id, own["currency"], own["description"], own["amount"], context.now())
        line["metadata"] = own["metadata"]
        line["parent"] = {
            "invoice_item_details": {
                "invoice_item": item.id,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
        data["lines"]["data"].append(line)
        own["invoice"] = invoice.id
        context.save(item)
    total = sum(line["amount"] for line in data["lines"]["data"])
    sums = ("amount_due", "amount_remaining", "subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax")
    data |= dict.fromkeys(sums, total)
    context.save(invoice)


def finalize(context: Context, invoice: Entity) -> None:
    """Finalize a draft: it gets its number and its page. If nothing is due, it is paid."""
    customer = context.find("customer", invoice.data["customer"], in_path=True)
    sequence = customer.data["next_invoice_sequence"]
    customer.data["next_invoice_sequence"] = sequence + 1
    context.save(customer)
    url, now = f"{invoice.private.get('base_url', '')}/c/pay/invoice/{invoice.id}", context.now()
    invoice.data |= {
        "effective_at": now,
        "ending_balance": 0,
        "hosted_invoice_url": url,
        "invoice_pdf": f"{url}/pdf",
        "number": invoice.data["number"] or f"{customer.data['invoice_prefix']}-{sequence:04}",
        "status": "open",
    }
    invoice.data["status_transitions"]["finalized_at"] = now
    context.save(invoice)
    context.emit("invoice.finalized", invoice.data)
    if invoice.data["amount_due"] == 0:
        _mark_paid(context, invoice)


def pay(context: Context, invoice: Entity, method: Entity) -> None:
    """Pay an open invoice with a PaymentMethod. Raises a 402 if that fails, or needs authentication."""
    data = invoice.data
    data |= {"attempt_count": data["attempt_count"] + 1, "attempted": True}
    intent = context.get("payment_intent", invoice.private.get("payment_intent"))
    if intent is None:
        params = {
            "amount": data["amount_due"],
            "currency": data["currency"],
            "customer": data["customer"],
            "description": data["description"],
            "payment_method_types": [method.data["type"]],
        }
        intent = intents.create(context, params, {"base_url": invoice.private.get("base_url", "")})
        invoice.private["payment_intent"] = intent.id
    intents.attempt(context, intent, method)
    if intent.data["status"] == "succeeded":
        _mark_paid(context, invoice)
        return
    context.save(invoice)
    context.emit("invoice.payment_failed", data)
    if intent.data["status"] == "requires_action":
        context.emit("invoice.payment_action_required", data)
        message = "This payment requires additional user action before it can be completed successfully."
        error = {"code": "invoice_payment_intent_requires_action", "message": message}
        raise card_error(402, {**error, "payment_intent": intent.data})
    intents.raise_last_error(intent)


def mark_paid_out_of_band(context: Context, invoice: Entity) -> None:
    """Mark an invoice as paid outside Stripe."""
    invoice.data["amount_paid_off_stripe"] = invoice.data["amount_due"]
    _mark_paid(context, invoice)


def _mark_paid(context: Context, invoice: Entity) -> None:
    data = invoice.data
    data |= {"amount_paid": data["amount_due"], "amount_remaining": 0, "attempted": True, "status": "paid"}
    data["status_transitions"]["paid_at"] = context.now()
    context.save(invoice)
    context.emit("invoice.paid", data)
    context.emit("invoice.payment_succeeded", data)


def void(context: Context, invoice: Entity) -> None:
    """Void an open invoice, which can't be paid any more."""
    _close(context, invoice, "void", "voided_at", "invoice.voided")


def mark_uncollectible(context: Context, invoice: Entity) -> None:
    """Mark an open invoice as uncollectible."""
    _close(context, invoice, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")


def _close(context: Context, invoice: Entity, status: str, at: str, event: str) -> None:
    invoice.data["status"] = status
    invoice.data["status_transitions"][at] = context.now()
    if unpaid := context.get("payment_intent", invoice.private.get("payment_intent")):
        intents.cancel(context, unpaid, "void_invoice")
    context.save(invoice)
    context.emit(event, invoice.data)
