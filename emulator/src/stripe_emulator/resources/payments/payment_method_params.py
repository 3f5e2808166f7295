"""Parameters of `/v1/payment_methods`."""

from __future__ import annotations

from stripe_emulator.resources.common import ADDRESS, REDISPLAY
from stripe_emulator.resources.payments.method_options import OTHER_TYPES
from stripe_emulator.schema import (
    EXPAND,
    METADATA,
    PAGING,
    Email,
    Fields,
    Hash,
    Integer,
    String,
    Unsupported,
    choice,
)

#: The supported types; Stripe has many more.
KINDS = ("card", "sepa_debit", "us_bank_account", "customer_balance")

_OTHERS = tuple(kind for kind in OTHER_TYPES if kind not in ("card_present", "demo_pay"))

BILLING = Hash(
    fields={
        "address": Hash(fields=ADDRESS.fields, clearable=True),
        "email": Email(clearable=True),
        "name": String(clearable=True),
        "phone": String(clearable=True),
        "tax_id": String(),
    }
)

_CARD = Hash(
    fields={
        "cvc": String(),
        "exp_month": Integer(),
        "exp_year": Integer(),
        "networks": Unsupported(),
        "number": String(),
        "token": String(),
    }
)
_US_ACCOUNT = Hash(
    fields={
        "account_holder_type": choice("company", "individual"),
        "account_number": String(),
        "account_type": choice("checking", "savings"),
        "financial_connections_account": Unsupported(),
        "routing_number": String(),
    }
)

_DATA: Fields = {
    **dict.fromkeys(_OTHERS, Unsupported()),
    "allow_redisplay": REDISPLAY,
    "billing_details": BILLING,
    "card": _CARD,
    "customer_balance": Hash(fields={}),
    "metadata": METADATA,
    "radar_options": Unsupported(),
    "sepa_debit": Hash(fields={"iban": String(required=True)}),
    "us_bank_account": _US_ACCOUNT,
}
METHOD_DATA = Hash(fields={**_DATA, "type": choice(*KINDS, required=True, unsupported=OTHER_TYPES)})

CREATE: Fields = {
    **EXPAND,
    **_DATA,
    "custom": Unsupported(),
    "customer": Unsupported(),
    "payment_method": Unsupported(),
    "type": choice(*KINDS, unsupported=(*OTHER_TYPES, "custom")),
}
UPDATE: Fields = {
    **EXPAND,
    "allow_redisplay": REDISPLAY,
    "billing_details": BILLING,
    "card": Hash(fields={"exp_month": Integer(), "exp_year": Integer(), "networks": Unsupported()}),
    "metadata": METADATA,
    "us_bank_account": Unsupported(),
}
ATTACH: Fields = {**EXPAND, "customer": String(), "customer_account": Unsupported()}
_TYPE = choice(*KINDS, "link", unsupported=(*OTHER_TYPES, "custom"))
LIST_OF_CUSTOMER: Fields = {**PAGING, "allow_redisplay": REDISPLAY, "type": _TYPE}
LIST: Fields = {**LIST_OF_CUSTOMER, "customer": String(), "customer_account": Unsupported()}
