"""Bank debits: the session completes first, and the payment succeeds or fails later."""

import pytest
import stripe

from stripe_emulator import Config
from support.running import Running, until

EURO = {
    "line_items": [
        {
            "price_data": {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}},
            "quantity": 1,
        }
    ]
}
SEPA = {"method": "sepa_debit", "account-name": "Jenny Rosen"}
ACH = {"method": "us_bank_account", "account-name": "Jenny Rosen", "routing-number": "110000000"}


def by_iban(emulator: Running, iban: str) -> stripe.checkout.Session:
    session = emulator.session(**EURO)
    assert "redirect" in emulator.confirm(session, **SEPA, iban=iban)
    return session


def retrieved(emulator: Running, session: stripe.checkout.Session) -> stripe.checkout.Session:
    return emulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})


def test_the_session_is_complete_but_unpaid(emulator: Running) -> None:
    session = retrieved(emulator, by_iban(emulator, "AT61 1904 3002 3457 3201"))
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    assert session.payment_intent.status == "processing"
    assert emulator.events() == [
        "payment_intent.created",
        "payment_intent.processing",
        "charge.pending",
        "checkout.session.completed",
    ]


def test_a_debit_succeeds_later(emulator: Running) -> None:
    session = by_iban(emulator, "AT611904300234573201")
    emulator.advance(61)
    assert retrieved(emulator, session).payment_status == "paid"
    assert emulator.events()[-4:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "checkout.session.async_payment_succeeded",
    ]


@pytest.mark.parametrize("iban", ["AT861904300235473202", "DE62370400440532013001", "AT601904300000121212"])
def test_a_debit_can_fail_later(emulator: Running, iban: str) -> None:
    session = by_iban(emulator, iban)
    emulator.advance(61)
    seen = retrieved(emulator, session)
    assert (seen.status, seen.payment_status) == ("complete", "unpaid")
    assert isinstance(seen.payment_intent, stripe.PaymentIntent)
    assert seen.payment_intent.status == "requires_payment_method"
    assert seen.payment_intent.last_payment_error
    assert emulator.events()[-3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


def test_a_slow_account_takes_three_minutes(emulator: Running) -> None:
    session = by_iban(emulator, "AT321904300235473204")
    emulator.advance(61)
    assert retrieved(emulator, session).payment_status == "unpaid"
    emulator.advance(120)
    assert retrieved(emulator, session).payment_status == "paid"


def test_a_debit_can_be_disputed(emulator: Running) -> None:
    session = by_iban(emulator, "AT591904300235473203")
    emulator.advance(61)
    assert retrieved(emulator, session).payment_status == "paid"
    assert "charge.dispute.created" in emulator.events()


@pytest.mark.parametrize("iban", ["AT611904300234573202", "not an iban", "XX"])
def test_an_invalid_iban_is_named(emulator: Running, iban: str) -> None:
    error = emulator.confirm(emulator.session(**EURO), **SEPA, iban=iban)["error"]
    assert error["field"] == "iban"


@pytest.mark.parametrize(
    ("account", "paid", "event"),
    [
        ("000123456789", "paid", "checkout.session.async_payment_succeeded"),
        ("000111111113", "unpaid", "checkout.session.async_payment_failed"),
        ("000222222227", "unpaid", "checkout.session.async_payment_failed"),
        ("000000000009", "unpaid", "checkout.session.completed"),
    ],
)
def test_us_bank_accounts_succeed_or_fail(emulator: Running, account: str, paid: str, event: str) -> None:
    session = emulator.session()
    assert "redirect" in emulator.confirm(session, **ACH, **{"account-number": account})
    emulator.advance(3600)
    assert retrieved(emulator, session).payment_status == paid
    assert emulator.events()[-1] == event


def test_invalid_us_account_numbers_are_named(emulator: Running) -> None:
    session = emulator.session()
    wrong = emulator.confirm(session, **{**ACH, "routing-number": "110000001"}, **{"account-number": "000123456789"})
    assert wrong["error"]["field"] == "routing-number"
    assert emulator.confirm(session, **ACH, **{"account-number": "12x"})["error"]["field"] == "account-number"


def test_a_debits_refund_is_pending_first(emulator: Running) -> None:
    session = by_iban(emulator, "AT611904300234573201")
    emulator.advance(61)
    intent = retrieved(emulator, session).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    refund = emulator.client().v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    emulator.advance(61)
    assert emulator.client().v1.refunds.retrieve(refund.id).status == "succeeded"


def test_a_debit_settles_with_real_time() -> None:

    with Running(Config(settle_after=0.05)) as emulator:
        session = by_iban(emulator, "AT611904300234573201")
        until(lambda: retrieved(emulator, session).payment_status == "paid", "the payment")
