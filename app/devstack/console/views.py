"""The console's page, its state as JSON, and its actions."""

import json
import uuid
from typing import Any

import segno
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from app.config.machine import in_container
from app.config.stripe_mode import stripe_mode
from app.devstack import mailbox
from app.devstack.console import addresses, emulator, feed, outside, timeline, wiring
from app.devstack.doctor.finding import is_healthy
from app.devstack.doctor.report import conclusion
from app.devstack.doctor.runner import run_checks
from app.devstack.stripe_cli_status import device_name
from app.payments import outbox, settle
from app.payments.models import Order, StripeEvent
from app.web.problems import Problem

# Only our own files: the page works offline, and text from an order can't run as a script.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# An email brings its own style and the shop's logo. It can run nothing, and is of no origin.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:"


@never_cache
@require_safe
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """Show the page; console.js fills it."""
    # Without Docker, the local Stripe delivers events itself.
    carrier = "Stripe CLI" if in_container() or stripe_mode() != "emulator" else ""
    context = {
        "stripe_mode": stripe_mode(),
        "faults": emulator.FAULTS,
        "keeps_emails": mailbox.is_used(),
        "carrier": carrier,
        "device": device_name(),
        "address_labels": addresses.LABELS,
    }
    response = render(request, "console/console.html", context)
    response["Content-Security-Policy"] = POLICY
    return response


@never_cache
@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """Return everything on the page that changes."""
    links = wiring.links()
    # Without the database, the page still shows the wiring, with the database down.
    lists = {} if links["database"]["state"] == wiring.DOWN else feed.lists()
    return JsonResponse(
        {
            "now": timezone.now(),
            "mode": stripe_mode(),
            "addresses": addresses.all_addresses(),
            "links": links,
            **lists,
            "faults": emulator.active_faults() if stripe_mode() == "emulator" else None,
        }
    )


@never_cache
@require_safe
def qr_code(request: HttpRequest) -> HttpResponse:
    """Return the address for a phone as a QR code, or 404 if there is none."""
    url = addresses.for_phone()
    if not url:
        raise Http404
    svg = segno.make(url, error="m").svg_inline(scale=1, border=2, omitsize=True, dark="#111", light="#fff")
    return HttpResponse(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1), content_type="image/svg+xml")


@never_cache
@require_safe
def order(request: HttpRequest, order_id: uuid.UUID) -> JsonResponse:
    """Return one order and its timeline, oldest first."""
    found = get_object_or_404(Order.objects.prefetch_related("items"), pk=order_id)
    return JsonResponse({"order": feed.order_row(found), "reason": found.reason, "steps": timeline.steps(found)})


@never_cache
@require_safe
def email(request: HttpRequest, name: str) -> HttpResponse:
    """Show an email as its recipient would see it; `?text` shows its text part."""
    found = mailbox.find(name)
    if found is None:
        raise Http404
    as_text = "text" in request.GET or not found.html
    kind = "plain" if as_text else "html"
    response = HttpResponse(found.text if as_text else found.html, content_type=f"text/{kind}; charset=utf-8")
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


@require_POST
def deliver_again(request: HttpRequest, order_id: uuid.UUID) -> JsonResponse:
    """Queue a failed fulfillment for the worker again."""
    outbox.requeue(order_id)
    return JsonResponse({"undelivered": feed.undelivered()})


@require_POST
def replay_event(request: HttpRequest, event_id: int) -> JsonResponse:
    """Replay a stored event."""
    kept = get_object_or_404(StripeEvent, pk=event_id)
    try:
        kept = settle.replay_event(kept)
    except Problem as problem:
        return JsonResponse({"problem": problem.detail}, status=409)
    return JsonResponse({"event": feed.event_row(kept)})


@require_http_methods(["POST", "DELETE"])
def faults(request: HttpRequest) -> JsonResponse:
    """Switch one fault of the emulator on (POST `{"name"}`) or off (DELETE `{"name"}`); without a name, all off."""
    if stripe_mode() != "emulator":
        raise Http404
    try:
        name = json.loads(request.body or b"{}").get("name", "")
        emulator.switch(name, on=request.method == "POST")
    except (ValueError, AttributeError, KeyError):
        return JsonResponse({"problem": "Unknown fault."}, status=400)
    except emulator.EmulatorDown as error:
        return JsonResponse({"problem": str(error)}, status=502)
    return JsonResponse({"faults": emulator.active_faults()})


@require_POST
def doctor(request: HttpRequest) -> JsonResponse:
    """Run all checks now; takes several seconds."""
    findings = list(run_checks())
    outside.forget()  # the tunnel may have been repaired since its last check
    shown: list[dict[str, Any]] = [finding.to_dict() for finding in findings if finding.notable]
    return JsonResponse(
        {
            "at": timezone.now(),
            "healthy": is_healthy(findings),
            "conclusion": conclusion(findings),
            "findings": shown,
        }
    )
