"""`payment_method_options` of PaymentIntents and Checkout Sessions, and the currencies of payment method types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stripe_emulator.errors import invalid_request
from stripe_emulator.schema import Field, Fields, Hash, Only, Pattern, Unsupported, choice

#: Types of payment methods that Stripe has and the emulator lacks.
OTHER_TYPES = (
    "acss_debit", "affirm", "afterpay_clearpay", "alipay", "alma", "amazon_pay", "au_becs_debit", "bacs_debit",
    "bancontact", "billie", "bizum", "blik", "boleto", "card_present", "cashapp", "crypto", "demo_pay", "eps", "fpx",
    "giropay", "grabpay", "ideal", "interac_present", "kakao_pay", "klarna", "konbini", "kr_card", "link", "mb_way",
    "mobilepay", "multibanco", "naver_pay", "nz_bank_account", "oxxo", "p24", "pay_by_bank", "payco", "paynow",
    "paypal", "paypay", "payto", "pix", "promptpay", "revolut_pay", "samsung_pay", "satispay", "scalapay", "sequra",
    "sofort", "sunbit", "swish", "twint", "upi", "wechat_pay", "zip",
)  # fmt: skip

#: The currencies of the types that don't support all.
_CURRENCIES: Mapping[str, tuple[str, ...]] = {
    "customer_balance": ("eur", "gbp", "jpy", "mxn", "usd"),
    "link": ("usd",),
    "sepa_debit": ("eur",),
    "us_bank_account": ("usd",),
}


def check_currency(types: Iterable[str], currency: str, param: str = "payment_method_types") -> None:
    """Check that each type supports the currency. Raises `StripeError`."""
    for kind in types:
        known = _CURRENCIES.get(kind, (currency,))
        if currency not in known:
            raise invalid_request(
                f"The currency provided ({currency}) is invalid for {kind}. Payments with {kind} support the following "
                f"currencies: {', '.join(known)}.",
                param=param,
            )


_ANY_CARD = (
    "installments", "request_extended_authorization", "request_incremental_authorization", "request_multicapture",
    "request_overcapture", "statement_descriptor_suffix_kana", "statement_descriptor_suffix_kanji",
)  # fmt: skip
_INTENT_CARD = (
    "cvc_token", "mandate_options", "moto", "network", "require_cvc_recollection", "setup_credential_usage",
    "stored_credential_usage", "three_d_secure",
)  # fmt: skip
_BANK_ACCOUNT = ("financial_connections", "target_date", "verification_method")
_TRANSFERS = ("eu_bank_transfer", "gb_bank_transfer", "jp_bank_transfer", "mx_bank_transfer", "us_bank_transfer")
_NOT_IN_SESSIONS = (
    "bizum", "card_present", "interac_present", "mb_way", "nz_bank_account", "paypay", "promptpay", "zip",
)  # fmt: skip


def _unsupported(names: Iterable[str]) -> dict[str, Field]:
    return dict.fromkeys(names, Unsupported())


_FUTURE = ("off_session", "on_session")
_DEBIT_FUTURE = choice("none", *_FUTURE)
_CARD: Fields = {
    **_unsupported(_ANY_CARD),
    "capture_method": choice("manual"),
    "request_three_d_secure": choice("any", "automatic", "challenge"),
}

#: Options of Checkout Sessions, which can't be paid from a customer balance here.
SESSION_OPTIONS = Hash(
    fields={
        **_unsupported(kind for kind in OTHER_TYPES if kind not in _NOT_IN_SESSIONS),
        "card": Hash(fields={**_CARD, "restrictions": Unsupported(), "setup_future_usage": choice(*_FUTURE)}),
        "customer_balance": Unsupported(),
        "sepa_debit": Hash(
            fields={**_unsupported(("mandate_options", "target_date")), "setup_future_usage": _DEBIT_FUTURE}
        ),
        "us_bank_account": Hash(fields={**_unsupported(_BANK_ACCOUNT), "setup_future_usage": _DEBIT_FUTURE}),
    }
)

_CLEARABLE_FUTURE = choice("none", *_FUTURE, clearable=True)
_COUNTRY = Pattern(
    required=True,
    pattern="BE|DE|ES|FR|IE|NL",
    message="Invalid {path}: must be one of BE, DE, ES, FR, IE, or NL",
)
_BANK_TRANSFER = Hash(
    fields={
        "eu_bank_transfer": Hash(fields={"country": _COUNTRY}),
        "requested_address_types": Unsupported(),
        # The CLI's triggers still send `jp_bank_account`.
        "type": choice(*_TRANSFERS, required=True, aliases={"jp_bank_account": "jp_bank_transfer"}),
    }
)
#: Options of PaymentIntents, where each hash can be cleared.
INTENT_OPTIONS = Hash(
    fields={
        **_unsupported(kind for kind in OTHER_TYPES if kind != "demo_pay"),
        "card": Hash(
            clearable=True,
            fields={
                **_CARD,
                **_unsupported(_INTENT_CARD),
                "capture_method": choice("manual", clearable=True),
                "setup_future_usage": _CLEARABLE_FUTURE,
            },
        ),
        "customer_balance": Hash(
            clearable=True,
            fields={
                "bank_transfer": _BANK_TRANSFER,
                "funding_type": Only(field=choice("bank_transfer"), value="bank_transfer"),
                "setup_future_usage": Only(field=choice("none"), value="none"),
            },
        ),
        "sepa_debit": Hash(
            clearable=True,
            fields={**_unsupported(("mandate_options", "target_date")), "setup_future_usage": _CLEARABLE_FUTURE},
        ),
        "us_bank_account": Hash(
            clearable=True,
            fields={
                **_unsupported((*_BANK_ACCOUNT, "mandate_options", "networks", "transaction_purpose")),
                "setup_future_usage": _CLEARABLE_FUTURE,
            },
        ),
    }
)
