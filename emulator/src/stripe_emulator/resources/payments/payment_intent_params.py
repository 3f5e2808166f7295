"""Parameters of `/v1/payment_intents`."""

from __future__ import annotations

from stripe_emulator.resources.common import CAPTURE_METHOD, CLEARABLE, CLEARABLE_SHIPPING, FUTURE_USAGE, SHIPPING
from stripe_emulator.resources.payments.method_options import METHOD_OPTIONS
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

_CLEARABLE_FUTURE = choice("off_session", "on_session", clearable=True)
_AUTOMATIC = Hash(fields={"allow_redirects": choice("always", "never"), "enabled": Boolean(required=True)})
#: Methods that a PaymentIntent can be paid with here.
METHOD_TYPES = Array(item=choice("card", "sepa_debit", "us_bank_account", "customer_balance", "link"))

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
