"""The Checkout Session object."""

from __future__ import annotations

from stripe_emulator.ids import new_secret
from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.line_item import adjustable

_NO_TEXT: JSON = {
    "after_submit": None,
    "shipping_address": None,
    "submit": None,
    "terms_of_service_acceptance": None,
}


def new_session(wanted: str, url: str | None, params: JSON, currency: str, email: str | None, now: int) -> JSON:
    """Build an open session, without its sums. `email` is the buyer's address, if the shop has provided it."""
    ui_mode = params.get("ui_mode", "hosted_page")
    customer = params.get("customer")
    return {
        "id": wanted,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": params.get("adaptive_pricing", {}).get("enabled", False)},
        "after_expiration": _recovery(params.get("after_expiration")),
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": 0,
        "amount_total": 0,
        "automatic_tax": _automatic_tax(params.get("automatic_tax", {})),
        "billing_address_collection": params.get("billing_address_collection"),
        "branding_settings": params.get("branding_settings"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None if ui_mode == "hosted_page" else new_secret(f"{wanted}_secret", 40),
        "collected_information": None,
        "consent": None,
        "consent_collection": _consent_collection(params.get("consent_collection")),
        "created": now,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [_custom_field(each) for each in params.get("custom_fields", ())],
        "custom_text": {**_NO_TEXT, **params.get("custom_text", {})},
        "customer": customer,
        "customer_account": None,
        "customer_creation": None if customer else params.get("customer_creation", "if_required"),
        "customer_details": _known_details(email),
        "customer_email": params.get("customer_email"),
        "discounts": [],
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
        "optional_items": _optional_items(params.get("optional_items")),
        "origin_context": params.get("origin_context"),
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": params.get("payment_method_collection", "if_required"),
        "payment_method_configuration_details": None,
        "payment_method_options": params.get("payment_method_options")
        or {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": params.get("payment_method_types") or offered(currency, params),
        "payment_status": "unpaid",
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
        "tax_id_collection": {"enabled": False, "required": "never", **params.get("tax_id_collection", {})},
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
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
    business: str | None = None,
    tax_ids: list[JSON] | None = None,
) -> JSON:
    """Build `customer_details`, the buyer's data in a session. `tax_ids` are null while it is open."""
    return {
        "address": address,
        "business_name": business,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": phone,
        "tax_exempt": "none",
        "tax_ids": tax_ids,
    }


def _consent_collection(given: JSON | None) -> JSON | None:
    names = ("payment_method_reuse_agreement", "promotions", "terms_of_service")
    return given and {**dict.fromkeys(names), **given}


def _custom_field(given: JSON) -> JSON:
    """Build one of `custom_fields`; the buyer's `value` is in the hash of its type."""
    own: JSON = {"default_value": None, "value": None}
    if given["type"] != "dropdown":
        own |= {"maximum_length": None, "minimum_length": None}
    return {"optional": False, **given, given["type"]: {**own, **given.get(given["type"], {})}}


def _optional_items(given: list[JSON] | None) -> list[JSON] | None:
    return given and [{**each, "adjustable_quantity": adjustable(each.get("adjustable_quantity"))} for each in given]


def _recovery(given: JSON | None) -> JSON | None:
    if not given:
        return None
    base: JSON = {"allow_promotion_codes": False, "expires_at": None, "url": None}
    return {"recovery": {**base, **given["recovery"]} if "recovery" in given else None}


def _invoice_creation(given: JSON) -> JSON:
    given_data: JSON = given.get("invoice_data", {})
    rendering = given_data.get("rendering_options")
    data: JSON = {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": None,
        "metadata": {},
        "rendering_options": None,
    }
    data |= given_data
    data["rendering_options"] = rendering and {"amount_tax_display": None, "template": None, **rendering}
    return {"enabled": given.get("enabled", False), "invoice_data": data}
