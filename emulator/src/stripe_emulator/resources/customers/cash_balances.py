"""`/v1/test_helpers/customers/{}/fund_cash_balance` ("Test helpers: fund a test mode cash balance")."""

from __future__ import annotations

from stripe_emulator.ids import new_id
from stripe_emulator.jsontext import JSON
from stripe_emulator.payments import bank_transfers, checkout, intents
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.router import post
from stripe_emulator.schema import EXPAND, Currency, Fields, Integer, String
from stripe_emulator.storage.entity import Entity

_FUND: Fields = {
    **EXPAND,
    "amount": Integer(required=True, least=1),
    "currency": Currency(required=True),
    "reference": String(),
}


def fund(request: Request) -> JSON:
    """Receive a bank transfer: it pays waiting PaymentIntents, and the rest stays in the balance."""
    customer = request.named("customer")
    amount: int = request.params["amount"]
    currency: str = request.params["currency"]
    balance = customer.private.setdefault("cash", {})
    balance[currency] = balance.get(currency, 0) + amount
    transaction = _transaction(request, customer, amount, balance[currency])
    request.emit("customer_cash_balance_transaction.created", transaction)
    for intent in bank_transfers.waiting(request, customer.id, currency):
        _pay(request, customer, intent)
    request.save(customer)
    if balance[currency]:
        request.emit("cash_balance.funds_available", cash_balance(customer))
    return transaction


def _pay(request: Request, customer: Entity, intent: Entity) -> None:
    currency = intent.data["currency"]
    balance = customer.private["cash"]
    used = min(balance[currency], intent.private["remaining"])
    if not used:
        return
    balance[currency] -= used
    if used < intent.private["remaining"]:
        bank_transfers.apply(request, intent, used)
        return
    method = request.find("payment_method", intent.data["payment_method"])
    intent.private.pop("remaining")
    intent.data["next_action"] = None
    intents.receive(request, intent, method)
    checkout.follow(request, intent)


def _transaction(request: Request, customer: Entity, amount: int, ending: int) -> JSON:
    return {
        "id": new_id("ccsbtxn"),
        "object": "customer_cash_balance_transaction",
        "created": request.now(),
        "currency": request.params["currency"],
        "customer": customer.id,
        "customer_account": None,
        "ending_balance": ending,
        "funded": {"bank_transfer": {"reference": request.params.get("reference"), "type": "eu_bank_transfer"}},
        "livemode": False,
        "net_amount": amount,
        "type": "funded",
    }


def cash_balance(customer: Entity) -> JSON:
    """Build the customer's Cash Balance object."""
    return {
        "object": "cash_balance",
        "available": customer.private.get("cash") or None,
        "customer": customer.id,
        "customer_account": None,
        "livemode": False,
        "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
    }


FUND = post("/v1/test_helpers/customers/{}/fund_cash_balance", fund, _FUND)
