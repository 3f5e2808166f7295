"""What the page of one order shows above Django's own fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from app.payments.admin.actions import ReadOnly
from app.payments.admin.order import timeline
from app.payments.admin.order.actions import ACTIONS
from app.payments.admin.order.links import buyer_page, stripe_page
from app.payments.admin.order.refund_form import RefundForm
from app.payments.currencies import format_amount
from app.payments.models import Order, Refund
from app.payments.stripe import client
from app.payments.stripe.http import BRIEF
from app.web.outages import release_connection
from app.web.problems import Problem


@dataclass(frozen=True)
class Fact:
    """A line of the page: a name and its value, which can be a link."""

    name: str
    value: str
    link: str = ""


def context(page: ReadOnly, request: HttpRequest, order: Order) -> dict[str, Any]:
    """Return the template's context. Asks Stripe how a paid order was paid; without a response, the page says so."""
    lines = [
        (item, format_amount(item.unit_amount, order.currency), format_amount(item.sum, order.currency))
        for item in order.lines
    ]
    may_refund = page.has_refund_permission(request) and order.amount_refundable > 0
    return {
        "order": order,
        "title": f"Order of {format_amount(order.amount_due, order.currency)}",
        "subtitle": None,
        "summary": _summary(order),
        "lines": lines,
        "amounts": [(name, format_amount(amount, order.currency)) for name, amount in _amounts(order)],
        "payment": [*_method(order), *_ids(order)],
        "steps": timeline.steps(order),
        "buttons": [
            (action, action.button(order))
            for action in ACTIONS.values()
            if getattr(page, f"has_{action.permission}_permission")(request) and action.is_possible(order)
        ],
        "refund_form": RefundForm(order, None) if may_refund else None,
        "refundable": format_amount(order.amount_refundable, order.currency),
    }


def _summary(order: Order) -> list[Fact]:
    email = order.customer_email
    facts = [
        Fact("Order", str(order.pk)),
        Fact("Created", _second(order.created_at)),
        Fact("Paid", _second(order.paid_at) if order.paid_at else "not yet"),
        Fact("Last change", _second(order.updated_at)),
        Fact("Customer", email or "unknown", f"mailto:{email}" if email else ""),
        *([Fact("Phone", order.customer_phone)] if order.customer_phone else []),
        *([Fact("Ship to", ", ".join(order.shipping_lines))] if order.shipping_lines else []),
        *([Fact("Personal data", f"erased {_second(order.erased_at)}")] if order.erased_at else []),
        *([Fact("Reference", order.reference)] if order.reference else []),
        *(Fact(key, value) for key, value in order.metadata.items()),
        Fact("Buyer’s page", "Open", buyer_page(order)),
    ]
    return facts if order.livemode else [*facts, Fact("Mode", "test: no real money")]


def _amounts(order: Order) -> list[tuple[str, int]]:
    requested = sum(refund.amount for refund in order.refunds.all() if refund.status == Refund.Status.REQUESTED)
    found = [*order.surcharges, ("Paid" if order.is_paid else "To pay", order.amount_due)]
    if order.tax_included:
        found.append(("Tax included", order.tax_included))
    if order.amount_refunded:
        found.append(("Refunded", -order.amount_refunded))
    if requested:
        found.append(("Refund not confirmed yet", -requested))
    if order.amount_refunded or requested:
        found.append(("Left", order.amount_refundable))
    return found


def _method(order: Order) -> list[Fact]:
    """Ask Stripe what was charged: the events don't tell."""
    if not order.is_paid or not order.stripe_session_id:
        return []
    release_connection()
    try:
        session = client.retrieve_session(order.stripe_session_id, limits=BRIEF)
    except Problem as problem:
        return [Fact("Method", f"unknown: {problem.detail}")]
    intent = session.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    if not isinstance(charge, dict):
        return [Fact("Method", "no charge")]
    charge_id = str(charge.get("id", ""))
    return [
        Fact("Method", describe_method(charge.get("payment_method_details"))),
        Fact("Charge", charge_id, stripe_page(charge_id, livemode=order.livemode)),
    ]


def describe_method(details: Any) -> str:
    """Return a charge's payment method in words (Stripe: "The Charge object", `payment_method_details`)."""
    if not isinstance(details, dict) or not isinstance(details.get("type"), str):
        return "unknown"
    kind: str = details["type"]
    inner = details.get(kind)
    inner = inner if isinstance(inner, dict) else {}
    name = str(inner.get("brand") or inner.get("bank_name") or kind).replace("_", " ")
    last4 = inner.get("last4")
    return f"{name[:1].upper()}{name[1:]}" + (f" ending in {last4}" if last4 else "")


def _ids(order: Order) -> list[Fact]:
    named = {"Checkout Session": order.stripe_session_id or "", "PaymentIntent": order.stripe_payment_intent_id}
    facts = [Fact(name, id_, stripe_page(id_, livemode=order.livemode)) for name, id_ in named.items() if id_]
    for id_, (amount, status) in order.parsed_facts.own.refunds.items():
        words = f"{format_amount(amount, order.currency)}, {status.replace('_', ' ')}: {id_}"
        facts.append(Fact("Refund", words, stripe_page(id_, livemode=order.livemode)))
    for id_, status in order.parsed_facts.own.disputes.items():
        words = f"{status.replace('_', ' ')}: {id_}"
        facts.append(Fact("Dispute", words, stripe_page(id_, livemode=order.livemode)))
    return facts


def _second(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
