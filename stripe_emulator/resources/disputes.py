"""`/v1/disputes` ("Disputes")."""

from __future__ import annotations

from stripe_emulator.call import Call
from stripe_emulator.entity import Entity
from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.dispute import EVIDENCE
from stripe_emulator.pagination import listing
from stripe_emulator.payments import disputes
from stripe_emulator.resources.updating import change
from stripe_emulator.routing import Route, get, post
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    AnyHash,
    Boolean,
    Fields,
    Hash,
    String,
    choice,
)

_KIND = "dispute"

_EVIDENCE = Hash(
    fields={
        **dict.fromkeys(EVIDENCE, String(longest=150_000, clearable=True)),
        "appeal": AnyHash(clearable=True),
        "enhanced_evidence": AnyHash(clearable=True),
    }
)
_UPDATE: Fields = {
    **EXPAND,
    "evidence": _EVIDENCE,
    "intended_submission_method": choice("manual", "prefer_manual", "prefer_smart_disputes", "smart_disputes"),
    "metadata": METADATA,
    "submit": Boolean(),
}
_LIST: Fields = {**TIMED_PAGING, "charge": String(), "payment_intent": String()}


def retrieve(call: Call) -> JSON:
    """GET /v1/disputes/{}."""
    return call.named(_KIND).data


def update(call: Call) -> JSON:
    """POST /v1/disputes/{}: evidence, and by default its submission."""
    dispute = call.named(_KIND)
    params = dict(call.params)
    evidence = params.pop("evidence", None)
    submit = params.pop("submit", True)
    if evidence is None:
        change(call, dispute, "charge.dispute.updated", ("metadata",))
        return dispute.data
    _require_open(dispute)
    change(call, dispute, None, ("metadata",))
    dispute.data["evidence"] = {**dispute.data["evidence"], **evidence}
    dispute.data["evidence_details"] = {**dispute.data["evidence_details"], "has_evidence": True}
    call.save(dispute)
    if submit:
        disputes.submit(call, dispute)
    else:
        call.emit("charge.dispute.updated", dispute.data, {"evidence": dict.fromkeys(evidence)})
    return dispute.data


def close(call: Call) -> JSON:
    """POST /v1/disputes/{}/close: give in."""
    dispute = call.named(_KIND)
    _require_open(dispute)
    disputes.lose(call, dispute)
    return dispute.data


def _require_open(dispute: Entity) -> None:
    if dispute.data["status"] in disputes.OVER:
        raise invalid_request("This dispute is already closed.", stored=True)


def list_disputes(call: Call) -> JSON:
    """GET /v1/disputes."""
    return listing(call, _KIND, call.given("charge", "payment_intent"))


ROUTES: list[Route] = [
    get("/v1/disputes", list_disputes, _LIST),
    get("/v1/disputes/{}", retrieve),
    post("/v1/disputes/{}", update, _UPDATE),
    post("/v1/disputes/{}/close", close),
]
