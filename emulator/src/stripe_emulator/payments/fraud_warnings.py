"""Early fraud warnings: the issuer suspects a charge before anyone disputes it ("Early fraud warnings")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.storage.entity import Entity

KIND = "radar.early_fraud_warning"


def new_early_fraud_warning(charge: JSON, now: int) -> JSON:
    """Build an early fraud warning for a charge."""
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
    """Emit `radar.early_fraud_warning.created`. Does not change the charge."""
    warning = context.add(KIND, new_early_fraud_warning(charge.data, context.now()))
    charge.private["fraud_warning"] = warning.id
    context.save(charge)
    context.emit(f"{KIND}.created", warning.data)


def follow(context: Context, charge: Entity) -> None:
    """Update `actionable` after the charge was refunded or disputed, or its refund failed."""
    warning = context.get(KIND, charge.private.get("fraud_warning"))
    actionable = not (charge.data["refunded"] or charge.data["disputed"])
    if warning is None or warning.data["actionable"] is actionable:
        return
    warning.data["actionable"] = actionable
    context.save(warning)
    context.emit(f"{KIND}.updated", warning.data, {"actionable": not actionable})
