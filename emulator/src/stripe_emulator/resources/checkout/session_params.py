"""Parameters of `/v1/checkout/sessions`: all of Stripe's. Unsupported ones are rejected by name."""

from __future__ import annotations

from stripe_emulator.resources.common import CAPTURE_METHOD, FUTURE_USAGE, REDISPLAY, SHIPPING, TAX_BEHAVIOR
from stripe_emulator.resources.payments.method_options import METHOD_OPTIONS, OTHER_TYPES
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    PAGING,
    TIMED_PAGING,
    AnyHash,
    Array,
    Boolean,
    Currency,
    Decimal,
    Email,
    Field,
    Fields,
    Hash,
    Integer,
    Only,
    String,
    Unsupported,
    Url,
    choice,
)
from stripe_emulator.schema.rules import Rule, one_of_two, only_with

#: The payment methods that the hosted page supports. Stripe's others are rejected.
METHOD_TYPES = ("card", "sepa_debit", "us_bank_account")

_PRODUCT_DATA = Hash(
    required=False,
    fields={
        "name": String(required=True, longest=250),
        "description": String(longest=40_000),
        "images": Array(item=Url(longest=2048), most=8),
        "metadata": METADATA,
        "tax_code": String(),
        "tax_details": Unsupported(),
        "unit_label": String(longest=12),
    },
)

_PRICE_DATA = Hash(
    fields={
        "currency": Currency(required=True),
        "product": String(),
        "product_data": _PRODUCT_DATA,
        "recurring": AnyHash(),
        "tax_behavior": TAX_BEHAVIOR,
        "unit_amount": Integer(least=0),
        "unit_amount_decimal": Decimal(),
    }
)

_OFF = Only(field=Boolean(), required=True)
_ADJUSTABLE = Hash(fields={"enabled": _OFF, "maximum": Unsupported(), "minimum": Unsupported()})

_LINE_ITEM = Hash(
    fields={
        "adjustable_quantity": _ADJUSTABLE,
        "metadata": METADATA,
        "price": String(),
        "price_data": _PRICE_DATA,
        "quantity": Integer(least=1, most=999_999),
        "tax_rates": Unsupported(),
    }
)

_INTENT_DATA = Hash(
    fields={
        "application_fee_amount": Unsupported(),
        "capture_method": CAPTURE_METHOD,
        "description": String(longest=1000),
        "metadata": METADATA,
        "on_behalf_of": Unsupported(),
        "receipt_email": Email(),
        "setup_future_usage": FUTURE_USAGE,
        "shipping": SHIPPING,
        "statement_descriptor": String(longest=22),
        "statement_descriptor_suffix": String(longest=22),
        "transfer_data": Unsupported(),
        "transfer_group": String(),
    }
)

#: Stored and returned. Only the name has an effect: the page shows it.
_BRANDING = Hash(
    fields={
        "background_color": String(longest=7),
        "border_style": choice("pill", "rectangular", "rounded"),
        "button_color": String(longest=7),
        "display_name": String(longest=250),
        "font_family": String(),
        "icon": Unsupported(),
        "logo": Unsupported(),
    }
)
_TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
_MESSAGE = Hash(clearable=True, fields={"message": String(required=True, longest=1200)})
_SWITCH = Hash(fields={"enabled": Boolean(required=True)})

CREATE: Fields = {
    **EXPAND,
    "adaptive_pricing": Hash(fields={"enabled": Only(field=Boolean())}),
    "after_expiration": Unsupported(),
    "allow_promotion_codes": Only(field=Boolean()),
    "allowed_payment_method_types": Array(item=String()),
    "automatic_tax": Hash(fields={"enabled": _OFF, "liability": Unsupported()}),
    "billing_address_collection": choice("auto", "required"),
    "branding_settings": _BRANDING,
    "cancel_url": Url(),
    "client_reference_id": String(longest=200),
    "consent_collection": Hash(
        fields={
            "payment_method_reuse_agreement": Unsupported(),
            "promotions": Only(field=choice("auto", "none"), value="none"),
            "terms_of_service": choice("none", "required"),
        }
    ),
    "currency": Currency(),
    "custom_fields": Unsupported(),
    "custom_text": Hash(fields=dict.fromkeys(_TEXTS, _MESSAGE)),
    "customer": String(),
    "customer_account": Unsupported(),
    "customer_creation": choice("always", "if_required"),
    "customer_email": Email(),
    "customer_update": Hash(fields=dict.fromkeys(("address", "name", "shipping"), choice("auto", "never"))),
    "discounts": Array(item=Hash(fields={"coupon": String(), "promotion_code": Unsupported()}), most=1),
    "excluded_payment_method_types": Array(item=String()),
    "expires_at": Integer(),
    "integration_identifier": String(),
    "invoice_creation": Hash(fields={"enabled": _OFF, "invoice_data": Unsupported()}),
    "line_items": Array(item=_LINE_ITEM),
    "locale": String(longest=10),
    "managed_payments": Unsupported(),
    "metadata": METADATA,
    "mode": choice("payment", "setup", "subscription"),
    "name_collection": Unsupported(),
    "optional_items": Unsupported(),
    "origin_context": choice("mobile_app", "web"),
    "payment_intent_data": _INTENT_DATA,
    "payment_method_collection": choice("always", "if_required"),
    "payment_method_configuration": Unsupported(),
    "payment_method_data": Hash(fields={"allow_redisplay": REDISPLAY}),
    "payment_method_options": METHOD_OPTIONS,
    "payment_method_types": Array(item=choice(*METHOD_TYPES, unsupported=OTHER_TYPES)),
    "permissions": Unsupported(),
    "phone_number_collection": _SWITCH,
    "redirect_on_completion": choice("always", "if_required", "never"),
    "return_url": Url(),
    "saved_payment_method_options": Unsupported(),
    "setup_intent_data": Unsupported(),
    "shipping_address_collection": Hash(
        fields={"allowed_countries": Array(required=True, item=String(longest=2), most=300)}
    ),
    "shipping_options": Unsupported(),
    "submit_type": choice("auto", "book", "donate", "pay", "subscribe"),
    "subscription_data": Unsupported(),
    "success_url": Url(),
    "tax_id_collection": Unsupported(),
    "ui_mode": choice(
        "embedded_page",
        "hosted_page",
        aliases={"hosted": "hosted_page", "embedded": "embedded_page"},
        unsupported=("custom", "elements", "form"),  # they need Stripe.js
    ),
    "wallet_options": Hash(fields={"link": Hash(fields={"display": choice("auto", "never")})}),
}

#: "Create a Checkout Session".
RULES = (
    one_of_two("allow_promotion_codes", "discounts"),
    one_of_two("customer", "customer_email"),
    one_of_two("customer", "customer_creation"),
    only_with("customer_update", "customer", "`customer_update` can only be used with `customer`."),
    one_of_two("payment_method_types", "excluded_payment_method_types"),
    one_of_two("payment_method_types", "allowed_payment_method_types"),
    Rule(
        "payment_method_collection",
        "`payment_method_collection` can only be used in `subscription` mode.",
        lambda params: "payment_method_collection" in params,
    ),
    Rule(
        "submit_type",
        "`submit_type` can only be `subscribe` in `subscription` mode.",
        lambda params: params.get("submit_type") == "subscribe",
    ),
)

UPDATE: Fields = {**EXPAND, "metadata": METADATA}

_TEXT: Field = String()
LIST: Fields = {
    **TIMED_PAGING,
    "customer": _TEXT,
    "customer_account": Unsupported(),
    "customer_details": Hash(fields={"email": Email(required=True)}),
    "payment_intent": _TEXT,
    "payment_link": _TEXT,
    "status": choice("complete", "expired", "open"),
    "subscription": _TEXT,
}
LINE_ITEMS: Fields = PAGING
