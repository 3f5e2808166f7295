"""Find orders by what a person has at hand: an email address, a reference, our id, or any of Stripe's ids."""

import json
import re
import uuid

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import IContains

from app.payments.models import Order, Refund, StripeEvent
from app.payments.stripe import client
from app.payments.stripe.http import BRIEF
from app.web.outages import release_connection

STRIPE_ID = re.compile(r"(cs|pi|evt|re|pyr|ch|py|du|dp)_\w{1,250}", re.ASCII)
START_OF_OUR_ID = re.compile(r"[0-9a-f][0-9a-f-]{7,35}", re.IGNORECASE)


def matching(term: str) -> Q:
    """Return the condition for the orders that `term` means.

    The charge, refund or dispute that is not known here is looked up at Stripe, which raises Problem if that fails.
    """
    found = STRIPE_ID.fullmatch(term)
    if found is None:
        condition = Q(customer_email__icontains=term) | Q(reference__icontains=term) | _in_metadata(term)
        return condition | _our_id(term) if START_OF_OUR_ID.fullmatch(term) else condition
    if Order.objects.filter(reference=term).exists():
        return Q(reference=term)  # it only looks like one of Stripe's ids
    match found[1]:
        case "cs":
            return Q(stripe_session_id=term) | Q(reason__contains=term)  # a review names the other session
        case "pi":
            return Q(stripe_payment_intent_id=term) | _of_event(stripe_payment_intent_id=term)
        case "evt":
            return _of_event(stripe_id=term)
        case "re" | "pyr" if Refund.objects.filter(stripe_id=term).exists():
            return Q(pk__in=Refund.objects.filter(stripe_id=term).values("order"))
    release_connection()
    payment_intent = client.find_payment(term, limits=BRIEF)
    return matching(payment_intent) if payment_intent.startswith("pi_") else Q(pk__in=())


def _in_metadata(term: str) -> Q:
    """Return the condition for a term in the JSON text, which is ASCII in SQLite only."""
    text = Cast("metadata", TextField())
    escaped = {json.dumps(term, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return Q(*(IContains(text, each) for each in escaped), _connector=Q.OR)


def _of_event(**which: str) -> Q:
    return Q(pk__in=StripeEvent.objects.filter(order__isnull=False, **which).values("order"))


def _our_id(term: str) -> Q:
    try:
        return Q(pk=uuid.UUID(term))
    except ValueError:
        return Q(pk__startswith=term.lower())
