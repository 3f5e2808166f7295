"""Parameters of a session that are hashes of their own: quantities, custom fields, shipping, invoices, recovery."""

from __future__ import annotations

from stripe_emulator.jsontext import JSON
from stripe_emulator.objects.checkout.line_item import MOST
from stripe_emulator.resources.catalog.shipping_rates import AMOUNT_REQUIRED, SHIPPING_RATE
from stripe_emulator.schema import (
    METADATA,
    Array,
    Boolean,
    Field,
    Fields,
    Hash,
    Integer,
    Only,
    Pattern,
    String,
    Unsupported,
    choice,
)
from stripe_emulator.schema.rules import Rule, needs_hash_of, one_of_two

# Quantities


def _limits(params: JSON) -> tuple[int, int]:
    given = params.get("adjustable_quantity", {})
    return given.get("minimum", 0), given.get("maximum", MOST)


def _is_outside(params: JSON) -> bool:
    least, most = _limits(params)
    adjustable = params.get("adjustable_quantity", {}).get("enabled")
    return bool(adjustable and "quantity" in params and not least <= params["quantity"] <= most)


ADJUSTABLE = Hash(
    fields={
        "enabled": Boolean(required=True),
        "maximum": Integer(least=1, most=999_999),
        "minimum": Integer(least=0, most=999_999),
    },
    rules=(
        Rule(
            "minimum",
            "`minimum` must be less than or equal to `maximum`, which is 99 by default.",
            lambda params: params.get("minimum", 0) > params.get("maximum", MOST),
        ),
    ),
)
QUANTITY_LIMITS = Rule(
    "quantity",
    "`quantity` must be between `minimum` (by default 0) and `maximum` (by default 99) of `adjustable_quantity`.",
    _is_outside,
)
OPTIONAL_ITEM = Hash(
    fields={
        "adjustable_quantity": ADJUSTABLE,
        "price": String(required=True),
        "quantity": Integer(required=True, least=1, most=999_999),
    },
    rules=(QUANTITY_LIMITS,),
)

# Custom fields

_LENGTHS: Fields = {
    "default_value": String(longest=255),
    "maximum_length": Integer(least=1, most=255),
    "minimum_length": Integer(least=0, most=255),
}


def _fits(params: JSON) -> bool:
    least, most = params.get("minimum_length", 0), params.get("maximum_length", 255)
    return least <= most and ("default_value" not in params or least <= len(params["default_value"]) <= most)


_LENGTHS_FIT = Rule(
    "minimum_length",
    "`minimum_length` can't be larger than `maximum_length`, and `default_value` must have such a length.",
    lambda params: not _fits(params),
)
_ALPHANUMERIC = "Invalid {path}: must only contain letters, digits and underscores."
_OPTION = Hash(
    fields={
        "label": String(required=True, longest=100),
        "value": Pattern(required=True, pattern=r"\w{1,100}", message=_ALPHANUMERIC),
    }
)


def _values(params: JSON) -> list[str]:
    return [option["value"] for option in params["options"]]


_DROPDOWN = Hash(
    fields={"default_value": String(longest=100), "options": Array(required=True, item=_OPTION, most=200)},
    rules=(
        Rule(
            "options",
            "Each option in {path} must have a unique `value`.",
            lambda params: len(set(_values(params))) < len(_values(params)),
        ),
        Rule(
            "default_value",
            "The `default_value` must be the `value` of one of the options.",
            lambda params: "default_value" in params and params["default_value"] not in _values(params),
        ),
    ),
)
_DIGITS = Rule(
    "default_value",
    "The `default_value` of a numeric field must only contain digits.",
    lambda params: "default_value" in params and not params["default_value"].isdecimal(),
)
_FIELD_TYPES = ("dropdown", "numeric", "text")


def _of_other_type(params: JSON) -> bool:
    return any(name in params for name in _FIELD_TYPES if name != params["type"])


CUSTOM_FIELD = Hash(
    fields={
        "dropdown": _DROPDOWN,
        "key": Pattern(required=True, pattern=r"\w{1,200}", message=_ALPHANUMERIC),
        "label": Hash(
            required=True,
            fields={
                "custom": String(required=True, longest=100),
                "type": Only(field=choice("custom"), value="custom", required=True),
            },
        ),
        "numeric": Hash(fields=_LENGTHS, rules=(_LENGTHS_FIT, _DIGITS)),
        "optional": Boolean(),
        "text": Hash(fields=_LENGTHS, rules=(_LENGTHS_FIT,)),
        "type": choice(*_FIELD_TYPES, required=True),
    },
    rules=(
        needs_hash_of("dropdown"),
        Rule("type", "{path} can only have the hash of its own `type`.", _of_other_type),
    ),
)
UNIQUE_KEYS = Rule(
    "custom_fields",
    "Each custom field must have a unique `key`.",
    lambda params: (
        len({each["key"] for each in params.get("custom_fields", ())}) < len(params.get("custom_fields", ()))
    ),
)

# Shipping, discounts, taxes

SHIPPING_OPTION = Hash(
    fields={"shipping_rate": String(), "shipping_rate_data": Hash(fields=SHIPPING_RATE, rules=(AMOUNT_REQUIRED,))},
    rules=(one_of_two("shipping_rate", "shipping_rate_data"),),
)
DISCOUNT = Hash(
    fields={"coupon": String(), "promotion_code": String()},
    rules=(one_of_two("coupon", "promotion_code"),),
)
_SELF = Only(field=choice("self", "account"), value="self", required=True)
LIABILITY = Hash(fields={"account": Unsupported(), "type": _SELF})
TAX_ID = Hash(fields={"enabled": Boolean(required=True), "required": choice("if_supported", "never")})

# After the payment, or without one

RECOVERY = Hash(
    fields={"recovery": Hash(fields={"allow_promotion_codes": Boolean(), "enabled": Boolean(required=True)})}
)
_INVOICE_FIELD = Hash(fields={"name": String(required=True, longest=40), "value": String(required=True, longest=140)})
_RENDERING: Field = Hash(
    clearable=True,
    fields={
        "amount_tax_display": choice("exclude_tax", "include_inclusive_tax", clearable=True),
        "template": Unsupported(),
    },
)
INVOICE = Hash(
    fields={
        "enabled": Boolean(required=True),
        "invoice_data": Hash(
            fields={
                "account_tax_ids": Unsupported(),
                "custom_fields": Array(clearable=True, item=_INVOICE_FIELD, most=4),
                "description": String(longest=1500),
                "footer": String(longest=5000),
                "issuer": LIABILITY,
                "metadata": METADATA,
                "rendering_options": _RENDERING,
            }
        ),
    }
)
CONSENT = Hash(
    fields={
        "payment_method_reuse_agreement": Unsupported(),
        "promotions": choice("auto", "none"),
        "terms_of_service": choice("none", "required"),
    }
)
