"""`/v1/balance_transactions` and `/v1/balance` ("Balance Transactions", "Balance")."""

from __future__ import annotations

from collections import defaultdict

from stripe_emulator.call import Call
from stripe_emulator.jsontext import JSON
from stripe_emulator.pagination import listing
from stripe_emulator.routing import Route, get
from stripe_emulator.schema import TIMED_PAGING, Currency, Fields, String, Unsupported

_KIND = "balance_transaction"
_LIST: Fields = {
    **TIMED_PAGING,
    "currency": Currency(),
    "payout": Unsupported(),
    "source": String(),
    "type": String(),
}


def retrieve(call: Call) -> JSON:
    """GET /v1/balance_transactions/{}."""
    return _current(call, call.named(_KIND).data)


def _current(call: Call, data: JSON) -> JSON:
    """Pending until the day it becomes available."""
    status = "available" if data["available_on"] <= call.now() else data["status"]
    return {**data, "status": status}


def list_transactions(call: Call) -> JSON:
    """GET /v1/balance_transactions."""
    page = listing(call, _KIND, call.given("currency", "source", "type"))
    page["data"] = [_current(call, data) for data in page["data"]]
    return page


def balance(call: Call) -> JSON:
    """GET /v1/balance: the sums of all that has not been pruned."""
    sums: dict[str, dict[str, int]] = {"available": defaultdict(int), "pending": defaultdict(int)}
    for entity in call.emulator.store.select("e.kind=?", (_KIND,)):
        data = _current(call, entity.data)
        sums[data["status"]][data["currency"]] += data["net"]
    shown = {state: [_amount(*each) for each in sorted(found.items())] for state, found in sums.items()}
    return {"object": "balance", **shown, "livemode": False}


def _amount(currency: str, amount: int) -> JSON:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


ROUTES: list[Route] = [
    get("/v1/balance", balance),
    get("/v1/balance_transactions", list_transactions, _LIST),
    get("/v1/balance_transactions/{}", retrieve),
]
