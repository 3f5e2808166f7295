"""Parameters of `/v1/payment_intents`."""

from __future__ import annotations

from stripe_emulator.jsontext import JSON
from stripe_emulator.resources.common import CAPTURE_METHOD, CLEARABLE, CLEARABLE_SHIPPING, FUTURE_USAGE, SHIPPING
from stripe_emulator.resources.payments.method_options import METHOD_OPTIONS, OTHER_TYPES
from stripe_emulator.resources.payments.payment_method_params import METHOD_DATA
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    AnyHash,
    Array,
    Boolean,
    BooleanOr,
    Currency,
    Email,
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

_CLEARABLE_FUTURE = choice("off_session", "on_session", clearable=True)
_AUTOMATIC = Hash(fields={"allow_redirects": choice("always", "never"), "enabled": Boolean(required=True)})
#: The supported payment methods.
METHOD_TYPES = Array(
    item=choice("card", "sepa_debit", "us_bank_account", "customer_balance", "link", unsupported=OTHER_TYPES)
)

_NOT_HERE: Fields = {
    name: Unsupported()
    for name in (
        "application_fee_amount",
        "confirmation_token",
        "customer_account",
        "hooks",
        "on_behalf_of",
        "payment_method_configuration",
        "transfer_data",
    )
}

CREATE: Fields = {
    **EXPAND,
    **_NOT_HERE,
    "allowed_payment_method_types": Array(item=String()),
    "amount": Integer(required=True, least=0),
    "amount_details": Unsupported(),
    "automatic_payment_methods": _AUTOMATIC,
    "capture_method": CAPTURE_METHOD,
    "confirm": Boolean(),
    "confirmation_method": choice("automatic", "manual"),
    "currency": Currency(required=True),
    "customer": String(),
    "description": String(longest=1000),
    "error_on_requires_action": Boolean(),
    "excluded_payment_method_types": Array(item=String()),
    "mandate": Unsupported(),
    "mandate_data": AnyHash(clearable=True),
    "metadata": METADATA,
    "off_session": BooleanOr(options=("one_off", "recurring")),
    "payment_details": Unsupported(),
    "payment_method": String(),
    "payment_method_data": METHOD_DATA,
    "payment_method_options": METHOD_OPTIONS,
    "payment_method_types": METHOD_TYPES,
    "radar_options": Unsupported(),
    "receipt_email": Email(),
    "return_url": Url(),
    "setup_future_usage": FUTURE_USAGE,
    "shipping": SHIPPING,
    "statement_descriptor": String(longest=22),
    "statement_descriptor_suffix": String(longest=22),
    "transfer_group": String(),
    "use_stripe_sdk": Boolean(),
}

_METHOD_ONCE = one_of_two("payment_method", "payment_method_data")
_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want "
    "to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def needs_return_url(params: JSON, automatic: JSON | None) -> bool:
    """Return whether a confirmation lacks the `return_url` that these `automatic` methods need."""
    redirects = bool(automatic and automatic["enabled"] and automatic.get("allow_redirects") != "never")
    return redirects and "return_url" not in params and not params.get("use_stripe_sdk")


def _is_card_only(params: JSON) -> bool:
    return params.get("payment_method_types") == ["card"] and "statement_descriptor" in params


#: The error for a confirmation without a `return_url`.
RETURN_URL = Rule("return_url", _RETURN_URL, lambda params: False)
STATEMENT_DESCRIPTOR = Rule(
    "statement_descriptor",
    "`statement_descriptor` is not supported for card payments. Use `statement_descriptor_suffix` instead.",
    _is_card_only,
)
#: "Create a PaymentIntent".
CREATE_RULES = (
    _METHOD_ONCE,
    one_of_two("automatic_payment_methods", "payment_method_types"),
    *(
        only_with(name, "confirm", f"You may only specify a `{name}` if you set `confirm` to true.")
        for name in ("error_on_requires_action", "mandate_data", "off_session", "return_url", "use_stripe_sdk")
    ),
    STATEMENT_DESCRIPTOR,
)
CONFIRM_RULES = (_METHOD_ONCE,)

_UPDATABLE = (
    "allowed_payment_method_types",
    "amount",
    "amount_details",
    "capture_method",
    "currency",
    "customer",
    "excluded_payment_method_types",
    "metadata",
    "payment_details",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
UPDATE: Fields = {
    **EXPAND,
    **{name: CREATE[name] for name in _UPDATABLE if name not in ("amount", "currency")},
    **{name: field for name, field in _NOT_HERE.items() if name not in ("confirmation_token", "on_behalf_of")},
    "amount": Integer(least=0),
    "currency": Currency(),
    "description": CLEARABLE,
    "receipt_email": Email(clearable=True),
    "setup_future_usage": _CLEARABLE_FUTURE,
    "shipping": CLEARABLE_SHIPPING,
}

CONFIRM: Fields = {
    **EXPAND,
    "allowed_payment_method_types": Array(item=String()),
    "amount_details": Unsupported(),
    "amount_to_confirm": Integer(),
    "capture_method": CAPTURE_METHOD,
    "confirmation_token": Unsupported(),
    "error_on_requires_action": Boolean(),
    "excluded_payment_method_types": Array(clearable=True, item=String()),
    "hooks": Unsupported(),
    "mandate": Unsupported(),
    "mandate_data": AnyHash(clearable=True),
    "off_session": BooleanOr(options=("one_off", "recurring")),
    "payment_details": Unsupported(),
    "payment_method": String(),
    "payment_method_data": METHOD_DATA,
    "payment_method_options": METHOD_OPTIONS,
    "payment_method_types": METHOD_TYPES,
    "radar_options": Unsupported(),
    "receipt_email": Email(clearable=True),
    "return_url": Url(),
    "setup_future_usage": _CLEARABLE_FUTURE,
    "shipping": CLEARABLE_SHIPPING,
    "use_stripe_sdk": Boolean(),
}

CAPTURE: Fields = {
    **EXPAND,
    "amount_details": Unsupported(),
    "amount_to_capture": Integer(least=1),
    "application_fee_amount": Unsupported(),
    "final_capture": Only(field=Boolean(), value=True),
    "hooks": Unsupported(),
    "metadata": METADATA,
    "payment_details": Unsupported(),
    "statement_descriptor": String(longest=22),
    "statement_descriptor_suffix": String(longest=22),
    "transfer_data": Unsupported(),
}

CANCEL: Fields = {
    **EXPAND,
    "cancellation_reason": choice("duplicate", "fraudulent", "requested_by_customer", "abandoned"),
}

LIST: Fields = {**TIMED_PAGING, "customer": String(), "customer_account": Unsupported()}
