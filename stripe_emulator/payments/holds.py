"""Manual capture: money reserved first, taken or released later ("Place a hold on a payment method")."""

from __future__ import annotations

from stripe_emulator.entity import Entity
from stripe_emulator.payments import charges
from stripe_emulator.work import Work


def hold(work: Work, intent: Entity, made: Entity) -> None:
    """Manual capture: the money is reserved only ("Place a hold on a payment method")."""
    intent.data |= {"status": "requires_capture", "amount_capturable": made.data["amount"]}
    work.save(intent)
    work.emit("charge.succeeded", made.data)
    work.emit("payment_intent.amount_capturable_updated", intent.data)


def capture(work: Work, intent: Entity, amount: int) -> None:
    """Take what was held: `charge.captured`, `payment_intent.succeeded`."""
    made = work.find("charge", intent.data["latest_charge"])
    charges.capture(work, made, amount)
    charges.book(work, made, later=False)
    if amount < made.data["amount"]:
        made.data["amount_refunded"] = made.data["amount"] - amount
    intent.data |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    work.save(intent)
    work.emit("charge.captured", made.data, {"captured": False, "amount_captured": 0})
    work.emit("payment_intent.succeeded", intent.data)


def release(work: Work, intent: Entity) -> None:
    """Give it up; Stripe shows the charge as refunded."""
    made = work.find("charge", intent.data["latest_charge"])
    intent.data["amount_capturable"] = 0
    made.data |= {"refunded": True, "amount_refunded": made.data["amount"]}
    work.save(made)
    work.emit("charge.refunded", made.data, {"amount_refunded": 0, "refunded": False})
