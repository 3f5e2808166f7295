"""`/v1/test_helpers/customers/{}/fund_cash_balance` ("Test helpers: fund a test mode cash balance")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments import checkout, intents, transfers
from stripe_emulator.routing import Route, post
from stripe_emulator.schema import EXPAND, Currency, Fields, Integer, String

_FUND: Fields = {
    **EXPAND,
    "amount": Integer(required=True, least=1),
    "currency": Currency(required=True),
    "reference": String(),
}


def fund(call: Call) -> JSON:
    """A bank transfer arrives: it goes to the payments that wait for it, what is left stays in the balance."""
    customer = call.named("customer")
    amount: int = call.params["amount"]
    currency: str = call.params["currency"]
    balance = customer.private.setdefault("cash", {})
    balance[currency] = balance.get(currency, 0) + amount
    transaction = _transaction(call, customer, amount, balance[currency])
    call.emit("customer_cash_balance_transaction.created", transaction)
    for intent in transfers.waiting(call, customer.id, currency):
        _pay(call, customer, intent)
    call.save(customer)
    if balance[currency]:
        call.emit("cash_balance.funds_available", _cash_balance(customer))
    return transaction


def _pay(call: Call, customer: Entity, intent: Entity) -> None:
    currency = intent.data["currency"]
    balance = customer.private["cash"]
    used = min(balance[currency], intent.private["remaining"])
    if not used:
        return
    balance[currency] -= used
    if used < intent.private["remaining"]:
        transfers.apply(call, intent, used)
        return
    method = call.find("payment_method", intent.data["payment_method"])
    intent.private.pop("remaining")
    intent.data["next_action"] = None
    intents.receive(call, intent, method)
    checkout.follow(call, intent)


def _transaction(call: Call, customer: Entity, amount: int, ending: int) -> JSON:
    return {
        "id": new_id("ccsbtxn"),
        "object": "customer_cash_balance_transaction",
        "created": call.now(),
        "currency": call.params["currency"],
        "customer": customer.id,
        "customer_account": None,
        "ending_balance": ending,
        "funded": {"bank_transfer": {"reference": call.params.get("reference"), "type": "eu_bank_transfer"}},
        "livemode": False,
        "net_amount": amount,
        "type": "funded",
    }


def _cash_balance(customer: Entity) -> JSON:
    return {
        "object": "cash_balance",
        "available": dict(customer.private["cash"]),
        "customer": customer.id,
        "customer_account": None,
        "livemode": False,
        "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
    }


ROUTES: list[Route] = [post("/v1/test_helpers/customers/{}/fund_cash_balance", fund, _FUND)]
