"""Each of Stripe's test cards, by name through the API and by number through the hosted page."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from stripe_emulator.payments import cards
from support.running import Running

DECLINES = {
    "chargeDeclined": ("card_declined", "generic_decline"),
    "visa_chargeDeclined": ("card_declined", "generic_decline"),
    "visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "visa_chargeDeclinedVelocityLimitExceeded": ("card_declined", "card_velocity_exceeded"),
    "chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
    "chargeDeclinedProcessingError": ("processing_error", "processing_error"),
    "visa_debit_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "visa_chargeDeclinedFraudulent": ("card_declined", "fraudulent"),
    "radarBlock": ("card_declined", "fraudulent"),
    "riskLevelHighest": ("card_declined", "fraudulent"),
    "chargeCustomerFail": ("card_declined", "generic_decline"),
    "threeDSecureRequiredProcessingError": ("card_declined", "generic_decline"),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    """One emulator for all cards; they do not affect each other."""
    with Running() as running:
        yield running


def pay(emulator: Running, method: str, **more: Any) -> stripe.PaymentIntent:
    params: Any = {
        "amount": 1000,
        "currency": "usd",
        "confirm": True,
        "payment_method": method,
        "payment_method_types": ["card"],
        "expand": ["latest_charge.balance_transaction"],
        **more,
    }
    return emulator.client().v1.payment_intents.create(params)


def charge_of(intent: stripe.PaymentIntent) -> stripe.Charge:
    assert isinstance(intent.latest_charge, stripe.Charge)
    return intent.latest_charge


@pytest.mark.parametrize(("name", "codes"), DECLINES.items())
def test_a_declined_card_has_its_code(shared: Running, name: str, codes: tuple[str, str]) -> None:
    with pytest.raises(stripe.CardError) as caught:
        pay(shared, f"pm_card_{name}")
    error = caught.value.json_body["error"]  # type: ignore[index]
    assert (error["code"], error["decline_code"]) == codes


@pytest.mark.parametrize("card", [card for card in cards.ALL if not card.decline and card.authentication == "none"])
def test_a_valid_card_pays_and_is_described(shared: Running, card: cards.Card) -> None:
    charge = charge_of(pay(shared, f"pm_card_{card.name}"))
    assert charge.payment_method_details
    details = charge.payment_method_details.card
    assert details
    assert (charge.status, details.brand, details.country, details.funding, details.last4) == (
        "succeeded",
        card.brand,
        card.country,
        card.funding,
        card.number[-4:],
    )


@pytest.mark.parametrize("card", [card for card in cards.ALL if card.authentication in ("required", "set_up")])
def test_a_secure_card_needs_authentication(shared: Running, card: cards.Card) -> None:
    assert pay(shared, f"pm_card_{card.name}").status == "requires_action"


@pytest.mark.parametrize(
    ("name", "last4"),
    [
        ("us", "4242"),
        ("amex_threeDSecureNotSupported", "0005"),
        ("debit_visaHsaProductCode", "0072"),
        ("visa_debit_eftposAuCoBranded", "0001"),
        ("visa_createDispute", "0259"),
    ],
)
@pytest.mark.parametrize("prefix", ["pm_card", "tok"])
def test_a_card_has_aliases(shared: Running, name: str, last4: str, prefix: str) -> None:
    details = charge_of(pay(shared, f"{prefix}_{name}")).payment_method_details
    assert details
    assert details.card
    assert details.card.last4 == last4


def test_a_frictionless_card_needs_no_action(shared: Running) -> None:
    details = charge_of(pay(shared, "pm_card_threeDSecureFrictionless")).payment_method_details
    assert details
    assert details.card
    secure = details.card.three_d_secure
    assert secure
    assert (secure.result, secure.authentication_flow) == ("authenticated", "frictionless")


@pytest.mark.parametrize("card", [card for card in cards.ALL if card.dispute])
def test_a_disputed_card_has_disputes(shared: Running, card: cards.Card) -> None:
    charge = charge_of(pay(shared, f"pm_card_{card.name}"))
    found = shared.client().v1.disputes.list({"charge": charge.id}).data
    assert len(found) == card.disputes
    assert sum(dispute.amount for dispute in found) == charge.amount


@pytest.mark.parametrize(
    ("name", "check"),
    [("cvcCheckFailElevatedRisk", "cvc_check"), ("avsZipFailElevatedRisk", "address_postal_code_check")],
)
def test_a_failed_check_raises_the_risk(shared: Running, name: str, check: str) -> None:
    charge = charge_of(pay(shared, f"pm_card_{name}"))
    assert charge.outcome
    assert charge.outcome.risk_level == "elevated"
    details = charge.payment_method_details
    assert details
    assert details.card
    assert details.card.checks
    assert details.card.checks.to_dict()[check] == "fail"


def test_card_numbers_are_unique_and_valid() -> None:
    assert len({card.number for card in cards.ALL}) == len({card.name for card in cards.ALL}) == len(cards.ALL)
    assert [card.number for card in cards.ALL if not cards.is_plausible(card.number)] == []


def test_bypass_cards_are_available_immediately(shared: Running) -> None:
    def status(name: str) -> str:
        transaction = charge_of(pay(shared, name)).balance_transaction
        assert isinstance(transaction, stripe.BalanceTransaction)
        return transaction.status

    assert status("pm_card_bypassPending") == "available"
    assert status("pm_card_visa") == "pending"


def test_risk_and_checks_are_shown(shared: Running) -> None:
    outcome = charge_of(pay(shared, "pm_card_riskLevelElevated")).outcome
    assert outcome
    assert outcome.risk_level == "elevated"
    details = charge_of(pay(shared, "pm_card_avsZipFail")).payment_method_details
    assert details
    assert details.card
    assert details.card.checks
    assert details.card.checks.address_postal_code_check == "fail"


def test_a_blocked_card_is_not_sent_to_the_network(shared: Running) -> None:
    with pytest.raises(stripe.CardError) as caught:
        pay(shared, "pm_card_radarBlock")
    charge = shared.client().v1.charges.retrieve(caught.value.json_body["error"]["charge"])  # type: ignore[index]
    assert charge.outcome
    assert (charge.outcome.type, charge.outcome.network_status) == ("blocked", "not_sent_to_network")


def test_a_card_can_be_attached_and_then_declined(shared: Running) -> None:
    client = shared.client()
    customer = client.v1.customers.create({})
    method = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    with pytest.raises(stripe.CardError):
        pay(shared, method.id, customer=customer.id)
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})


@pytest.mark.parametrize("name", ["pm_card_none", "tok_none", "pm_none"])
def test_an_unknown_name_is_refused(shared: Running, name: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod"):
        pay(shared, name)


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"exp_month": 13}, "invalid_expiry_month"),
        ({"exp_year": 1999}, "invalid_expiry_year"),
        ({"cvc": "99"}, "invalid_cvc"),
    ],
)
def test_an_invalid_card_is_refused_when_stored(shared: Running, card: dict[str, str], code: str) -> None:
    full: Any = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123", **card}
    with pytest.raises(stripe.CardError) as caught:
        shared.client().v1.payment_methods.create({"type": "card", "card": full})
    assert caught.value.code == code


def test_an_unknown_number_is_declined(shared: Running) -> None:
    card: Any = {"number": "4111111111111111", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method = shared.client().v1.payment_methods.create({"type": "card", "card": card})
    with pytest.raises(stripe.CardError) as caught:
        pay(shared, method.id)
    assert caught.value.json_body["error"]["decline_code"] == "test_mode_live_card"  # type: ignore[index]
