"""`/v1/disputes` ("Disputes")."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.dispute import FILES, LONG_TEXTS, SHORT_TEXTS
from stripe_emulator.payments import disputes
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import List, Resource, Update
from stripe_emulator.routing.router import post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Boolean,
    Fields,
    Hash,
    String,
    Unsupported,
)
from stripe_emulator.schema.rules import Rule
from stripe_emulator.storage.entity import Entity

_KIND = "dispute"

_EVIDENCE = Hash(
    fields={
        **dict.fromkeys(SHORT_TEXTS, String(clearable=True)),
        **dict.fromkeys(LONG_TEXTS, String(longest=20_000, clearable=True)),
        **dict.fromkeys((*FILES, "appeal", "enhanced_evidence"), Unsupported()),
    },
    rules=(
        Rule(
            None,
            "The combined character count of all the evidence fields must be at most 150,000.",
            lambda evidence: sum(len(text or "") for text in evidence.values()) > 150_000,
        ),
    ),
)
_UPDATE: Fields = {
    **EXPAND,
    "evidence": _EVIDENCE,
    "intended_submission_method": Unsupported(),
    "metadata": METADATA,
    "submit": Boolean(),
}
_LIST: Fields = {**TIMED_PAGING, "charge": String(), "payment_intent": String()}


def close(request: Request) -> JSON:
    """POST /v1/disputes/{}/close: accept the dispute as lost."""
    dispute = request.named(_KIND)
    _require_open(dispute)
    disputes.lose(request, dispute)
    return dispute.data


def _require_open(dispute: Entity) -> None:
    if dispute.data["status"] in disputes.OVER:
        raise invalid_request("This dispute is already closed.", stored=True)


def _before(request: Request, dispute: Entity) -> None:
    if request.params.keys() & {"evidence", "submit"}:
        _require_open(dispute)


def _event(request: Request, dispute: Entity) -> str | None:
    return None if request.params.keys() & {"evidence", "submit"} else "charge.dispute.updated"


def _after(request: Request, dispute: Entity, previous: JSON) -> None:
    """Store the evidence, and submit it unless `submit` is false."""
    evidence = request.params.get("evidence", {})
    if not evidence and not request.params.get("submit"):
        return
    dispute.data["evidence"] = {**dispute.data["evidence"], **evidence}
    dispute.data["evidence_details"] = {**dispute.data["evidence_details"], "has_evidence": True}
    request.save(dispute)
    if request.params.get("submit", True):
        disputes.submit(request, dispute)
    else:
        request.emit("charge.dispute.updated", dispute.data, {"evidence": dict.fromkeys(evidence)})


RESOURCE = Resource(
    kind=_KIND,
    path="/v1/disputes",
    update=Update(
        fields=_UPDATE,
        special=("evidence", "submit"),
        event=_event,
        before=_before,
        after=_after,
    ),
    list=List(fields=_LIST, filters=("charge", "payment_intent")),
    more=(post("/v1/disputes/{}/close", close),),
    linked=("payment_intent", "charge"),
)
