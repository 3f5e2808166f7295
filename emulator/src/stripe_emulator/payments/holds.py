"""Manual capture: authorize first, capture or release later ("Place a hold on a payment method")."""

from __future__ import annotations

from stripe_emulator.account.context import Context
from stripe_emulator.payments import charges
from stripe_emulator.storage.entity import Entity


def hold(context: Context, intent: Entity, made: Entity) -> None:
    """Authorize the amount without capturing it."""
    intent.data |= {"status": "requires_capture", "amount_capturable": made.data["amount"]}
    context.save(intent)
    context.emit("charge.succeeded", made.data)
    context.emit("payment_intent.amount_capturable_updated", intent.data)


def capture(context: Context, intent: Entity, amount: int) -> None:
    """Capture a hold: `charge.captured`, `payment_intent.succeeded`."""
    made = context.find("charge", intent.data["latest_charge"])
    charges.capture(context, made, amount)
    charges.book(context, made, later=False)
    if amount < made.data["amount"]:
        made.data["amount_refunded"] = made.data["amount"] - amount
    intent.data |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    context.save(intent)
    context.emit("charge.captured", made.data, {"captured": False, "amount_captured": 0})
    context.emit("payment_intent.succeeded", intent.data)


def release(context: Context, intent: Entity) -> None:
    """Release a hold; Stripe shows the charge as refunded."""
    made = context.find("charge", intent.data["latest_charge"])
    intent.data["amount_capturable"] = 0
    made.data |= {"refunded": True, "amount_refunded": made.data["amount"]}
    context.save(made)
    context.emit("charge.refunded", made.data, {"amount_refunded": 0, "refunded": False})
