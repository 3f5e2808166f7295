"""The table of changes, newest first: what leads from each version's shape back to that of the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stripe_emulator.versions.moved import (
    dispute_of_charge,
    invoice_with_one_payment,
    item_with_price,
    line_with_price,
    period_of_all,
    rendering_options_beside,
    shipping_beside,
    whole_coupon,
    whole_promotion,
)
from stripe_emulator.versions.steps import Having, Named, Spelled, Step, without


@dataclass(frozen=True, slots=True)
class Change:
    """`back` takes an object of `kind` from the shape that `version` gave it to the one before."""

    version: str
    kind: str
    back: Step


_CARD = "payment_method_details.card"

#: By version and kind of object, the steps back.
_TABLE: Mapping[str, Mapping[str, tuple[Step, ...]]] = {
    "2026-10-28.endive": {
        "dispute": (without("evidence_details.submission_method", "intended_submission_method"),),
    },
    "2026-09-30.endive": {
        "account": (without("business_profile.specified_commercial_transactions_act_url"),),
        "charge": (without(f"{_CARD}.electronic_commerce_indicator"),),
        "checkout.session": (without("allowed_payment_method_types"),),
        "invoice": (without("status_details"),),
        "invoiceitem": (without("invoicing_rules"),),
        "payment_intent": (without("payment_record"),),
        "product": (without("tax_details"),),
        "subscription": (without("trial_settings.end_behavior.billing_cycle_anchor"),),
        "subscription_item": (without("current_trial"),),
    },
    "2026-08-26.dahlia": {
        "invoiceitem": (without("frozen_fields"),),
        "subscription": (without("cancellation_details.feedback_option"),),
    },
    "2026-07-29.dahlia": {
        "dispute": (without(f"{_CARD}.network"),),
        "payment_intent": (without("allowed_payment_method_types"),),
        "refund": (without("customer", "customer_account", "payment_method"),),
    },
    "2026-06-24.dahlia": {
        "charge": (without(f"{_CARD}.transaction_link_id"),),
        "subscription": (
            without("invoice_settings.custom_fields", "invoice_settings.description", "invoice_settings.footer"),
        ),
    },
    "2026-05-27.dahlia": {
        "invoice": (without("amount_paid_off_stripe"),),
        "subscription": (without("billing_schedules"),),
    },
    "2026-04-22.dahlia": {
        "checkout.session": (without("managed_payments"),),
        "payment_intent": (without("managed_payments"),),
        "subscription": (without("managed_payments"),),
    },
    "2026-03-25.dahlia": {
        "checkout.session": (
            without("integration_identifier"),
            Spelled("ui_mode", {"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}),
        ),
        "invoiceitem": (without("quantity_decimal"),),
        "line_item": (without("quantity_decimal"),),
    },
    "2026-01-28.clover": {
        "item": (without("adjustable_quantity"),),
    },
    "2025-12-15.clover": {
        "cash_balance": (without("customer_account"),),
        "charge": (
            without(
                "payment_method_details.sepa_debit.expected_debit_date",
                "payment_method_details.us_bank_account.expected_debit_date",
            ),
        ),
        "checkout.session": (without("customer_account"),),
        "customer": (without("customer_account"),),
        "customer_cash_balance_transaction": (without("customer_account"),),
        "discount": (without("customer_account"),),
        "invoice": (without("customer_account"),),
        "invoiceitem": (without("customer_account"),),
        "item": (without("metadata"),),
        "line_item": (without("subtotal"),),
        "payment_intent": (without("customer_account"),),
        "payment_method": (without("customer_account"),),
        "promotion_code": (without("customer_account"),),
        "subscription": (without("customer_account"),),
    },
    "2025-09-30.clover": {
        "checkout.session": (
            without(
                "branding_settings",
                "collected_information.business_name",
                "collected_information.individual_name",
                "customer_details.business_name",
                "customer_details.individual_name",
                "excluded_payment_method_types",
                "name_collection",
            ),
        ),
        "customer": (without("business_name", "individual_name"),),
        "discount": (whole_coupon,),
        "invoiceitem": (without("net_amount", "proration_details"),),
        "promotion_code": (whole_promotion,),
        "subscription": (without("billing_mode.flexible"),),
    },
    "2025-08-27.basil": {
        "payment_intent": (without("excluded_payment_method_types"),),
    },
    "2025-07-30.basil": {
        "checkout.session": (without("invoice_creation.invoice_data.rendering_options.template", "origin_context"),),
    },
    "2025-06-30.basil": {
        "subscription": (without("billing_mode"),),
    },
    "2025-05-28.basil": {
        "balance_transaction": (without("balance_type"),),
        "subscription": (without("billing_thresholds"),),
        "subscription_item": (without("billing_thresholds"),),
    },
    "2025-04-30.basil": {
        "account": (without("business_profile.minority_owned_business_designation"),),
        "charge": (without("billing_details.tax_id"),),
        "checkout.session": (without("automatic_tax.provider", "wallet_options"),),
        "invoice": (without("automatic_tax.provider"),),
        "payment_method": (without("billing_details.tax_id"),),
        "refund": (without("pending_reason"),),
    },
    "2025-03-31.basil": {
        "account": (without("settings.invoices.hosted_payment_method_save"),),
        "charge": (Having("invoice"), without("presentment_details")),
        "checkout.session": (without("optional_items", "permissions"), shipping_beside),
        "invoice": (invoice_with_one_payment,),
        "invoiceitem": (item_with_price,),
        "line_item": (line_with_price,),
        "payment_intent": (Having("invoice"),),
        "plan": (Having("aggregate_usage"),),
        "price": (Having("recurring.aggregate_usage"),),
        "subscription": (period_of_all, Having("discount"), Having("billing_thresholds")),
        "subscription_item": (without("current_period_end", "current_period_start"), Having("billing_thresholds")),
    },
    "2025-02-24.acacia": {
        "checkout.session": (without("collected_information"),),
    },
    "2025-01-27.acacia": {
        "charge": (without("outcome.advice_code"),),
        "checkout.session": (without("discounts"),),
        "payment_intent": (without("last_payment_error.advice_code"),),
    },
    "2024-12-18.acacia": {
        "card": (without("allow_redisplay", "regulated_status"),),
        "charge": (
            without(
                "outcome.network_advice_code",
                "outcome.network_decline_code",
                f"{_CARD}.network_transaction_id",
                f"{_CARD}.regulated_status",
            ),
        ),
        "invoice": (without("automatic_tax.disabled_reason"),),
        "payment_method": (without("card.regulated_status"),),
        "subscription": (without("automatic_tax.disabled_reason"),),
    },
    "2024-11-20.acacia": {
        "checkout.session": (without("adaptive_pricing"),),
    },
    "2024-10-28.acacia": {
        "dispute": (
            without(
                "enhanced_eligibility_types", "evidence.enhanced_evidence", "evidence_details.enhanced_eligibility"
            ),
        ),
        "tax_rate": (without("flat_amount", "rate_type"),),
    },
    "2024-09-30.acacia": {
        "invoice": (without("total_pretax_credit_amounts"),),
        "line_item": (without("pretax_credit_amounts"),),
    },
    "2024-06-20": {
        "charge": (without(f"{_CARD}.authorization_code"),),
        "checkout.session": (without("tax_id_collection.required"),),
        "dispute": (without(f"{_CARD}.case_type"),),
        "invoice": (without("automatically_finalizes_at", "rendering.template", "rendering.template_version"),),
    },
    "2024-04-10": {
        "charge": (Having("refunds"),),
        "checkout.session": (
            without(
                "custom_fields.dropdown.default_value",
                "custom_fields.numeric.default_value",
                "custom_fields.text.default_value",
                "saved_payment_method_options",
            ),
        ),
        "invoice": (rendering_options_beside,),
        "payment_method": (without("allow_redisplay", "card.generated_from"),),
        "product": (Named("marketing_features", "features"),),
        "subscription": (without("invoice_settings"),),
    },
    "2023-10-16": {
        "account": (
            without(
                "business_profile.annual_revenue",
                "business_profile.estimated_worker_count",
                "settings.bacs_debit_payments.service_user_number",
                "settings.invoices",
            ),
        ),
        "charge": (
            without(
                "payment_method_details.us_bank_account.mandate",
                "payment_method_details.us_bank_account.payment_reference",
            ),
        ),
        "checkout.session": (
            without(
                "automatic_tax.liability",
                "consent_collection.payment_method_reuse_agreement",
                "custom_text.after_submit",
                "invoice_creation.invoice_data.issuer",
                "payment_method_options.card.request_three_d_secure",
            ),
        ),
        "discount": (without("subscription_item"),),
        "invoice": (without("automatic_tax.liability", "issuer"),),
        "line_item": (without("invoice"),),
        "payment_method": (without("card.display_brand"),),
        "plan": (without("meter"),),
        "price": (without("recurring.meter"),),
        "refund": (without("destination_details"),),
        "subscription": (without("automatic_tax.liability", "billing_cycle_anchor_config", "discounts"),),
        "subscription_item": (without("discounts"),),
        "tax_rate": (without("jurisdiction_level"),),
    },
    "2023-08-16": {
        "charge": (
            Having("destination"),
            dispute_of_charge,
            without(
                f"{_CARD}.amount_authorized",
                f"{_CARD}.extended_authorization",
                f"{_CARD}.incremental_authorization",
                f"{_CARD}.multicapture",
                f"{_CARD}.overcapture",
            ),
        ),
        "checkout.session": (
            without(
                "client_secret",
                "custom_text.terms_of_service_acceptance",
                "payment_method_configuration_details",
                "redirect_on_completion",
                "return_url",
                "ui_mode",
            ),
            Having("custom_fields.dropdown"),
            Having("custom_fields.numeric"),
            Having("custom_fields.text"),
        ),
        "dispute": (without("payment_method_details"),),
        "invoice": (without("rendering"),),
        "payment_intent": (without("payment_method_configuration_details"),),
        "product": (Having("attributes", []), without("features")),
    },
}


def _rows() -> Iterator[Change]:
    for version, kinds in _TABLE.items():
        for kind, steps in kinds.items():
            for step in steps:
                yield Change(version, kind, step)


CHANGES: tuple[Change, ...] = tuple(_rows())
