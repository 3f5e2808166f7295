"""What a buyer gets after the payment: the receipt of a charge (`receipt_url`), and the page and PDF of an invoice."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from stripe_emulator.account.context import Context
from stripe_emulator.account.emulator import Emulator
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages.checkout_view import items_of, sums_of
from stripe_emulator.pages.locales import Locale
from stripe_emulator.pages.pdf import Line, pdf
from stripe_emulator.pages.rendering import HEADERS, locale_for, message, page
from stripe_emulator.storage.entity import Entity


class ReceiptPage:
    """The page `/c/pay/receipt/{charge}`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        """Show what was bought, the amount paid, the payment method, and the amount refunded."""
        context = Context(self._emulator)
        charge = context.get("charge", request.path_params["charge"])
        if charge is None or not charge.data["paid"]:
            text = "There is no receipt at this address. It may belong to another emulator, or the emulator was reset."
            return message(locale_for(request), "Page not found", text, status=404, assets="../assets")
        data = charge.data
        currency = data["currency"]
        intent = context.get("payment_intent", data["payment_intent"])
        session = context.get("checkout.session", intent.private.get("session") if intent else None)
        locale = _locale(request, session)
        refunded = data["amount_refunded"] - (data["amount"] - data["amount_captured"] if data["captured"] else 0)
        return page(
            "receipt.html",
            locale=locale,
            assets="../assets",
            amount=locale.money(data["amount_captured"] or data["amount"], currency),
            items=items_of(session, locale) if session else [],
            sums=sums_of(context, session, locale) if session else [],
            refunded=locale.money(refunded, currency) if refunded > 0 else None,
            date=_date(data["created"]),
            method=_method(data["payment_method_details"]),
            description=data["description"],
            invoice=session and session.data["invoice"],
            id=data["id"],
        )


class InvoicePage:
    """The page `/c/pay/invoice/{invoice}` and its PDF."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        """Show the invoice."""
        found = self._find(request)
        if found is None:
            return _no_invoice(request, "../assets")
        invoice, locale = found
        return page("invoice.html", locale=locale, assets="../assets", pdf=f"{invoice.id}/pdf", **self._values(*found))

    async def download(self, request: Request) -> Response:
        """Return the invoice as a PDF file."""
        found = self._find(request)
        if found is None:
            return _no_invoice(request, "../../assets")
        invoice, locale = found
        values = self._values(*found)
        title = locale.text("Invoice {number}", number=invoice.data["number"])
        lines = [Line(title, size=18, bold=True), Line(), Line(values["seller"], bold=True), Line(values["date"])]
        lines += [Line(), Line(locale.text("Bill to"), bold=True), *map(Line, values["buyer"]), Line()]
        lines += [Line(f"{item['name']} × {item['quantity']}", item["total"]) for item in values["items"]]
        lines += [Line(), *(Line(text, amount) for text, amount in values["sums"])]
        lines += [Line(locale.text("Total"), values["total"], 12, bold=True), Line()]
        lines += [Line(locale.text(values["state"]), bold=True), *map(Line, values["notes"])]
        name = f'attachment; filename="Invoice-{invoice.data["number"]}.pdf"'
        headers = {**HEADERS, "Content-Disposition": name}
        return Response(pdf(title, lines), headers=headers, media_type="application/pdf")

    def _find(self, request: Request) -> tuple[Entity, Locale] | None:
        """Return an invoice that was finalized, and the locale of its page."""
        context = Context(self._emulator)
        invoice = context.get("invoice", request.path_params["invoice"])
        if invoice is None or invoice.data["number"] is None:
            return None
        session = context.get("checkout.session", invoice.private.get("session"))
        return invoice, _locale(request, session)

    def _values(self, invoice: Entity, locale: Locale) -> JSON:
        context, data = Context(self._emulator), invoice.data
        session = context.get("checkout.session", invoice.private.get("session"))
        fields = [f"{field['name']}: {field['value']}" for field in data["custom_fields"] or ()]
        return {
            "number": data["number"],
            "seller": _seller(session) or data["account_name"],
            "date": _date(data["effective_at"]),
            "buyer": _buyer(data),
            "items": items_of(session, locale) if session else _items(data, locale),
            "sums": sums_of(context, session, locale) if session else [],
            "total": locale.money(data["total"], data["currency"]),
            "state": "Paid" if data["status"] == "paid" else "Amount due",
            "notes": [text for text in (*fields, data["description"], data["footer"]) if text],
        }


def _locale(request: Request, session: Entity | None) -> Locale:
    return locale_for(request, session.data["locale"] if session else None)


def _seller(session: Entity | None) -> str | None:
    name: str | None = ((session and session.data["branding_settings"]) or {}).get("display_name")
    return name


def _items(invoice: JSON, locale: Locale) -> list[JSON]:
    """Return the lines of an invoice without a session."""
    return [
        {
            "name": line["description"] or "",
            "quantity": line["quantity"],
            "total": locale.money(line["subtotal"], line["currency"]),
        }
        for line in invoice["lines"]["data"]
    ]


def _buyer(invoice: JSON) -> list[str]:
    address = invoice["customer_address"] or {}
    city = " ".join(filter(None, (address.get("postal_code"), address.get("city"), address.get("state"))))
    ids = [f"{each['value']}" for each in invoice["customer_tax_ids"] or ()]
    lines = (invoice["customer_name"], address.get("line1"), address.get("line2"), city, address.get("country"))
    return [text for text in (*lines, invoice["customer_email"], *ids) if text]


def _no_invoice(request: Request, assets: str) -> Response:
    text = "There is no invoice at this address. It may belong to another emulator, or the emulator was reset."
    return message(locale_for(request), "Page not found", text, status=404, assets=assets)


def _date(created: int) -> str:
    return datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _method(details: JSON) -> str:
    kind = details["type"]
    own = details.get(kind) or {}
    name = str(own.get("brand") or {"sepa_debit": "SEPA", "us_bank_account": "Bank account"}.get(kind, kind)).title()
    return f"{name} •••• {own['last4']}" if own.get("last4") else name
