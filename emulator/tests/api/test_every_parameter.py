"""Every parameter has an effect or is refused by name; none is silently ignored.

For each parameter of each call, the test compares the call with and without it. Events, other objects, the hosted page
or the deliveries must differ, not only the object's field of that name. The parameters in INFORMATION are only stored.
"""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stripe_emulator.resources import RESOURCES
from stripe_emulator.resources.payments.accounts import ACCOUNT_ID
from stripe_emulator.routing.router import Route
from stripe_emulator.schema import (
    Array,
    Boolean,
    BooleanOr,
    Choice,
    Currency,
    Decimal,
    Email,
    Field,
    Fields,
    Hash,
    Integer,
    Only,
    Pattern,
    Unsupported,
    Url,
)
from stripe_emulator.schema.metadata import Metadata
from support.running import Running
from support.world import FOLLOW_UPS, World

# The objects in each path, and those that some parameters need instead.
TARGETS = {
    "/v1/charges/{}": "{charge}", "/v1/charges/{}/capture": "{held_charge}", "/v1/charges/{}/refunds": "{charge}",
    "/v1/checkout/sessions/{}": "{session}", "/v1/checkout/sessions/{}/expire": "{session}",
    "/v1/coupons/{}": "{coupon}", "/v1/customers/{}": "{customer}",
    "/v1/customers/{}/discount": "{discounted}", "/v1/customers/{}/sources": "{payer}",
    "/v1/customers/{}/sources/{}": "{payer} {card}", "/v1/disputes/{}": "{dispute}",
    "/v1/disputes/{}/close": "{dispute}", "/v1/invoiceitems/{}": "{invoiceitem}", "/v1/invoices/{}": "{invoice}",
    "/v1/invoices/{}/finalize": "{invoice}", "/v1/invoices/{}/mark_uncollectible": "{open_invoice}",
    "/v1/invoices/{}/pay": "{invoice}", "/v1/invoices/{}/send": "{invoice}",
    "/v1/invoices/{}/void": "{open_invoice}", "/v1/promotion_codes/{}": "{code}",
    "/v1/shipping_rates/{}": "{shipping_rate}", "/v1/tax_rates/{}": "{tax_rate}", "/v1/payment_intents/{}": "{intent}",
    "/v1/payment_intents/{}/cancel": "{intent}", "/v1/payment_intents/{}/capture": "{held}",
    "/v1/payment_intents/{}/confirm": "{intent}", "/v1/payment_methods/{}": "{method}",
    "/v1/payment_methods/{}/attach": "{method}", "/v1/payment_methods/{}/detach": "{attached}",
    "/v1/prices/{}": "{price}", "/v1/products/{}": "{product}", "/v1/refunds/{}": "{refund}",
    "/v1/refunds/{}/cancel": "{pending_refund}", "/v1/subscriptions/{}": "{subscription}",
    "/v1/test_helpers/customers/{}/fund_cash_balance": "{customer}", "/v1/webhook_endpoints/{}": "{endpoint}",
    "/v1/payment_intents/{}/confirm setup_future_usage": "{customers_intent}",
    "/v1/payment_intents/{}/confirm payment_method_options[card][setup_future_usage]": "{customers_intent}",
    "/v1/payment_intents/{}/confirm payment_method_options[us_bank_account]": "{customers_intent}",
    "/v1/payment_intents/{}/confirm payment_method_options[sepa_debit]": "{euro_intent}",
    "/v1/payment_intents/{}/confirm payment_method_options[customer_balance]": "{euro_intent}",
    "/v1/payment_intents/{}/confirm payment_method_data[sepa_debit]": "{euro_intent}",
    "/v1/payment_intents/{}/confirm mandate_data": "{euro_intent}",
}  # fmt: skip
LINE = "line_items[0][price_data]"
SHOP = "https://a.test/"
# Required parameters by call.
NEEDS: dict[str, dict[str, str]] = {
    "POST /v1/charges": {"amount": "1000", "currency": "usd", "source": "tok_visa"},
    "POST /v1/checkout/sessions": {
        "mode": "payment", "success_url": SHOP, "line_items[0][quantity]": "1", f"{LINE}[currency]": "usd",
        f"{LINE}[unit_amount]": "1000", f"{LINE}[product_data][name]": "Tea",
    },
    "POST /v1/coupons": {"percent_off": "10"},
    "POST /v1/customers/{}/sources": {"source": "tok_visa"},
    "POST /v1/invoiceitems": {"customer": "{payer}", "amount": "500", "currency": "usd"},
    "POST /v1/invoices": {"customer": "{payer}"},
    "POST /v1/invoices/{}/pay": {"payment_method": "pm_card_visa"},
    "POST /v1/payment_intents": {"amount": "1000", "currency": "usd"},
    "POST /v1/payment_intents/{}/confirm": {"payment_method": "pm_card_visa", "return_url": SHOP},
    "POST /v1/payment_methods": {"type": "card", "card[token]": "tok_visa"},
    "POST /v1/payment_methods/{}/attach": {"customer": "{customer}"},
    "POST /v1/prices": {"currency": "usd", "unit_amount": "500", "product": "{product}"},
    "POST /v1/products": {"name": "Tea"},
    "POST /v1/promotion_codes": {"promotion[type]": "coupon", "promotion[coupon]": "{coupon}", "code": "CODE"},
    "POST /v1/refunds": {"charge": "{charge}"},
    "POST /v1/shipping_rates": {
        "display_name": "Post", "fixed_amount[amount]": "500", "fixed_amount[currency]": "usd"},
    "POST /v1/subscriptions": {"customer": "{payer}", "items[0][price]": "{monthly}"},
    "POST /v1/tax_rates": {"display_name": "VAT", "inclusive": "false", "percentage": "20"},
    "POST /v1/test_helpers/customers/{}/fund_cash_balance": {"amount": "5", "currency": "usd"},
    "POST /v1/webhook_endpoints": {"url": "http://127.0.0.1:1/", "enabled_events[0]": "charge.failed"},
}  # fmt: skip
CHALLENGED = {"payment_method": "pm_card_authenticationRequired"}
NOW = {"confirm": "true", "return_url": SHOP}
SEPA = {"type": "sepa_debit", "sepa_debit[iban]": "AT611904300234573201"}
HOLDER = {"billing_details[name]": "Jenny Rosen", "billing_details[email]": "jenny@example.com"}
EURO_DEBIT: dict[str, str | None] = {
    "currency": "eur", "payment_method_types[0]": "sepa_debit", "payment_method": None,
    **{"payment_method_data" + re.sub(r"^\w+", r"[\g<0>]", name): text for name, text in (SEPA | HOLDER).items()},
}  # fmt: skip
BALANCE: dict[str, str | None] = {
    "payment_method": None, "customer": "{customer}", "payment_method_types[0]": "customer_balance", "currency": "eur",
    "payment_method_data[type]": "customer_balance",
}  # fmt: skip
NUMBER = {"[number]": "4242424242424242", "[exp_month]": "12", "[exp_year]": "2040"}
ACH = {"type": "us_bank_account", "us_bank_account[account_number]": "000123456789",
       "us_bank_account[routing_number]": "110000000", **HOLDER}  # fmt: skip
SUBMITS: dict[str, str | None] = {"evidence[uncategorized_text]": "It was them."}
# Parameters that one needs to have an effect. The key may start with a call. None removes a parameter.
WITH: dict[str, dict[str, str | None]] = {
    "confirm": {"payment_method": "pm_card_visa", "payment_method_types[0]": "card"},
    "confirmation_method": {**CHALLENGED, **NOW},
    "return_url": {**CHALLENGED, "confirm": "true"},
    "automatic_payment_methods": {"payment_method": "pm_card_visa", "confirm": "true"},
    "automatic_payment_methods[allow_redirects]": {
        "payment_method": "pm_card_visa", "confirm": "true", "automatic_payment_methods[enabled]": "true"},
    "off_session": {**CHALLENGED, **NOW}, "error_on_requires_action": {**CHALLENGED, **NOW},
    "use_stripe_sdk": {**CHALLENGED, **NOW}, "mandate_data": {**EURO_DEBIT, "confirm": "true"},
    "payment_method_data": {
        "payment_method": None, "payment_method_data[type]": "card",
        "payment_method_data[card][token]": "tok_visa", **NOW},
    "POST /v1/checkout/sessions payment_method_data": {
        "payment_method_data[type]": None, "payment_method_data[card][token]": None, "return_url": None},
    "payment_method_data[card]": {
        "payment_method_data[card][token]": None,
        **{f"payment_method_data[card]{name}": NUMBER[name] for name in NUMBER}},
    "payment_method_data[card][token]": {f"payment_method_data[card]{name}": None for name in NUMBER},
    "payment_method_data[us_bank_account]": {
        "payment_method_types[0]": "us_bank_account", "payment_method_data[card][token]": None,
        "payment_method_data[type]": "us_bank_account", "payment_method_data[billing_details][name]": "Jenny Rosen",
        "payment_method_data[us_bank_account][account_number]": "000123456789",
        "payment_method_data[us_bank_account][routing_number]": "110000000"},
    "payment_method_data[sepa_debit]": {**EURO_DEBIT, "payment_method_data[card][token]": None},
    "payment_method_options[customer_balance]": {**BALANCE, "confirm": "true"},
    "payment_method_options[us_bank_account]": {"customer": "{customer}", "payment_method_types[0]": "us_bank_account",
                                                "payment_method": "pm_usBankAccount_success", "confirm": "true"},
    "payment_method_options[sepa_debit]": {**EURO_DEBIT, "customer": "{customer}", "confirm": "true"},
    "setup_future_usage": {"customer": "{customer}"},
    "payment_method_options[card][setup_future_usage]": {"customer": "{customer}"},
    **{
        f"POST /v1/payment_intents{call} payment_method_options[card][request_three_d_secure]": {
            "payment_method": "pm_card_threeDSecureOptional", **NOW}
        for call in ("", "/{}", "/{}/confirm")
    },
    "POST /v1/checkout/sessions payment_method_options[sepa_debit]": {
        **dict.fromkeys(EURO_DEBIT), f"{LINE}[currency]": "eur", "payment_method_types[0]": "sepa_debit"},
    "customer_update": {"customer": "{customer}"},
    "customer_update[address]": {"customer": "{customer}", "billing_address_collection": "required"},
    "customer_update[shipping]": {"customer": "{customer}", "shipping_address_collection[allowed_countries][0]": "AT"},
    "redirect_on_completion": {"ui_mode": "embedded_page", "success_url": None, "return_url": SHOP},
    "POST /v1/checkout/sessions return_url": {"ui_mode": "embedded_page", "success_url": None},
    "ui_mode": {"success_url": None, "return_url": SHOP},
    "custom_text[shipping_address][message]": {"shipping_address_collection[allowed_countries][0]": "AT"},
    "custom_text[terms_of_service_acceptance][message]": {"consent_collection[terms_of_service]": "required"},
    "payment_intent_data[statement_descriptor]": {"payment_method_types[0]": "us_bank_account"},
    "payment_method_options[us_bank_account][setup_future_usage]": {
        "customer": "{customer}", "payment_method_types[0]": "us_bank_account"},
    "line_items[0][price]": {f"{LINE}[currency]": None, f"{LINE}[unit_amount]": None,
                             f"{LINE}[product_data][name]": None},
    f"{LINE}[product]": {f"{LINE}[product_data][name]": None},
    "unit_amount_decimal": {"unit_amount": None}, f"{LINE}[unit_amount_decimal]": {f"{LINE}[unit_amount]": None},
    "default_price_data[unit_amount]": {"default_price_data[currency]": "usd"},
    "default_price_data[unit_amount_decimal]": {
        "default_price_data[currency]": "usd", "default_price_data[unit_amount]": None},
    "default_price_data": {"default_price_data[currency]": "usd", "default_price_data[unit_amount]": "7"},
    "product_data": {"product": None, "product_data[name]": "Tea"},
    "product_data[name]": {"product": None},
    "transfer_lookup_key": {"lookup_key": "{held_key}"},
    "amount_off": {"percent_off": None, "currency": "usd"}, "duration_in_months": {"duration": "repeating"},
    "POST /v1/coupons currency": {"percent_off": None, "amount_off": "100"},
    "duration": {"duration_in_months": "3"}, "POST /v1/refunds payment_intent": {"charge": None},
    "invoice_settings[default_payment_method]": {"payment_method": "pm_card_visa"},
    "POST /v1/payment_methods type": {"card[token]": None},
    "POST /v1/payment_methods card": {"card[token]": None, **{f"card{name}": NUMBER[name] for name in NUMBER}},
    "POST /v1/payment_methods card[token]": {f"card{name}": None for name in NUMBER},
    "sepa_debit": {**SEPA, "card[token]": None, **HOLDER},
    "us_bank_account": {**ACH, "card[token]": None},
    "custom_fields[0][text]": {"custom_fields[0][type]": "text"},
    "custom_fields[0][numeric]": {"custom_fields[0][type]": "numeric"},
    "custom_fields[0][dropdown]": {
        "custom_fields[0][type]": "dropdown", "custom_fields[0][dropdown][options][0][value]": "1",
        "custom_fields[0][dropdown][options][0][label]": "One"},
    "custom_fields[0][dropdown][default_value]": {"custom_fields[0][optional]": "true"},
    "optional_items[0][adjustable_quantity][maximum]": {"optional_items[0][quantity]": "3"},
    "tax_id_collection[required]": {"tax_id_collection[enabled]": "true", "billing_address_collection": "required"},
    "invoice_creation[invoice_data]": {"invoice_creation[enabled]": "true"},
    "shipping_options[0][shipping_rate]": {},
    "shipping_options[0][shipping_rate_data]": {
        "shipping_options[0][shipping_rate_data][fixed_amount][amount]": "500",
        "shipping_options[0][shipping_rate_data][fixed_amount][currency]": "usd"},
    "POST /v1/checkout/sessions shipping_options[0][shipping_rate_data][tax_behavior]": {
        "automatic_tax[enabled]": "true", "shipping_address_collection[allowed_countries][0]": "AT"},
    "POST /v1/checkout/sessions shipping_options[0][shipping_rate_data][tax_code]": {
        "automatic_tax[enabled]": "true", "shipping_address_collection[allowed_countries][0]": "AT"},
    "POST /v1/promotion_codes coupon": {"promotion[type]": None, "promotion[coupon]": None},
    "restrictions[minimum_amount]": {"restrictions[minimum_amount_currency]": "usd"},
    "restrictions[minimum_amount_currency]": {"restrictions[minimum_amount]": "5"},
    "POST /v1/invoices days_until_due": {"collection_method": "send_invoice"},
    "POST /v1/invoices due_date": {"collection_method": "send_invoice"},
    "POST /v1/invoices collection_method": {"days_until_due": "5"},
    "pending_invoice_items_behavior": {"metadata[item]": "{invoiceitem}"},
    "submit": SUBMITS, "trial_settings": {"trial_period_days": "5"},
}  # fmt: skip
# Values for fields whose type alone gives no useful value.
VALUES = {
    "account_holder_type": "company", "account_number": "000111111113", "account_type": "savings", "active": "false",
    "allow_redirects": "never", "allowed_countries[0]": "AT", "allowed_payment_method_types[0]": "us_bank_account",
    "amount": "700", "amount_off": "150", "amount_to_capture": "700", "amount_to_confirm": "700", "capture": "false",
    "charge": "{pending_charge}", "country": "AT", "coupon": "{coupon}", "currency": "eur", "customer": "{payer}",
    "default_payment_method": "{attached}", "default_price": "{price}", "default_source": "{second_card}",
    "disabled": "true", "email": "somebody@example.com", "enabled_events[0]": "charge.succeeded",
    "excluded_payment_method_types[0]": "card", "exp_month": "11", "exp_year": "2041",
    "expires_at": "{soon}", "iban": "DE89370400440532013000", "images[0]": "https://shop.test/tea.png",
    "invoice_prefix": "SHOP", "lookup_key": "tea", "max_redemptions": "1", "name": "Some Body",
    "number": "5555555555554444", "payment_intent": "{paid_intent}", "payment_method": "pm_card_mastercard",
    "percent_off": "25", "price": "{price}", "product": "{other_product}", "quantity": "4", "redeem_by": "{soon}",
    "routing_number": "111000025", "source": "tok_mastercard", "submit": "false", "tax_code": "txcd_10000000",
    "token": "tok_mastercard", "trial_period_days": "2", "unit_amount": "700",
    "unit_amount_decimal": "1250.5", "eu_bank_transfer[country]": "FR",
    "payment_method_types[0]": "us_bank_account",
    "tax_rates[0]": "{tax_rate}", "shipping_rate": "{shipping_rate}", "promotion_code": "{code}",
    "products[0]": "{other_product}", "percentage": "10", "display_name": "Courier", "state": "TX",
    "minimum_amount": "100000", "minimum_length": "2", "maximum_length": "1", "key": "size", "invoice": "{invoice}",
    "numeric[default_value]": "12", "dropdown[default_value]": "1", "due_date": "{soon}",
}  # fmt: skip
# The same for single calls.
OF_CALLS = {
    "POST /v1/subscriptions items[0][price]": "{dearer}", "POST /v1/refunds amount": "7",
    "POST /v1/charges/{}/refunds amount": "7", "POST /v1/payment_methods type": "customer_balance",
    "POST /v1/customers payment_method": "pm_card_visa",
    "POST /v1/customers invoice_settings[default_payment_method]": "pm_card_visa",
    "POST /v1/checkout/sessions customer": "{customer}",
    "POST /v1/payment_intents/{}/confirm amount_to_confirm": "999",
    "POST /v1/customers/{} default_source": "{card}", "POST /v1/webhook_endpoints/{} url": "http://127.0.0.1:2/",
    "POST /v1/webhook_endpoints url": "http://127.0.0.1:2/",
    "POST /v1/promotion_codes coupon": "{other_coupon}", "POST /v1/promotion_codes promotion[coupon]": "{other_coupon}",
    "POST /v1/promotion_codes code": "OTHER", "POST /v1/promotion_codes customer": "{customer}",
    "POST /v1/checkout/sessions custom_fields[0][type]": "text",
    "POST /v1/checkout/sessions custom_fields[0][dropdown][options][0][value]": "2",
    "POST /v1/checkout/sessions optional_items[0][quantity]": "2",
    "POST /v1/checkout/sessions optional_items[0][adjustable_quantity][maximum]": "7",
    "POST /v1/checkout/sessions optional_items[0][adjustable_quantity][minimum]": "1",
    "POST /v1/checkout/sessions line_items[0][adjustable_quantity][minimum]": "1",
    "POST /v1/invoiceitems customer": "{customer}", "POST /v1/invoices customer": "{customer}",
}  # fmt: skip
# Errors that are the effect, by their message.
REFUSED = {
    "expand[0]": "This property cannot be expanded",
    "POST /v1/checkout/sessions currency": "doesn't match the expected currency",
    "POST /v1/payment_intents/{}/confirm allowed_payment_method_types[0]": "is not allowed for this PaymentIntent",
    "POST /v1/payment_intents/{}/confirm payment_method_types[0]": "is not allowed for this PaymentIntent",
    "POST /v1/payment_intents/{}/confirm excluded_payment_method_types[0]": "is not allowed for this PaymentIntent",
    "POST /v1/prices recurring[usage_type]": "metered prices must be backed by meters",
    "POST /v1/checkout/sessions line_items[0][price_data][recurring][interval]": "passed a recurring price",
    "POST /v1/checkout/sessions line_items[0][price_data][recurring][interval_count]": "passed a recurring price",
    "POST /v1/checkout/sessions payment_method_collection": "`payment_method_collection` can only be used in",
    "POST /v1/payment_intents/{}/confirm amount_to_confirm": "does not match the PaymentIntent's amount",
    "POST /v1/checkout/sessions shipping_options[0][shipping_rate_data][fixed_amount][currency]": "the line items are",
    "automatic_payment_methods[enabled]": "return_url",
    "POST /v1/payment_intents/{}/capture statement_descriptor": "statement_descriptor",
}
# Effects that these calls don't show, with the test that covers them.
DELIVERED = {
    "POST /v1/checkout/sessions after_expiration[recovery][allow_promotion_codes]": "test_after_checkout.py::"
    "test_a_recovered_session_is_an_open_copy",
    "POST /v1/checkout/sessions after_expiration[recovery][enabled]": "test_after_checkout.py::"
    "test_an_expired_session_has_a_recovery_url",
    "POST /v1/webhook_endpoints api_version": "test_requested_versions.py::"
    "test_an_endpoint_gets_events_in_its_own_version",
}
# Lists without objects, which no filter changes, with the test that covers each.
EMPTY = {"/v1/accounts": "test_accounts.py::test_no_account_is_connected"}
# Seconds after which an effect is visible.
LATER = {"expires_at": 7300, "redeem_by": 7300}
# Parameters that are stored, returned and part of events, by kind of object. They have no other effect on payments.
INFORMATION = {
    "charge": "description fraud_details metadata receipt_email shipping transfer_group customer",
    "checkout.session": "client_reference_id integration_identifier line_items[0][metadata] metadata origin_context "
    "wallet_options",
    "coupon": "metadata name",
    "card": "address_city address_country address_line1 address_line2 address_state address_zip exp_month exp_year "
    "metadata name",
    "customer": "address balance business_name description individual_name invoice_prefix invoice_settings metadata "
    "name next_invoice_sequence phone preferred_locales shipping",
    "dispute": "evidence metadata",
    "invoice": "collection_method days_until_due due_date metadata",
    "invoiceitem": "description metadata",
    "payment_intent": "cancellation_reason metadata",
    "payment_method": "allow_redisplay metadata",
    "price": "lookup_key metadata nickname recurring tax_behavior",
    "product": "images marketing_features metadata package_dimensions shippable statement_descriptor tax_code type url",
    "promotion_code": "code metadata",
    "refund": "metadata reason",
    "shipping_rate": "metadata tax_code",
    "subscription": "cancellation_details description items metadata",
    "tax_rate": "country description jurisdiction metadata state tax_type",
    "webhook_endpoint": "description metadata",
    "customer_cash_balance_transaction": "reference",
}


def routes(*methods: str) -> Iterator[Route]:
    for each in RESOURCES:
        yield from (route for route in each.routes() if route.method in methods and route.is_public)


def leaves(fields: Fields, where: str = "") -> Iterator[tuple[str, Field]]:
    """Yield the path and field of each supported parameter."""
    for name, field in fields.items():
        path = f"{where}[{name}]" if where else name
        while isinstance(field, Array):
            field, path = field.item, f"{path}[0]"
        if isinstance(field, Hash):
            yield from leaves(field.fields, path)  # a hash without fields can't be sent
        elif not isinstance(field, Unsupported | Only):
            yield path, field


@pytest.mark.parametrize("name", [*DELIVERED.values(), *EMPTY.values()])
def test_what_the_walk_leaves_out_is_tested(name: str) -> None:
    file, _, test = name.partition("::")
    (found,) = Path(__file__).parents[1].rglob(file)
    assert f"def {test}(" in found.read_text()


def cases() -> list[Any]:
    found = [
        (f"{route.method} {route.path}", path, field)
        for route in routes("POST", "DELETE")
        for path, field in leaves(route.fields)
        if f"{route.method} {route.path} {path}" not in DELIVERED
    ]
    return [pytest.param(call, path, field, id=f"{call} {path}") for call, path, field in found]


def samples(call: str, path: str, field: Field) -> list[str]:
    """Return values for the parameter, one of which must have an effect."""
    parts = [part for part in re.split(r"[\[\]]+", path) if part]
    name = "[".join(parts[-2:]) + "]" if parts[-1] == "0" else parts[-1]
    known = (OF_CALLS.get(f"{call} {path}"), VALUES.get("[".join(parts[-2:]) + "]"), VALUES.get(name))
    given = next(filter(None, known), None)
    if given and not (isinstance(field, Choice) and given not in field.options):
        return [given]
    if isinstance(field, Only):
        return [str(field.value)]
    if isinstance(field, BooleanOr | Boolean):
        return ["true", "false"]
    if isinstance(field, Choice):
        return list(field.options[:4])
    made = {
        Currency: "eur", Integer: str(max(getattr(field, "least", None) or 0, 3)), Decimal: "12.5",
        Email: "somebody@example.com", Url: "https://elsewhere.test/", Pattern: "#112233",
    }  # fmt: skip
    return [next((text for kind, text in made.items() if isinstance(field, kind)), "some text")]


def another(field: Field, value: str) -> str:
    """Return another value of a required parameter."""
    if isinstance(field, Choice):
        return next(word for word in (*field.options[::-1], value) if word != value or len(field.options) == 1)
    if isinstance(field, Boolean):
        return "false" if value == "true" else "true"
    if isinstance(field, Integer | Decimal):
        return str(int(float(value)) + 1)
    made = {Currency: "usd", Email: "another@example.com", Url: "https://another.test/"}
    return next((text for kind, text in made.items() if isinstance(field, kind)), "another text")


def companions(call: str, path: str) -> dict[str, str]:
    """Return the parameters to send with this one."""
    needs: dict[str, str | None] = dict(NEEDS.get(call, {}))
    known = next(route for route in routes("POST", "DELETE") if f"{route.method} {route.path}" == call).fields
    for part in prefixes(path):
        for wanted in (WITH.get(part, {}), WITH.get(f"{call} {part}", {})):
            needs |= {name: text for name, text in wanted.items() if text is None or name.partition("[")[0] in known}
    needs |= {name: text for name, text in _required(call, path).items() if name not in needs}
    return {name: text for name, text in needs.items() if text is not None and name != path}


def _required(call: str, path: str) -> dict[str, str]:
    """Return the required parameters of the hashes around this one."""
    route = next(route for route in routes("POST", "DELETE") if f"{route.method} {route.path}" == call)
    return dict(_beside(call, route.fields, path, ""))


def _beside(call: str, fields: Fields, path: str, where: str) -> Iterator[tuple[str, str]]:
    for name, field in fields.items():
        full = f"{where}[{name}]" if where else name
        while isinstance(field, Array):
            field, full = field.item, f"{full}[0]"
        inside = path.startswith(f"{full}[")
        if isinstance(field, Hash) and (inside or (where and field.required)):
            found = list(_beside(call, field.fields, path, full))
            yield from found if found or inside else [(f"{full}[country]", "AT")]
        elif where and field.required and full != path and not isinstance(field, Hash):
            yield full, samples(call, full, field)[0]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Running() as running:
        yield World(running)


def prefixes(path: str) -> list[str]:
    """Return the paths of the hashes around a parameter, and its own."""
    return [path[: match.start()] for match in re.finditer(r"\[|$", path)]


def target_of(call: str, path: str) -> str:
    """Return the objects in the path of the call for this parameter."""
    _, _, url = call.partition(" ")
    found = [TARGETS[f"{url} {part}"] for part in prefixes(path) if f"{url} {part}" in TARGETS]
    return found[-1] if found else TARGETS.get(url, "")


def observe(world: World, call: str, params: dict[str, str], later: int, target: str) -> tuple[int, Any, Any]:
    """Make the call and return its status, its body, and what the calls that follow it show."""
    world.empty()
    method, _, path = call.partition(" ")
    for each in target.split():
        path = path.replace("{}", each, 1)
    status, said = world.ask(method, path, params)
    kind = said.get("object")
    if later:
        world.emulator.advance(later)
    then = FOLLOW_UPS[kind](world, said) if kind in FOLLOW_UPS and not later and "deleted" not in said else None
    return status, said, then


def without(found: Any, kind: str, name: str) -> Any:
    """Remove the field `name` of all objects of this kind, and its previous values."""
    if isinstance(found, list | tuple):
        return [without(each, kind, name) for each in found]
    if not isinstance(found, dict):
        return found
    own = found.get("object") == kind
    kept = {key: without(value, kind, name) for key, value in found.items() if not (own and key == name)}
    if previous := kept.get("previous_attributes"):
        kept["previous_attributes"] = {key: value for key, value in previous.items() if key != name}
    return kept


class Seen:
    """What follows a call: what the next calls show ("then"), and everything that exists after them."""

    def __init__(self, world: World, then: Any) -> None:
        self._found = {"then": then, **world.everything()}
        self._since = world.now
        self._texts: dict[tuple[str, str, str], str] = {}

    def differs(self, world: World, then: Any, kind: str, hidden: str) -> bool:
        """Return whether `world` is different now, apart from the field `hidden` of objects of this kind."""
        found: dict[str, Any] = {}
        for name, value in itertools.chain([("then", then)], world.look_around()):
            found[name] = without(value, kind, hidden)
            if world.comparable(found[name], world.now) != self._text(world, name, kind, hidden):
                return True
        # An id that is only in another place shows in all of it together.
        return world.comparable(found, world.now) != self._text(world, "", kind, hidden)

    def _text(self, world: World, name: str, kind: str, hidden: str) -> str:
        key = (name, kind, hidden)
        if key not in self._texts:
            found = self._found[name] if name else self._found
            self._texts[key] = world.comparable(without(found, kind, hidden), self._since)
        return self._texts[key]


BASELINES: dict[str, tuple[int, Any, Seen]] = {}


def baseline(world: World, call: str, params: dict[str, str], later: int, target: str) -> tuple[int, Any, Seen]:
    key = f"{call} {sorted(params.items())} {later} {target}"
    if key not in BASELINES:
        status, said, then = observe(world, call, params, later, target)
        BASELINES[key] = (status, said, Seen(world, then))
    return BASELINES[key]


@pytest.mark.parametrize("call", sorted({f"{route.method} {route.path}" for route in routes("POST", "DELETE")}))
def test_a_repeated_call_has_the_same_effects(world: World, call: str) -> None:
    params = NEEDS.get(call, {})
    seen = []
    for _ in range(2):
        status, said, then = observe(world, call, params, 0, target_of(call, ""))
        assert status == 200, said
        seen.append(world.comparable([said, then, world.everything()], world.now))
    assert seen[0] == seen[1], "random values must be excluded from the comparison"


@pytest.mark.parametrize(("call", "path", "field"), cases())
def test_a_parameter_has_an_effect_or_is_refused_by_name(world: World, call: str, path: str, field: Field) -> None:
    beside, target = companions(call, path), target_of(call, path)
    name, later = path.partition("[")[0], LATER.get(path, 0)
    refused = REFUSED.get(f"{call} {path}", REFUSED.get(path))
    without_it, answers = beside, []
    if path in NEEDS.get(call, {}) and path not in beside:
        without_it = beside | {path: NEEDS[call][path]}
    status, said, before = baseline(world, call, without_it, later, target)
    if status == 400 and said["error"].get("param") == path:
        without_it = beside | {path: another(field, samples(call, path, field)[0])}
        _, _, before = baseline(world, call, without_it, later, target)
    wanted = {f"{path}[key]": "value"} if isinstance(field, Metadata) else None
    for value in samples(call, path, field):
        status, said, then = observe(world, call, beside | (wanted or {path: value}), later, target)
        answers.append((value, status, said if status >= 400 else "the same"))
        message = said["error"]["message"] if status >= 400 else ""
        if status >= 400 and status != 402:
            if (refused and refused in message) or "does not support" in message:
                return
            continue
        kind = said.get("object") or "error"
        hidden = "" if {name, path} & set(INFORMATION.get(kind, "").split()) else name
        if before.differs(world, then, kind, hidden):
            return
    pytest.fail(f"{path} beside {beside}: {answers}")


@pytest.mark.parametrize("call", sorted({f"{route.method} {route.path}" for route in routes("GET")}))
def test_only_expandable_fields_can_be_expanded(world: World, call: str) -> None:
    world.empty()
    path = call.partition(" ")[2]
    for target in READ.get(path, TARGETS.get(path, "")).split():
        path = path.replace("{}", target, 1)
    assert world.ask("GET", path, {})[0] == 200
    status, said = world.ask("GET", path, {"expand[0]": "nothing"})
    assert (status, REFUSED["expand[0]"] in said["error"]["message"]) == (400, True)


# The objects in the paths of GET requests.
READ = {
    "/v1/accounts/{}": ACCOUNT_ID, "/v1/balance_transactions/{}": "{transaction}",
    "/v1/checkout/sessions/{}/line_items": "{session}", "/v1/customers/{}/payment_methods": "{customer}",
    "/v1/events/{}": "{event}", "/v1/invoices/{}/lines": "{invoice}", "/v1/mandates/{}": "{mandate}",
    "/v1/radar/early_fraud_warnings/{}": "{warning}",
}  # fmt: skip


@pytest.fixture(scope="module")
def traded() -> Iterator[World]:
    """An emulator with at least two different objects of each kind."""
    with Running() as running:
        world = World(running)
        world.empty()
        for name in ("subscription", "endpoint", "coupon", "key_holder", "monthly", "attached", "refund", "mandate"):
            assert world[name]
        session = {"mode": "payment", "success_url": SHOP, "line_items[0][price]": "{price}"}
        session |= {"line_items[0][quantity]": "1", "line_items[1][price]": "{price}", "line_items[1][quantity]": "2"}
        for customer in ("customer", "payer"):
            made = world.post("/v1/checkout/sessions", {**session, "customer": f"{{{customer}}}"})
            running.confirm(_Id(made["id"]))  # type: ignore[arg-type]
            world.made["session"] = made["id"]
            charge = {"amount": "900", "currency": "eur", "customer": f"{{{customer}}}", "transfer_group": customer}
            world.post("/v1/charges", {**charge, "source": "tok_createDispute"})
            world.post("/v1/charges", {**charge, "source": "tok_visa"})
        world.post("/v1/customers/{payer}/sources", {"source": "tok_mastercard"})
        world.post("/v1/payment_methods/pm_card_visa/attach", {"customer": "{customer}"})
        world.post("/v1/payment_methods", {**SEPA, **HOLDER, "allow_redisplay": "always"})
        for number in ("4000000000005423", "4000000000005423"):
            running.confirm(_Id(world.post("/v1/checkout/sessions", session)["id"]), **{"card-number": number})  # type: ignore[arg-type]
        world.post("/v1/products", {"name": "Old", "active": "false", "type": "good", "url": SHOP, "shippable": "true"})
        world.post("/v1/prices", {"currency": "eur", "unit_amount": "1", "product": "{product}", "active": "false"})
        for name in ("payer", "customer"):
            world.post(f"/v1/customers/{{{name}}}", {"coupon": "{coupon}"})
        world.post("/v1/coupons", {"percent_off": "5"})
        world.post("/v1/refunds", {"charge": "{pending_charge}", "amount": "3"})
        world.post("/v1/refunds", {"charge": "{charge}", "amount": "4"})
        world.post("/v1/subscriptions", {"customer": "{payer}", "items[0][price]": "{dearer}"})
        canceled = world.post("/v1/subscriptions", {"customer": "{payer}", "items[0][price]": "{dearer}"})["id"]
        assert world.ask("DELETE", f"/v1/subscriptions/{canceled}", {})[0] == 200
        world.post("/v1/webhook_endpoints", {"url": "http://127.0.0.1:1/", "enabled_events[0]": "coupon.created"})
        world.post("/v1/coupons", {"percent_off": "6"})
        _more(world)
        yield world


def _more(world: World) -> None:
    """Make discounts, taxes, shipping rates and invoices that differ in what lists filter by."""
    promotion = {"promotion[type]": "coupon"}
    world.post("/v1/promotion_codes", {**promotion, "promotion[coupon]": "{coupon}", "customer": "{customer}"})
    world.post("/v1/promotion_codes", {**promotion, "promotion[coupon]": "{other_coupon}", "active": "false"})
    tax = {"display_name": "VAT", "percentage": "20"}
    world.post("/v1/tax_rates", {**tax, "inclusive": "true", "active": "false"})
    world.post("/v1/tax_rates", {**tax, "inclusive": "false"})
    for currency in ("usd", "eur"):
        rate = {"display_name": "Post", "fixed_amount[amount]": "5", "fixed_amount[currency]": currency}
        made = world.post("/v1/shipping_rates", rate)["id"]
    world.post(f"/v1/shipping_rates/{made}", {"active": "false"})
    assert world["invoice"]
    sent = {"customer": "{customer}", "collection_method": "send_invoice", "days_until_due": "5"}
    world.post(f"/v1/invoices/{world.post('/v1/invoices', sent)['id']}/finalize", {})
    world.post("/v1/invoiceitems", {"customer": "{customer}", "amount": "5", "currency": "usd"})


class _Id:
    def __init__(self, wanted: str) -> None:
        self.id = wanted


def filters() -> list[Any]:
    found = [(route.path, path, field) for route in routes("GET") for path, field in leaves(route.fields)]
    return [
        pytest.param(route, path, field, id=f"{route} {path}")
        for route, path, field in found
        if path not in ("expand[0]", "client_secret") and route not in EMPTY
    ]


def candidates(data: list[Any], path: str, field: Field) -> Iterator[str]:
    """Yield values of the objects in a list, and others."""
    names = [name for name in re.split(r"[\[\]]+", path) if name]
    for item in data:
        for name in names:
            item = item.get(name) if isinstance(item, dict) else item
        if isinstance(item, str):
            yield item
    known = {"limit": "1", "starting_after": data[0]["id"], "ending_before": data[-1]["id"], "created": "1"}
    known |= {"created[lt]": "1", "created[lte]": "1", "created[gt]": "9999999999", "created[gte]": "9999999999"}
    yield known.get(path, "nothing")
    yield from samples("", path, field)
    yield from getattr(field, "options", ())


@pytest.mark.parametrize(("route", "path", "field"), filters())
def test_a_filter_of_a_list_filters(traded: World, route: str, path: str, field: Field) -> None:
    target = READ.get(route, TARGETS.get(route, ""))
    url = route
    for each in target.split():
        url = url.replace("{}", each, 1)
    status, before = traded.ask("GET", url, {"limit": "100"})
    assert (status, len(before["data"]) > 1) == (200, True), before
    for value in candidates(before["data"], path, field):
        status, said = traded.ask("GET", url, {"limit": "100", path: value})
        if status == 200 and [each["id"] for each in said["data"]] != [each["id"] for each in before["data"]]:
            return
    pytest.fail(f"{path} has no effect on {route}")
