"""Early fraud warnings: the issuer suspects a charge before anyone disputes it ("Early fraud warnings")."""

from __future__ import annotations

from stripe_emulator.entity import Entity
from stripe_emulator.objects.early_fraud_warning import new_early_fraud_warning
from stripe_emulator.work import Work

KIND = "radar.early_fraud_warning"


def warn(work: Work, charge: Entity) -> None:
    """The charge stays as it is; `radar.early_fraud_warning.created` is all that happens."""
    warning = work.add(KIND, new_early_fraud_warning(charge.data, work.now()))
    charge.private["fraud_warning"] = warning.id
    work.save(charge)
    work.emit(f"{KIND}.created", warning.data)


def follow(work: Work, charge: Entity) -> None:
    """The charge was refunded or disputed, or its refund failed: is there still something to do about it?"""
    warning = work.get(KIND, charge.private.get("fraud_warning"))
    actionable = not (charge.data["refunded"] or charge.data["disputed"])
    if warning is None or warning.data["actionable"] is actionable:
        return
    warning.data["actionable"] = actionable
    work.save(warning)
    work.emit(f"{KIND}.updated", warning.data, {"actionable": not actionable})
