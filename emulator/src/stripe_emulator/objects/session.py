"""The Checkout Session object."""

from __future__ import annotations

from stripe_emulator.ids import new_secret
from stripe_emulator.jsontext import JSON

_NO_TEXT: JSON = {
    "after_submit": None,
    "shipping_address": None,
    "submit": None,
    "terms_of_service_acceptance": None,
}


def new_session(wanted: str, url: str | None, params: JSON, totals: JSON, email: str | None, now: int) -> JSON:
    """Build an open session. `totals` has the currency, and subtotal, discount and total in minor units.

    `email` is the buyer's address, if the shop has provided it.
    """
    ui_mode = params.get("ui_mode", "hosted_page")
    customer = params.get("customer")
    return {
        "id": wanted,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": params.get("adaptive_pricing", {}).get("enabled", False)},
        "after_expiration": _recovery(params.get("after_expiration")),
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": totals["subtotal"],
        "amount_total": totals["total"],
        "automatic_tax": _automatic_tax(params.get("automatic_tax", {})),
        "billing_address_collection": params.get("billing_address_collection"),
        "branding_settings": params.get("branding_settings"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None if ui_mode == "hosted_page" else new_secret(f"{wanted}_secret", 40),
        "collected_information": None,
        "consent": None,
        "consent_collection": params.get("consent_collection"),
        "created": now,
        "currency": totals["currency"],
        "currency_conversion": None,
        "custom_fields": params.get("custom_fields", []),
        "custom_text": {**_NO_TEXT, **params.get("custom_text", {})},
        "customer": customer,
        "customer_account": None,
        "customer_creation": None if customer else params.get("customer_creation", "if_required"),
        "customer_details": _known_details(email),
        "customer_email": params.get("customer_email"),
        "discounts": totals["discounts"],
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "expires_at": params.get("expires_at", now + 24 * 3600),
        "integration_identifier": params.get("integration_identifier"),
        "invoice": None,
        "invoice_creation": _invoice_creation(params.get("invoice_creation", {})),
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "name_collection": None,
        "optional_items": None,
        "origin_context": params.get("origin_context"),
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": params.get("payment_method_collection", "if_required"),
        "payment_method_configuration_details": None,
        "payment_method_options": params.get("payment_method_options")
        or {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": params.get("payment_method_types") or offered(totals["currency"], params),
        "payment_status": "unpaid" if totals["total"] else "no_payment_required",
        "permissions": params.get("permissions"),
        "phone_number_collection": {"enabled": params.get("phone_number_collection", {}).get("enabled", False)},
        "recovered_from": None,
        "redirect_on_completion": None if ui_mode == "hosted_page" else params.get("redirect_on_completion", "always"),
        "return_url": params.get("return_url"),
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": params.get("shipping_address_collection"),
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params.get("success_url"),
        "tax_id_collection": {"enabled": False, "required": "never"},
        "total_details": {"amount_discount": totals["discount"], "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": ui_mode,
        "url": url,
        "wallet_options": params.get("wallet_options"),
    }


#: The bank debits that the hosted page offers in addition to cards, by their only currency.
_DEBITS = {"eur": "sepa_debit", "usd": "us_bank_account"}


def offered(currency: str, params: JSON) -> list[str]:
    """Return the methods that are offered unless the caller names types ("Dynamic payment methods")."""
    offer = ["card", _DEBITS[currency]] if currency in _DEBITS else ["card"]
    allowed = params.get("allowed_payment_method_types", offer)
    excluded = params.get("excluded_payment_method_types", ())
    return [each for each in offer if each in allowed and each not in excluded]


def _automatic_tax(given: JSON) -> JSON:
    enabled = given.get("enabled", False)
    liability = given.get("liability") or ({"type": "self"} if enabled else None)
    return {
        "enabled": enabled,
        "liability": liability,
        "provider": "stripe" if enabled else None,
        "status": "requires_location_inputs" if enabled else None,
    }


def _known_details(email: str | None) -> JSON | None:
    return customer_details(email=email) if email else None


def customer_details(
    *,
    email: str | None,
    name: str | None = None,
    phone: str | None = None,
    address: JSON | None = None,
) -> JSON:
    """Build `customer_details`, the buyer's data in a session."""
    return {
        "address": address,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": phone,
        "tax_exempt": "none",
        "tax_ids": None if name is None else [],
    }


def _recovery(given: JSON | None) -> JSON | None:
    return given and {"recovery": None, **given}


def _invoice_creation(given: JSON) -> JSON:
    data: JSON = {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": None,
        "metadata": {},
        "rendering_options": None,
    }
    return {"enabled": given.get("enabled", False), "invoice_data": {**data, **given.get("invoice_data", {})}}
