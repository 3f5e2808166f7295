"""The dashboard's buttons. Each redirects back to the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from stripe_emulator.account.context import Context, page_context
from stripe_emulator.account.emulator import Emulator
from stripe_emulator.errors import StripeError, invalid_request
from stripe_emulator.faults.rules import BadFaultError
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages.payment_form import read_form
from stripe_emulator.payments import checkout, disputes, refunds

Form = Mapping[str, str]


def _expire(context: Context, form: Form) -> None:
    checkout.expire(context, context.find("checkout.session", form["id"]))


def _refund(context: Context, form: Form) -> None:
    refunds.create(context, context.find("charge", form["id"]), {"reason": "requested_by_customer"})


def _dispute(context: Context, form: Form) -> None:
    charge = context.find("charge", form["id"])
    if charge.data["disputed"]:
        raise invalid_request(f"{charge.id} is already disputed.")
    disputes.open_disputes(context, charge, "fraudulent")


def _resend(context: Context, form: Form) -> None:
    event = context.find("event", form["id"]).data
    deliveries = context.emulator.deliveries
    deliveries.queue(event["id"], event["type"], deliveries.wanting(event["type"]))


def _add_fault(context: Context, form: Form) -> None:
    rule: JSON = {"kind": form["kind"]}
    if form.get("times", "").isdecimal():
        rule["times"] = int(form["times"])
    if form.get("status", "").isdecimal() and form["kind"] == "error":
        rule["status"] = int(form["status"])
    context.emulator.faults.add(rule)


def _remove_fault(context: Context, form: Form) -> None:
    context.emulator.faults.remove(form["id"])


def _advance(context: Context, form: Form) -> None:
    context.emulator.clock.advance(float(form["seconds"]))


_ACTIONS: Mapping[str, Callable[[Context, Form], None]] = {
    "expire": _expire,
    "refund": _refund,
    "dispute": _dispute,
    "resend": _resend,
    "add-fault": _add_fault,
    "remove-fault": _remove_fault,
    "advance": _advance,
}


class Actions:
    """The endpoint `POST /_emulator/actions/{action}`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def act(self, request: Request) -> Response:
        """Run an action and redirect to the page, which shows an error."""
        form = await read_form(request)
        action = _ACTIONS.get(request.path_params["action"])
        problem = self._do(action, form) if action else "Unknown action."
        query = f"?{urlencode({'problem': problem})}" if problem else ""
        return RedirectResponse(f"../{query}#{form.get('section', '')}", 303)

    def _do(self, action: Callable[[Context, Form], None], form: Form) -> str | None:
        store = self._emulator.store
        try:
            action(page_context(self._emulator), form)
        except (StripeError, BadFaultError, ValueError, KeyError) as error:
            store.rollback()
            return str(error) or "The action failed."
        store.commit()
        return None
