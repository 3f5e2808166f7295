"""`/v1/account`: the one account of the emulator ("Accounts"). There are no connected accounts."""

from __future__ import annotations

from stripe_emulator.errors import invalid_request
from stripe_emulator.jsontext import JSON
from stripe_emulator.routing.request import Request
from stripe_emulator.routing.resource import List, Resource
from stripe_emulator.routing.router import get
from stripe_emulator.schema import TIMED_PAGING

#: The same in every emulator and after every reset: programs store it with their objects.
ACCOUNT_ID = "acct_1LocalEmulator00"
_CREATED = 1_577_836_800  # 2020-01-01
_NO_REQUIREMENTS: JSON = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}


def new_account() -> JSON:
    """Build the account: a US company in test mode with everything enabled."""
    return {
        "id": ACCOUNT_ID,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": "5734",
            "minority_owned_business_designation": None,
            "monthly_estimated_revenue": None,
            "name": "Local Stripe",
            "product_description": None,
            "specified_commercial_transactions_act_url": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": "company",
        "capabilities": dict.fromkeys(
            (
                "bank_transfer_payments",
                "card_payments",
                "sepa_debit_payments",
                "transfers",
                "us_bank_account_ach_payments",
            ),
            "active",
        ),
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US",
        "created": _CREATED,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@example.com",
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{ACCOUNT_ID}/external_accounts",
        },
        "future_requirements": dict(_NO_REQUIREMENTS),
        "metadata": {},
        "payouts_enabled": True,
        "requirements": dict(_NO_REQUIREMENTS),
        "settings": _settings(),
        "tos_acceptance": {"date": _CREATED, "ip": None, "user_agent": None},
        "type": "standard",
    }


def _settings() -> JSON:
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": "LOCAL STRIPE",
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": "Local Stripe", "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "offer"},
        "payments": {
            "statement_descriptor": "LOCAL STRIPE",
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }


def retrieve_own(request: Request) -> JSON:
    """GET /v1/account."""
    return new_account()


def retrieve(request: Request) -> JSON:
    """GET /v1/accounts/{}."""
    if request.args[0] == ACCOUNT_ID:
        return new_account()
    message = (
        f"The provided key does not have access to account '{request.args[0]}' (or that account does not exist). "
        "Application access may have been revoked."
    )
    raise invalid_request(message, code="account_invalid", status=403)


RESOURCE = Resource(
    kind="account",
    path="/v1/accounts",
    retrieve=False,
    list=List(fields=TIMED_PAGING),  # connected accounts: none, but dj-stripe asks before every sync
    more=(get("/v1/account", retrieve_own), get("/v1/accounts/{}", retrieve)),
)
