"""`expand[]`: ids replaced by their objects, up to four levels deep ("Expanding responses")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stripe_emulator.call import Call
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON

#: Which fields of which object are ids that can be expanded, and what kind they point to.
EXPANDABLE: Mapping[str, Mapping[str, str]] = {
    "checkout.session": {
        "customer": "customer",
        "payment_intent": "payment_intent",
        "invoice": "invoice",
        "payment_link": "payment_link",
        "setup_intent": "setup_intent",
        "subscription": "subscription",
    },
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "payment_method": "payment_method",
        "review": "review",
        "application": "application",
        "on_behalf_of": "account",
        "source": "source",
    },
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "application": "application",
        "application_fee": "application_fee",
        "on_behalf_of": "account",
        "review": "review",
        "source_transfer": "transfer",
        "transfer": "transfer",
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "customer": "customer",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "payment_method": "payment_method",
        "source_transfer_reversal": "transfer_reversal",
        "transfer_reversal": "transfer_reversal",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "radar.early_fraud_warning": {"charge": "charge", "payment_intent": "payment_intent"},
    "product": {"default_price": "price", "tax_code": "tax_code"},
    "price": {"product": "product"},
    "payment_method": {"customer": "customer"},
    "card": {"customer": "customer", "account": "account"},
    "customer": {"default_source": "card", "test_clock": "test_helpers.test_clock"},
    "balance_transaction": {"source": ""},
    "subscription": {
        "customer": "customer",
        "default_payment_method": "payment_method",
        "latest_invoice": "invoice",
        "default_source": "card",
        "pending_setup_intent": "setup_intent",
        "schedule": "subscription_schedule",
        "application": "application",
        "on_behalf_of": "account",
        "test_clock": "test_helpers.test_clock",
    },
    "discount": {"customer": "customer", "promotion_code": "promotion_code"},
}

#: By id prefix, for fields that point to several kinds.
PREFIXES = {"ch": "charge", "py": "charge", "re": "refund", "du": "dispute"}

#: Fields that are left out unless expanded: how to compute each.
Included = Callable[[Call, JSON], Any]
INCLUDABLE: dict[tuple[str, str], Included] = {}

_DEPTH = 4


def includable(kind: str, name: str) -> Callable[[Included], Included]:
    """Register how an includable field of `kind` is computed."""

    def register(compute: Included) -> Included:
        INCLUDABLE[kind, name] = compute
        return compute

    return register


def expand(call: Call, data: JSON) -> JSON:
    """`data` with everything that `call` asked for. Raises for what can't be expanded."""
    for path in call.params.get("expand", ()):
        parts = tuple(path.split("."))
        if len(parts) - (parts[0] == "data") > _DEPTH:
            raise invalid_request(f"You cannot expand more than {_DEPTH} levels of a property.", param="expand")
        data = _apply(call, data, parts, path)
    return data


def _apply(call: Call, data: Any, parts: tuple[str, ...], path: str) -> Any:
    """A copy of `data` along the way, so stored objects stay as they are."""
    if data is None or not parts:
        return data
    if isinstance(data, list):
        return [_apply(call, item, parts, path) for item in data]
    name, rest = parts[0], parts[1:]
    if not isinstance(data, dict):
        raise _refuse(path)
    value = _resolve(call, data, name, path)
    return {**data, name: _apply(call, value, rest, path)}


def _resolve(call: Call, data: JSON, name: str, path: str) -> Any:
    kind = str(data.get("object", ""))
    value = data.get(name)
    if isinstance(value, dict | list):
        return value
    if compute := INCLUDABLE.get((kind, name)):
        return compute(call, data)
    target = EXPANDABLE.get(kind, {}).get(name)
    if target is None:
        raise _refuse(path)
    if not isinstance(value, str):
        return value
    entity = call.get(target or PREFIXES.get(value.partition("_")[0], ""), value)
    return entity.data if entity else value


def _refuse(path: str) -> Exception:
    return invalid_request(f"This property cannot be expanded ({path}).", param="expand")
