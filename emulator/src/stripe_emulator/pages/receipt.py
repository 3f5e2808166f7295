"""The receipt of a charge, at its `receipt_url`."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from stripe_emulator.account.emulator import Emulator
from stripe_emulator.currencies import display
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages.rendering import page


class ReceiptPage:
    """The page `/c/pay/receipt/{charge}`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        """Show the amount paid, the payment method, and the amount refunded."""
        charge = self._emulator.store.get("charge", request.path_params["charge"])
        if charge is None or not charge.data["paid"]:
            text = "There is no receipt at this address. It may belong to another emulator, or the emulator was reset."
            return page("message.html", 404, assets="../assets", title="Page not found", text=text, back=None)
        data = charge.data
        currency = data["currency"]
        refunded = data["amount_refunded"] - (data["amount"] - data["amount_captured"] if data["captured"] else 0)
        return page(
            "receipt.html",
            assets="../assets",
            amount=display(data["amount_captured"] or data["amount"], currency),
            refunded=display(refunded, currency) if refunded > 0 else None,
            date=datetime.fromtimestamp(data["created"], UTC).strftime("%Y-%m-%d %H:%M UTC"),
            method=_method(data["payment_method_details"]),
            description=data["description"],
            id=data["id"],
        )


def _method(details: JSON) -> str:
    kind = details["type"]
    own = details.get(kind) or {}
    name = str(own.get("brand") or {"sepa_debit": "SEPA", "us_bank_account": "Bank account"}.get(kind, kind)).title()
    return f"{name} •••• {own['last4']}" if own.get("last4") else name
