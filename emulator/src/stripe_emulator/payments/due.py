"""The scheduled change of each kind of object."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stripe_emulator.account.context import Context
from stripe_emulator.account.emulator import Emulator
from stripe_emulator.payments import checkout, disputes, intents, refunds
from stripe_emulator.storage.entity import Entity


def _settle_intent(context: Context, intent: Entity) -> None:
    intents.settle(context, intent)
    checkout.follow(context, intent)


_HANDLERS: Mapping[str, Callable[[Context, Entity], None]] = {
    "checkout.session": checkout.expire,
    "dispute": disputes.run_out,
    "payment_intent": _settle_intent,
    "refund": refunds.settle,
}


def handle_due(emulator: Emulator, entity: Entity) -> None:
    """Expire or settle the object."""
    _HANDLERS[entity.kind](Context(emulator), entity)
