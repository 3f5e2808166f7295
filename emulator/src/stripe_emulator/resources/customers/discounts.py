"""The discount of a customer ("Discounts")."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.discount import new_discount
from stripe_emulator.payments.checkout.discounts import redeemable
from stripe_emulator.routing.request import Request
from stripe_emulator.storage.entity import Entity


def give_discount(request: Request, customer: Entity, coupon: str | None) -> None:
    """Apply a coupon to a customer, replace it, or remove it (None)."""
    before = customer.data["discount"]
    after = None
    if coupon:
        found = redeemable(request, coupon, "coupon")
        found.data["times_redeemed"] += 1
        request.save(found)
        end = _end(request.now(), found.data["duration_in_months"])
        after = new_discount(coupon, request.now(), customer=customer.id, end=end)
    customer.data["discount"] = after
    request.save(customer)
    if before and after:
        request.emit("customer.discount.updated", after, {"source": before["source"]})
    elif after:
        request.emit("customer.discount.created", after)
    elif before:
        request.emit("customer.discount.deleted", before)


def _end(start: int, months: int | None) -> int | None:
    """Return the time after so many months: on the same day of the month, or on its last."""
    if months is None:
        return None
    first = datetime.fromtimestamp(start, UTC)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    day = min(first.day, monthrange(year, month + 1)[1])
    return int(first.replace(year=year, month=month + 1, day=day).timestamp())


def remove_discount(request: Request) -> JSON:
    """DELETE /v1/customers/{}/discount."""
    customer = request.named("customer")
    before = customer.data["discount"]
    if before is None:
        raise invalid_request("No active discount for customer: " + customer.id, status=404, code="resource_missing")
    give_discount(request, customer, None)
    return {"id": before["id"], "object": "discount", "deleted": True}
