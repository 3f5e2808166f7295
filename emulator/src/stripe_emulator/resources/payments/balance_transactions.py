"""`/v1/balance_transactions` and `/v1/balance` ("Balance Transactions", "Balance")."""

from __future__ import annotations

from collections import defaultdict

from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import List, Resource
from stripe_emulator.routing.router import get
from stripe_emulator.schema import TIMED_PAGING, Currency, Fields, String, Unsupported

_KIND = "balance_transaction"
_LIST: Fields = {
    **TIMED_PAGING,
    "currency": Currency(),
    "payout": Unsupported(),
    "source": String(),
    "type": String(),
}


def _current(request: Request, data: JSON) -> JSON:
    """Show a transaction as pending until it becomes available."""
    status = "available" if data["available_on"] <= request.now() else data["status"]
    return {**data, "status": status}


def balance(request: Request) -> JSON:
    """GET /v1/balance: the sum of the transactions that have not been pruned."""
    sums: dict[str, dict[str, int]] = {"available": defaultdict(int), "pending": defaultdict(int)}
    for entity in request.emulator.store.select("e.kind=?", (_KIND,)):
        data = _current(request, entity.data)
        sums[data["status"]][data["currency"]] += data["net"]
    shown = {state: [_amount(*each) for each in sorted(found.items())] for state, found in sums.items()}
    return {"object": "balance", **shown, "livemode": False}


def _amount(currency: str, amount: int) -> JSON:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/balance_transactions",
    show=_current,
    list=List(fields=_LIST, filters=("currency", "source", "type")),
    more=(get("/v1/balance", balance),),
    linked=("source",),
)
