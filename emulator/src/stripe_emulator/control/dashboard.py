"""The page at `/_emulator/`: sessions, payments, events and deliveries, with buttons to act as buyer or bank."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.currencies import display
from stripe_emulator.faults.rules import EVENT_KINDS, REQUEST_KINDS
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages.rendering import page
from stripe_emulator.storage.entity import Entity

_SHOWN = 25


class Dashboard:
    """The dashboard. It only reads; `Actions` writes."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        """Show the newest objects."""
        emulator = self._emulator
        return page(
            "dashboard.html",
            assets="assets",
            problem=request.query_params.get("problem"),
            now=_time(emulator.clock.now()),
            offset=round(emulator.clock.offset),
            sessions=[self._session(each) for each in self._newest("checkout.session")],
            charges=[_charge(each) for each in self._newest("charge")],
            events=[_event(each) for each in self._newest("event")],
            deliveries=[_delivery(entry) for entry in emulator.deliveries.log.entries(_SHOWN)],
            destinations=[each.url for each in emulator.deliveries.destinations.values()],
            faults=emulator.faults.rules,
            fault_kinds=(*REQUEST_KINDS, *EVENT_KINDS),
            requests=[
                {"at": _time(each.created), "line": f"{each.method} {each.path}", "status": each.status}
                for each in list(emulator.requests.entries)[: -_SHOWN - 1 : -1]
            ],
        )

    def _newest(self, kind: str) -> list[Entity]:
        return list(self._emulator.store.select("e.kind=? ORDER BY e.seq DESC LIMIT ?", (kind, _SHOWN)))

    @staticmethod
    def _session(entity: Entity) -> JSON:
        data = entity.data
        return {
            "id": entity.id,
            "at": _time(data["created"]),
            "amount": display(data["amount_total"], data["currency"]),
            "status": data["status"],
            "payment": data["payment_status"],
            "reference": data["client_reference_id"] or "",
            "url": f"../c/pay/{entity.id}" if data["status"] == "open" else None,
        }


def _charge(entity: Entity) -> JSON:
    data = entity.data
    refundable = data["status"] == "succeeded" and data["captured"] and not data["refunded"]
    return {
        "id": entity.id,
        "payment_intent": data["payment_intent"] or "",
        "at": _time(data["created"]),
        "amount": display(data["amount"], data["currency"]),
        "refunded": data["amount_refunded"] and display(data["amount_refunded"], data["currency"]),
        "status": data["status"],
        "failure": data["failure_message"] or "",
        "refundable": refundable,
        "disputable": data["status"] == "succeeded" and not data["disputed"],
        "disputed": data["disputed"],
    }


def _event(entity: Entity) -> JSON:
    return {"id": entity.id, "at": _time(entity.data["created"]), "type": entity.data["type"]}


def _delivery(entry: JSON) -> JSON:
    last = entry["attempts"][-1] if entry["attempts"] else None
    said = "" if last is None else str(last["status"] or last["error"])
    return {**entry, "at": _time(entry["created"]), "said": said}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%m-%d %H:%M:%S")
