"""Parameters of `/v1/payment_intents`."""

from __future__ import annotations

from stripe_emulator.jsontext import JSON
from stripe_emulator.resources.common import (
    CAPTURE_METHOD,
    CLEARABLE_SHIPPING,
    FUTURE_USAGE,
    LITERALS,
    SHIPPING,
)
from stripe_emulator.resources.payments.method_options import INTENT_OPTIONS, OTHER_TYPES
from stripe_emulator.resources.payments.payment_method_params import METHOD_DATA
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    TIMED_PAGING,
    Array,
    Boolean,
    BooleanOr,
    Currency,
    Descriptor,
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
from stripe_emulator.schema.rules import Rule, needs_hash_of, one_of_two, only_with

_CLEARABLE_FUTURE = choice("off_session", "on_session", clearable=True)
_AUTOMATIC = Hash(fields={"allow_redirects": choice("always", "never"), "enabled": Boolean(required=True)})
#: The supported payment methods.
METHOD_TYPES = Array(
    item=choice("card", "sepa_debit", "us_bank_account", "customer_balance", "link", unsupported=OTHER_TYPES)
)

_ALLOWED = Array(item=choice(*LITERALS["intent_types_allowed"]))
_EXCLUDED = Array(item=choice(*LITERALS["intent_types_excluded"]))
_CLEARABLE_EXCLUDED = Array(item=_EXCLUDED.item, clearable=True)
#: The buyer's consent to a debit.
_ONLINE = Hash(fields={"ip_address": String(required=True), "user_agent": String(required=True)})
_ACCEPTANCE = Hash(
    required=True,
    fields={
        "accepted_at": Integer(),
        "offline": Hash(fields={}),
        "online": _ONLINE,
        "type": choice("offline", "online", required=True),
    },
    rules=(needs_hash_of("online"),),
)
_MANDATE = Hash(clearable=True, fields={"customer_acceptance": _ACCEPTANCE})

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
    "allowed_payment_method_types": _ALLOWED,
    "amount": Integer(required=True, least=1),
    "amount_details": Unsupported(),
    "automatic_payment_methods": _AUTOMATIC,
    "capture_method": CAPTURE_METHOD,
    "confirm": Boolean(),
    "confirmation_method": choice("automatic", "manual"),
    "currency": Currency(required=True),
    "customer": String(),
    "description": String(longest=1000),
    "error_on_requires_action": Boolean(),
    "excluded_payment_method_types": _EXCLUDED,
    "mandate": Unsupported(),
    "mandate_data": _MANDATE,
    "metadata": METADATA,
    "off_session": BooleanOr(options=("one_off", "recurring")),
    "payment_details": Unsupported(),
    "payment_method": String(),
    "payment_method_data": METHOD_DATA,
    "payment_method_options": INTENT_OPTIONS,
    "payment_method_types": METHOD_TYPES,
    "radar_options": Unsupported(),
    "receipt_email": Email(),
    "return_url": Url(),
    "setup_future_usage": FUTURE_USAGE,
    "shipping": SHIPPING,
    "statement_descriptor": Descriptor(),
    "statement_descriptor_suffix": Descriptor(),
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


def _takes_cards(params: JSON) -> bool:
    return "card" in params.get("payment_method_types", ()) and "statement_descriptor" in params


def _unless_confirmed(name: str) -> Rule:
    message = f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is set to true."
    return only_with(name, "confirm", message)


#: The error for a confirmation without a `return_url`.
RETURN_URL = Rule("return_url", _RETURN_URL, lambda params: False)
STATEMENT_DESCRIPTOR = Rule(
    "statement_descriptor",
    "The statement_descriptor parameter is not supported for the payment_method_type `card`. To continue supporting "
    "payment_method_type `card`, please pass in `statement_descriptor_suffix` or remove the `statement_descriptor` "
    "parameter altogether. Please see "
    "https://support.stripe.com/questions/use-of-the-statement-descriptor-parameter-on-paymentintents-for-card-charges "
    "for additional details.",
    _takes_cards,
)
#: "Create a PaymentIntent".
CREATE_RULES = (
    _METHOD_ONCE,
    one_of_two("automatic_payment_methods", "payment_method_types"),
    one_of_two("automatic_payment_methods", "confirmation_method"),
    *(
        _unless_confirmed(name)
        for name in ("error_on_requires_action", "mandate_data", "off_session", "return_url", "use_stripe_sdk")
    ),
    STATEMENT_DESCRIPTOR,
)
CONFIRM_RULES = (_METHOD_ONCE,)
UPDATE_RULES = (_METHOD_ONCE, STATEMENT_DESCRIPTOR)

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
    "amount": Integer(least=1),
    "currency": Currency(),
    "description": String(longest=1000, clearable=True),
    "excluded_payment_method_types": _CLEARABLE_EXCLUDED,
    "receipt_email": Email(clearable=True),
    "setup_future_usage": _CLEARABLE_FUTURE,
    "shipping": CLEARABLE_SHIPPING,
}

CONFIRM: Fields = {
    **EXPAND,
    "allowed_payment_method_types": _ALLOWED,
    "amount_details": Unsupported(),
    "amount_to_confirm": Integer(),
    "capture_method": CAPTURE_METHOD,
    "confirmation_token": Unsupported(),
    "error_on_requires_action": Boolean(),
    "excluded_payment_method_types": _CLEARABLE_EXCLUDED,
    "hooks": Unsupported(),
    "mandate": Unsupported(),
    "mandate_data": _MANDATE,
    "off_session": BooleanOr(options=("one_off", "recurring")),
    "payment_details": Unsupported(),
    "payment_method": String(),
    "payment_method_data": METHOD_DATA,
    "payment_method_options": INTENT_OPTIONS,
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
    "statement_descriptor": Descriptor(),
    "statement_descriptor_suffix": Descriptor(),
    "transfer_data": Unsupported(),
}

CANCEL: Fields = {
    **EXPAND,
    "cancellation_reason": choice("duplicate", "fraudulent", "requested_by_customer", "abandoned"),
}

RETRIEVE: Fields = {**EXPAND, "client_secret": String()}
LIST: Fields = {**TIMED_PAGING, "customer": String(), "customer_account": Unsupported()}
