"""Early fraud warnings: the issuer suspects a charge before anyone disputes it ("Early fraud warnings")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.entity import Entity

KIND = "radar.early_fraud_warning"


def new_early_fraud_warning(charge: JSON, now: int) -> JSON:
    """What the issuer reports of a charge that its cardholder does not know."""
    return {
        "id": new_id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge["id"],
        "created": now,
        "fraud_type": "unauthorized_use_of_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }


def warn(context: Context, charge: Entity) -> None:
    """The charge stays as it is; `radar.early_fraud_warning.created` is all that happens."""
    warning = context.add(KIND, new_early_fraud_warning(charge.data, context.now()))
    charge.private["fraud_warning"] = warning.id
    context.save(charge)
    context.emit(f"{KIND}.created", warning.data)


def follow(context: Context, charge: Entity) -> None:
    """The charge was refunded or disputed, or its refund failed: is there still something to do about it?"""
    warning = context.get(KIND, charge.private.get("fraud_warning"))
    actionable = not (charge.data["refunded"] or charge.data["disputed"])
    if warning is None or warning.data["actionable"] is actionable:
        return
    warning.data["actionable"] = actionable
    context.save(warning)
    context.emit(f"{KIND}.updated", warning.data, {"actionable": not actionable})
