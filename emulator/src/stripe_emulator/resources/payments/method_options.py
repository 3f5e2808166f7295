"""`payment_method_options` of PaymentIntents and Checkout Sessions."""

from __future__ import annotations

from stripe_emulator.schema import Fields, Hash, String, Unsupported, choice

#: Types of payment methods that Stripe has and the emulator lacks.
OTHER_TYPES = (
    "acss_debit", "affirm", "afterpay_clearpay", "alipay", "alma", "amazon_pay", "au_becs_debit", "bacs_debit",
    "bancontact", "billie", "bizum", "blik", "boleto", "card_present", "cashapp", "crypto", "demo_pay", "eps", "fpx",
    "giropay", "grabpay", "ideal", "interac_present", "kakao_pay", "klarna", "konbini", "kr_card", "link", "mb_way",
    "mobilepay", "multibanco", "naver_pay", "nz_bank_account", "oxxo", "p24", "pay_by_bank", "payco", "paynow",
    "paypal", "paypay", "payto", "pix", "promptpay", "revolut_pay", "samsung_pay", "satispay", "scalapay", "sequra",
    "sofort", "sunbit", "swish", "twint", "upi", "wechat_pay", "zip",
)  # fmt: skip

_CARD_OTHERS = (
    "cvc_token", "installments", "mandate_options", "moto", "network", "request_extended_authorization",
    "request_incremental_authorization", "request_multicapture", "request_overcapture", "require_cvc_recollection",
    "restrictions", "setup_credential_usage", "statement_descriptor_suffix_kana", "statement_descriptor_suffix_kanji",
    "stored_credential_usage", "three_d_secure",
)  # fmt: skip

_FUTURE = choice("none", "off_session", "on_session", clearable=True)
_TRANSFERS = (
    "eu_bank_transfer", "gb_bank_transfer", "jp_bank_account", "jp_bank_transfer", "mx_bank_transfer",
    "us_bank_transfer",
)  # fmt: skip

_FIELDS: Fields = {
    **dict.fromkeys(OTHER_TYPES, Unsupported()),
    "card": Hash(
        fields={
            **dict.fromkeys(_CARD_OTHERS, Unsupported()),
            "capture_method": choice("manual", clearable=True),
            "request_three_d_secure": choice("any", "automatic", "challenge"),
            "setup_future_usage": _FUTURE,
        }
    ),
    "customer_balance": Hash(
        fields={
            "bank_transfer": Hash(
                fields={
                    "eu_bank_transfer": Hash(fields={"country": String(required=True, longest=2)}),
                    "requested_address_types": Unsupported(),
                    "type": choice(*_TRANSFERS, required=True),
                }
            ),
            "funding_type": choice("bank_transfer"),
            "setup_future_usage": choice("none"),
        }
    ),
    "sepa_debit": Hash(
        fields={"mandate_options": Unsupported(), "setup_future_usage": _FUTURE, "target_date": Unsupported()}
    ),
    "us_bank_account": Hash(
        fields={
            **dict.fromkeys(
                ("financial_connections", "mandate_options", "networks", "target_date", "transaction_purpose"),
                Unsupported(),
            ),
            "setup_future_usage": _FUTURE,
            "verification_method": Unsupported(),
        }
    ),
}

METHOD_OPTIONS = Hash(fields=_FIELDS)
