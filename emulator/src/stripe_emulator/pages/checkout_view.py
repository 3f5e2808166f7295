"""The checkout page's content, as values for its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stripe_emulator.account.context import Context
from stripe_emulator.currencies import Money
from stripe_emulator.jsontext import JSON
from stripe_emulator.pages import choices
from stripe_emulator.pages.addresses import format_of
from stripe_emulator.pages.fill_ins import CARD_GROUPS, COMMON_CARDS, TEST_ACCOUNTS, TEST_IBANS
from stripe_emulator.pages.locales import Locale
from stripe_emulator.pages.markdown import markdown
from stripe_emulator.pages.payment_form import COUNTRY, FormError, PaymentForm, asks_for_place, default_country
from stripe_emulator.payments.checkout import baskets, shipping, tax_ids
from stripe_emulator.storage.entity import Entity

_BUTTONS = {"donate": "Donate {amount}", "book": "Book {amount}"}
#: What is never sent back to the page.
_SECRET = {"card-number", "card-expiry", "card-cvc", "iban", "account-number", "routing-number"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a payment or a choice was refused. `field` is the id of its input, or "". `values` fill in the message."""

    field: str
    message: str
    values: Mapping[str, object] | None = None

    @classmethod
    def of(cls, error: FormError) -> Problem:
        """Return the problem with a form."""
        return cls(error.field, str(error), error.values)

    def text(self, locale: Locale) -> str:
        """Return the message in the page's language."""
        values = {name: _in(locale, each) for name, each in (self.values or {}).items()}
        return locale.text(self.message, **values)


def _in(locale: Locale, value: object) -> object:
    if isinstance(value, Money):
        return locale.money(*value)
    return locale.text(value) if isinstance(value, str) else value


def checkout_values(
    context: Context, session: Entity, locale: Locale, problem: Problem | None, form: PaymentForm
) -> JSON:
    """Return all values of `checkout.html`, except its paths. `form` is what the buyer has entered so far."""
    data = session.data
    texts = {name: markdown((given or {}).get("message")) for name, given in data["custom_text"].items()}
    consent = data["consent_collection"] or {}
    return {
        "data": data,
        "typed": {name: text for name, text in form.values.items() if name not in _SECRET},
        "choosing": choices.are_offered(session),
        "lines": _lines(session, locale),
        "sums": sums_of(context, session, locale),
        "button": _button(data, locale),
        "email": (data["customer_details"] or {}).get("email"),
        "code": _code(context, session),
        "rates": [_rate(rate.data, session, locale) for rate in shipping.offered(context, session)],
        "addresses": _addresses(session, form),
        "tax_id": _tax_id(data, form),
        "custom_fields": [_custom_field(each, form) for each in data["custom_fields"]],
        "terms": consent.get("terms_of_service") == "required",
        "promotions": consent.get("promotions") == "auto",
        "texts": texts,
        "name": (data["branding_settings"] or {}).get("display_name"),
        "cards": COMMON_CARDS,
        "card_groups": CARD_GROUPS,
        "ibans": TEST_IBANS,
        "accounts": TEST_ACCOUNTS,
        "problem": problem and {"field": problem.field, "text": problem.text(locale)},
    }


def _button(data: JSON, locale: Locale) -> str:
    if data["amount_total"] == 0:
        return locale.text("Complete order")
    amount = locale.money(data["amount_total"], data["currency"])
    return locale.text(_BUTTONS.get(data["submit_type"] or "", "Pay {amount}"), amount=amount)


def _lines(session: Entity, locale: Locale) -> list[JSON]:
    """Return the line items; an optional one has the quantity 0 until the buyer adds it."""
    lines = zip(session.private["line_items"], session.private["about"], strict=True)
    return [_line(line, about, locale) for line, about in lines]


def _line(line: JSON, about: JSON, locale: Locale) -> JSON:
    each, limits = line["price"]["unit_amount"], line["adjustable_quantity"] or {}
    return {
        "id": line["id"],
        "name": line["description"],
        "about": about.get("description"),
        "unit": about.get("unit_label"),
        "quantity": line["quantity"],
        "total": locale.money(line["amount_subtotal"], line["currency"]),
        "each": locale.money(each, line["currency"]) if each is not None and line["quantity"] != 1 else None,
        "limits": limits if limits.get("enabled") else None,
        "optional": about.get("optional"),
    }


def items_of(session: Entity, locale: Locale) -> list[JSON]:
    """Return what was bought, for receipts and invoices."""
    return [
        {
            "name": line["description"],
            "quantity": line["quantity"],
            "total": locale.money(line["amount_subtotal"], line["currency"]),
        }
        for line in baskets.bought(session)
    ]


def sums_of(context: Context, session: Entity, locale: Locale) -> list[tuple[str, str]]:
    """Return the rows between the lines and the total, if there are any: each a text and an amount."""
    data, currency = session.data, session.data["currency"]
    rows: list[tuple[str, int | None]] = []
    if data["total_details"]["amount_discount"]:
        rows.append((_discount_text(context, session, locale), -data["total_details"]["amount_discount"]))
    if data["shipping_cost"]:
        rate = context.get("shipping_rate", data["shipping_cost"]["shipping_rate"])
        name = rate.data["display_name"] if rate else ""
        rows.append((locale.text("Shipping ({name})", name=name), data["shipping_cost"]["amount_subtotal"]))
    for each in baskets.breakdown(context, session)["taxes"]:
        text = "{name} ({percentage} included)" if each["rate"]["inclusive"] else "{name} ({percentage})"
        values = {"name": each["rate"]["display_name"], "percentage": locale.percentage(each["rate"]["percentage"])}
        rows.append((locale.text(text, **values), each["amount"]))
    if data["automatic_tax"]["status"] == "requires_location_inputs":
        rows.append((locale.text("Tax"), None))
    if rows:
        rows.insert(0, (locale.text("Subtotal"), data["amount_subtotal"]))
    unknown = locale.text("Enter your address to calculate it")
    return [(text, unknown if amount is None else locale.money(amount, currency)) for text, amount in rows]


def _discount_text(context: Context, session: Entity, locale: Locale) -> str:
    discount = session.private["discount"]
    coupon = context.get("coupon", discount["source"]["coupon"])
    name = coupon and coupon.data["name"]
    return locale.text("Discount ({name})", name=name) if name else locale.text("Discount")


def _code(context: Context, session: Entity) -> str | None:
    """Return the promotion code that is applied."""
    discount = session.private.get("discount")
    code = discount and context.get("promotion_code", discount["promotion_code"])
    return code.data["code"] if code else None


def _rate(rate: JSON, session: Entity, locale: Locale) -> JSON:
    fixed, estimate = rate["fixed_amount"], rate["delivery_estimate"] or {}
    amount = locale.money(fixed["amount"], fixed["currency"]) if fixed["amount"] else locale.text("Free")
    return {
        "id": rate["id"],
        "name": rate["display_name"],
        "amount": amount,
        "estimate": _estimate(estimate.get("minimum"), estimate.get("maximum"), locale),
        "chosen": rate["id"] == session.private.get("shipping_rate"),
    }


_UNITS = {"hour": "hours", "day": "days", "business_day": "business days", "week": "weeks", "month": "months"}


def _estimate(least: JSON | None, most: JSON | None, locale: Locale) -> str | None:
    def span(time: JSON) -> str:
        return f"{time['value']} {locale.text(_UNITS[time['unit']])}"

    if least and most and least["unit"] == most["unit"]:
        return f"{least['value']}–{span(most)}"
    if least and most:
        return f"{span(least)} – {span(most)}"
    if most:
        return locale.text("At most {time}", time=span(most))
    return locale.text("At least {time}", time=span(least)) if least else None


def _addresses(session: Entity, form: PaymentForm) -> JSON:
    """Return the addresses that the page asks for, by kind."""
    data, found = session.data, dict[str, JSON | None](shipping=None, billing=None)
    if limits := data["shipping_address_collection"]:
        found["shipping"] = _address("shipping", form, limits["allowed_countries"], complete=True)
    if data["billing_address_collection"] == "required":
        found["billing"] = _address("billing", form, None, complete=True)
    elif asks_for_place(data):
        found["billing"] = _address("billing", form, None, complete=False)
    return found


def _address(kind: str, form: PaymentForm, countries: list[str] | None, *, complete: bool) -> JSON:
    country = form.country(kind) or (default_country(countries) if countries else COUNTRY)
    options = [(each, each) for each in countries or ()]
    return {"country": country, "countries": options, "fields": format_of(country), "complete": complete}


def _tax_id(data: JSON, form: PaymentForm) -> JSON | None:
    """Return what the page asks for in its tax ID field."""
    if not data["tax_id_collection"]["enabled"]:
        return None
    kind = tax_ids.type_of(form.business_country(data))
    required = data["tax_id_collection"]["required"] == "if_supported" and kind is not None
    return {"name": kind and kind.name, "example": kind and kind.example, "required": required}


def _custom_field(given: JSON, form: PaymentForm) -> JSON:
    name, own = f"custom-{given['key']}", given[given["type"]]
    return {
        "id": name,
        "label": given["label"]["custom"],
        "type": given["type"],
        "optional": given["optional"],
        "options": own.get("options", []),
        "longest": own.get("maximum_length") or 255,
        "sample": "1" * max(own.get("minimum_length") or 1, 1),
        "value": form.values.get(name, own["default_value"] or ""),
    }
