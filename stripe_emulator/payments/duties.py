"""What the agenda does with each kind of object when its moment has come."""

from __future__ import annotations

from collections.abc import Mapping

from stripe_emulator.agenda import Duty
from stripe_emulator.entity import Entity
from stripe_emulator.payments import checkout, intents, refunds
from stripe_emulator.work import Work


def _settle_intent(work: Work, intent: Entity) -> None:
    intents.settle(work, intent)
    checkout.follow(work, intent)


DUTIES: Mapping[str, Duty] = {
    "checkout.session": checkout.expire,
    "payment_intent": _settle_intent,
    "refund": refunds.settle,
}
