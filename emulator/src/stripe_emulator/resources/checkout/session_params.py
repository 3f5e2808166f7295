"""Parameters of `/v1/checkout/sessions`: all of Stripe's. Unsupported ones are rejected by name."""

from __future__ import annotations

from stripe_emulator.jsontext import JSON
from stripe_emulator.resources.catalog.prices import (
    AMOUNT_MISSING,
    PRODUCT_MISSING,
    RECURRING_DATA,
    RECURRING_PRICE,
)
from stripe_emulator.resources.checkout import session_fields
from stripe_emulator.resources.common import (
    ADDRESS,
    CAPTURE_METHOD,
    FUTURE_USAGE,
    LITERALS,
    REDISPLAY,
    SHIPPING,
    TAX_BEHAVIOR,
    TAX_CODE,
)
from stripe_emulator.resources.payments.method_options import OTHER_TYPES, SESSION_OPTIONS
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    PAGING,
    TIMED_PAGING,
    Array,
    Boolean,
    Currency,
    Decimal,
    Descriptor,
    Email,
    Field,
    Fields,
    Hash,
    Integer,
    Name,
    Only,
    Pattern,
    String,
    Unsupported,
    Url,
    Whole,
    choice,
)
from stripe_emulator.schema.rules import Rule, needs_any, one_of_two, only_with

#: The payment methods that the hosted page supports. Stripe's others are rejected.
METHOD_TYPES = ("card", "sepa_debit", "us_bank_account")

_PRODUCT_DATA = Hash(
    required=False,
    fields={
        "name": Name(required=True),
        "description": String(longest=40_000),
        "images": Array(item=Url(longest=2048), most=8),
        "metadata": METADATA,
        "tax_code": TAX_CODE,
        "tax_details": Unsupported(),
        "unit_label": String(longest=12),
    },
)

_PRICE_DATA = Hash(
    fields={
        "currency": Currency(required=True),
        "product": String(),
        "product_data": _PRODUCT_DATA,
        "recurring": RECURRING_DATA,
        "tax_behavior": TAX_BEHAVIOR,
        "unit_amount": Integer(least=0, most=999_999_999_999),
        "unit_amount_decimal": Decimal(least=0),
    },
    rules=(
        needs_any(("unit_amount", "unit_amount_decimal"), AMOUNT_MISSING),
        one_of_two("unit_amount", "unit_amount_decimal"),
        needs_any(("product", "product_data"), PRODUCT_MISSING),
        one_of_two("product", "product_data"),
        Rule("recurring", RECURRING_PRICE, lambda params: "recurring" in params),
    ),
)

_LINE_ITEM = Hash(
    fields={
        "adjustable_quantity": session_fields.ADJUSTABLE,
        "metadata": METADATA,
        "price": String(),
        "price_data": _PRICE_DATA,
        "quantity": Integer(least=1, most=999_999),
        "tax_rates": Array(item=String(), most=10),
    },
    rules=(
        needs_any(
            ("price", "price_data"),
            "You must provide one of `price` or `price_data` for each line item when using prices.",
        ),
        one_of_two("price", "price_data"),
        needs_any(("quantity",), "Quantity is required. Add `quantity` to `{path}`", param="quantity"),
        session_fields.QUANTITY_LIMITS,
    ),
)

_ADDRESS = Whole(required=True, fields={**ADDRESS.fields, "line1": String(required=True)})
_SHIPPING = Whole(fields={**SHIPPING.fields, "address": _ADDRESS})
_INTENT_DATA = Hash(
    fields={
        "application_fee_amount": Unsupported(),
        "capture_method": CAPTURE_METHOD,
        "description": String(longest=1000),
        "metadata": METADATA,
        "on_behalf_of": Unsupported(),
        "receipt_email": Email(),
        "setup_future_usage": FUTURE_USAGE,
        "shipping": _SHIPPING,
        "statement_descriptor": Descriptor(),
        "statement_descriptor_suffix": Descriptor(),
        "transfer_data": Unsupported(),
        "transfer_group": String(),
    }
)

_COLOR = Pattern(
    clearable=True, pattern="#[0-9A-Fa-f]{6}", message="Invalid {path}: must be a hexadecimal color, e.g. `#112233`"
)
_BRANDING = Hash(
    fields={
        "background_color": _COLOR,
        "border_style": choice("pill", "rectangular", "rounded", clearable=True),
        "button_color": _COLOR,
        "display_name": String(longest=250),
        "font_family": choice(*LITERALS["fonts"], clearable=True),
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
    "after_expiration": session_fields.RECOVERY,
    "allow_promotion_codes": Boolean(),
    "allowed_payment_method_types": Array(item=choice(*LITERALS["session_types_allowed"])),
    "automatic_tax": Hash(fields={"enabled": Boolean(required=True), "liability": session_fields.LIABILITY}),
    "billing_address_collection": choice("auto", "required"),
    "branding_settings": _BRANDING,
    "cancel_url": Url(),
    "client_reference_id": String(longest=200),
    "consent_collection": session_fields.CONSENT,
    "currency": Currency(),
    "custom_fields": Array(item=session_fields.CUSTOM_FIELD, most=3),
    "custom_text": Hash(fields=dict.fromkeys(_TEXTS, _MESSAGE)),
    "customer": String(),
    "customer_account": Unsupported(),
    "customer_creation": choice("always", "if_required"),
    "customer_email": Email(longest=800),
    "customer_update": Hash(fields=dict.fromkeys(("address", "name", "shipping"), choice("auto", "never"))),
    "discounts": Array(item=session_fields.DISCOUNT, most=1),
    "excluded_payment_method_types": Array(item=choice(*LITERALS["session_types_excluded"])),
    "expires_at": Integer(),
    "integration_identifier": String(),
    "invoice_creation": session_fields.INVOICE,
    "line_items": Array(item=_LINE_ITEM),
    "locale": choice(*LITERALS["locales"]),
    "managed_payments": Unsupported(),
    "metadata": METADATA,
    "mode": Only(required=True, field=choice("payment", unsupported=("setup", "subscription")), value="payment"),
    "name_collection": Unsupported(),
    "optional_items": Array(item=session_fields.OPTIONAL_ITEM, most=10),
    "origin_context": choice("mobile_app", "web"),
    "payment_intent_data": _INTENT_DATA,
    "payment_method_collection": choice("always", "if_required"),
    "payment_method_configuration": Unsupported(),
    "payment_method_data": Hash(fields={"allow_redisplay": REDISPLAY}),
    "payment_method_options": SESSION_OPTIONS,
    "payment_method_types": Array(item=choice(*METHOD_TYPES, unsupported=OTHER_TYPES)),
    "permissions": Unsupported(),
    "phone_number_collection": _SWITCH,
    "redirect_on_completion": choice("always", "if_required", "never"),
    "return_url": Url(),
    "saved_payment_method_options": Unsupported(),
    "setup_intent_data": Unsupported(),
    "shipping_address_collection": Hash(
        fields={"allowed_countries": Array(required=True, item=choice(*LITERALS["countries"]), most=300)}
    ),
    "shipping_options": Array(item=session_fields.SHIPPING_OPTION, most=5),
    "submit_type": choice("auto", "book", "donate", "pay", "subscribe"),
    "subscription_data": Unsupported(),
    "success_url": Url(),
    "tax_id_collection": session_fields.TAX_ID,
    "ui_mode": choice(
        "embedded_page",
        "hosted_page",
        aliases={"hosted": "hosted_page", "embedded": "embedded_page"},
        unsupported=("custom", "elements", "form"),  # they need Stripe.js
    ),
    "wallet_options": Hash(fields={"link": Hash(fields={"display": choice("auto", "never")})}),
}


def _is_hosted(params: JSON) -> bool:
    return bool(params.get("ui_mode", "hosted_page") == "hosted_page")


def _only_hosted(name: str) -> Rule:
    message = f"`{name}` can only be used with `ui_mode` `hosted_page`."
    return Rule(name, message, lambda params: name in params and not _is_hosted(params))


def _not_hosted(name: str) -> Rule:
    message = f"`{name}` can not be used with `ui_mode` `hosted_page`."
    return Rule(name, message, lambda params: name in params and _is_hosted(params))


def _lacks_return_url(params: JSON) -> bool:
    returns = not _is_hosted(params) and params.get("redirect_on_completion") != "never"
    return returns and "return_url" not in params


def _is_taxed(params: JSON) -> bool:
    return bool(params.get("automatic_tax", {}).get("enabled"))


def _lacks_name_update(params: JSON) -> bool:
    collects = params.get("tax_id_collection", {}).get("enabled") and "customer" in params
    return bool(collects and params.get("customer_update", {}).get("name") != "auto")


#: "Create a Checkout Session".
RULES = (
    Rule(
        "line_items",
        "The `line_items` parameter is required in payment mode.",
        lambda params: not params.get("line_items"),
        "parameter_missing",
    ),
    *(_only_hosted(name) for name in ("success_url", "cancel_url")),
    *(_not_hosted(name) for name in ("return_url", "redirect_on_completion")),
    Rule(
        "success_url",
        "Missing required param: success_url.",
        lambda params: _is_hosted(params) and "success_url" not in params,
        "parameter_missing",
    ),
    Rule("return_url", "Missing required param: return_url.", _lacks_return_url, "parameter_missing"),
    one_of_two("allow_promotion_codes", "discounts"),
    one_of_two("customer", "customer_email"),
    one_of_two("customer", "customer_creation"),
    only_with("customer_update", "customer", "`customer_update` can only be used with `customer`."),
    one_of_two("payment_method_types", "excluded_payment_method_types"),
    one_of_two("payment_method_types", "allowed_payment_method_types"),
    Rule(
        "automatic_tax[enabled]",
        "You can't use `line_items[][tax_rates]` with `automatic_tax[enabled]=true`.",
        lambda params: _is_taxed(params) and any(each.get("tax_rates") for each in params["line_items"]),
    ),
    Rule(
        "customer_update[name]",
        "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an "
        "existing customer, please set `customer_update[name]` to `auto`.",
        _lacks_name_update,
    ),
    session_fields.UNIQUE_KEYS,
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

UPDATE: Fields = {
    **EXPAND,
    **dict.fromkeys(("collected_information", "line_items", "payment_intent_data", "shipping_options"), Unsupported()),
    "metadata": METADATA,
}

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
