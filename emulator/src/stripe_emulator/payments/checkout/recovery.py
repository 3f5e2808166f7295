"""Recovery of expired sessions ("Recover abandoned carts")."""

from __future__ import annotations

from copy import deepcopy

from stripe_emulator.account.context import Context
from stripe_emulator.errors import StripeError
from stripe_emulator.ids import new_id, new_secret, session_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments.checkout import baskets, discounts
from stripe_emulator.storage.entity import Entity

_DAY = 24 * 3600
#: What the buyer has done on the expired page, which the new one must not know.
_ENTERED = ("billing", "business_name", "itemized", "shipping", "tax_ids")


def offer(context: Context, session: Entity) -> None:
    """Give an expired session the URL of its recovery, which is valid for 30 days, if the shop has asked for it."""
    recovery = (session.data["after_expiration"] or {}).get("recovery")
    if recovery and recovery["enabled"]:
        url = f"{session.private.get('base_url', '')}/c/pay/recover/{session.id}"
        recovery |= {"expires_at": context.now() + 30 * _DAY, "url": url}


def recover(context: Context, session: Entity) -> Entity | None:
    """Return an open copy of an expired session: a new one, or the last one if it is still open.

    Returns None if the session can't be recovered, or no longer.
    """
    recovery = (session.data["after_expiration"] or {}).get("recovery")
    if not recovery or not recovery["url"] or recovery["expires_at"] <= context.now():
        return None
    last = context.get("checkout.session", session.private.get("recovered"))
    if last and last.data["status"] == "open":
        return last
    copy = _copied(context, session, recovery)
    session.private["recovered"] = copy.id
    context.save(session)
    return copy


def _copied(context: Context, session: Entity, recovery: JSON) -> Entity:
    wanted, now = session_id(), context.now()
    data, private = deepcopy(session.data), deepcopy(session.private)
    for name in _ENTERED:
        private.pop(name, None)
    for line in private["line_items"]:
        line["id"] = new_id("li")
    hosted = data["ui_mode"] == "hosted_page"
    data |= {
        "id": wanted,
        "after_expiration": {"recovery": {**recovery, "expires_at": None, "url": None}},
        "allow_promotion_codes": recovery["allow_promotion_codes"],
        "client_secret": None if hosted else new_secret(f"{wanted}_secret", 40),
        "consent": None,
        "created": now,
        "expires_at": now + _DAY,
        "payment_intent": None,
        "recovered_from": session.id,
        "status": "open",
        "url": f"{private.get('base_url', '')}/c/pay/{wanted}" if hosted else None,
    }
    copy = context.add("checkout.session", data, private, due=data["expires_at"])
    try:
        discounts.check_again(context, copy)
    except StripeError:
        discounts.remove(copy)
    baskets.update_totals(context, copy)
    return copy
