"""Facts join in any order and number, and give the same state."""

import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments.facts import (
    DISPUTE_RANK,
    PAYMENT_RANK,
    REFUND_RANK,
    SESSION_RANK,
    Amounts,
    Decline,
    Facts,
    PaymentFacts,
    only,
)
from app.payments.models import Order

pytestmark = pytest.mark.quick

TOTAL = 2000
INTENTS = ["", "pi_own", "pi_foreign"]

amounts = st.integers(0, TOTAL)
words = st.frozensets(st.sampled_from(["wrong amount", "wrong currency"]))
payments = st.builds(
    PaymentFacts,
    canceled=st.booleans(),
    refunds=st.dictionaries(
        st.sampled_from(["re_1", "re_2"]), st.tuples(amounts, st.sampled_from([*REFUND_RANK, "new_to_us"])), max_size=2
    ),
    refunded_at_least=amounts,
    disputes=st.dictionaries(st.sampled_from(["du_1", "du_2"]), st.sampled_from([*DISPUTE_RANK, "new_to_us"])),
    decline=st.builds(Decline, st.integers(0, 5), st.sampled_from(["", "generic_decline"]), st.just("")),
)
facts = st.builds(
    Facts,
    session=st.sampled_from(sorted(SESSION_RANK)),
    payment=st.sampled_from(sorted(PAYMENT_RANK)),
    intent=st.sampled_from(INTENTS[:2]),
    amounts=st.builds(Amounts, amounts, amounts, amounts, amounts, amounts),
    payments=st.dictionaries(st.sampled_from(INTENTS), payments, max_size=3),
    mismatches=words,
    accepted=words,
    returned=words,
)


@given(facts, facts)
def test_joining_facts_is_commutative(a: Facts, b: Facts) -> None:
    assert a | b == b | a


@given(facts, facts, facts)
def test_joining_facts_is_associative(a: Facts, b: Facts, c: Facts) -> None:
    assert (a | b) | c == a | (b | c)


@given(facts)
def test_joining_the_same_facts_changes_nothing(a: Facts) -> None:
    assert a | a == a


@given(facts)
def test_facts_survive_storage(a: Facts) -> None:
    assert Facts.from_json(json.loads(json.dumps(a.to_json()))) == a


@given(facts)
def test_every_combination_of_facts_has_a_status(a: Facts) -> None:
    assert a.status(TOTAL) in Order.Status.values


@given(facts)
def test_another_payment_adds_no_facts_to_the_order(a: Facts) -> None:
    foreign = {"pi_foreign": PaymentFacts(True, {"re_9": (9, "succeeded")}, 9999, {"du_9": "lost"})}
    statuses = a | Facts(intent="pi_own", payment="paid")
    joined = statuses | Facts(payments=foreign)
    assert (joined.status(TOTAL), joined.own) == (statuses.status(TOTAL), statuses.own)


@given(st.lists(facts, max_size=8))
def test_a_paid_order_never_becomes_unpaid(history: list[Facts]) -> None:
    known, paid = Facts(), False
    for step in history:
        known |= step
        paid = paid or known.is_paid
        if paid:
            assert known.status(TOTAL) not in ("pending", "processing", "failed", "expired", "canceled")


@given(st.permutations([Facts(session="expired"), Facts(session="complete"), Facts(payment="failed")]))
def test_a_payment_wins_over_any_other_fact(others: list[Facts]) -> None:
    known = Facts()
    for step in [*others[:2], Facts(session="complete", payment="paid"), *others[2:]]:
        known |= step
    assert known.status(TOTAL) == "paid"


PAID = Facts(session="complete", payment="paid", intent="pi_own", amounts=Amounts(TOTAL, 0, 0, 0, TOTAL))


def refund(name: str, amount: int, status: str) -> Facts:
    return only("pi_own", refunds={name: (amount, status)})


def dispute(*statuses: str) -> Facts:
    """Join these statuses of one dispute in the least helpful order."""
    known = Facts()
    for status in sorted(statuses):
        known |= only("pi_own", disputes={"du_1": status})
    return known


def test_failed_refunds_are_subtracted() -> None:
    steps = [
        PAID,
        refund("re_1", 500, "pending"),
        refund("re_2", 1500, "succeeded"),
        refund("re_1", 500, "failed"),
        only("pi_own", refunded_at_least=2000),
    ]
    for order in permutations(steps):
        known = Facts()
        for step in order:
            known |= step
        assert (known.own.amount_refunded, known.status(TOTAL)) == (1500, "partially_refunded")


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["needs_response"], "disputed"),
        (["needs_response", "under_review"], "disputed"),
        (["needs_response", "under_review", "lost"], "disputed"),
        (["needs_response", "won"], "paid"),
        (["needs_response", "lost", "won"], "paid"),  # the bank returned the money
        (["warning_needs_response"], "paid"),  # an inquiry takes no money
        (["warning_needs_response", "warning_under_review", "warning_closed"], "paid"),
        (["warning_needs_response", "warning_under_review", "needs_response"], "disputed"),
        (["warning_under_review", "needs_response", "won"], "paid"),
        (["needs_response", "prevented"], "paid"),
        (["a_status_of_next_year"], "disputed"),
    ],
)
def test_a_dispute_counts_while_the_bank_has_the_money(statuses: list[str], status: str) -> None:
    assert (PAID | dispute(*statuses)).status(TOTAL) == status


def test_winning_one_dispute_does_not_win_another() -> None:
    both = dispute("won") | only("pi_own", disputes={"du_2": "needs_response"})
    assert (PAID | both).status(TOTAL) == "disputed"


def test_the_latest_decline_is_shown() -> None:
    early, late = Decline(1, "insufficient_funds", "No funds."), Decline(2, "generic_decline", "Declined.")
    assert (only("pi", decline=late) | only("pi", decline=early)).attempts.decline == late


@pytest.mark.parametrize(
    ("amounts", "fits"),
    [
        (Amounts(2000, 0, 0, 0, 2000), True),
        (Amounts(2000, 2000, 0, 0, 0), True),  # a coupon of 100 %
        (Amounts(2000, 200, 0, 500, 2300), True),
        (Amounts(2000, 0, 380, 0, 2380), True),  # tax on top
        (Amounts(2000, 0, 319, 0, 2000), True),  # tax included in the prices
        (Amounts(2000, 0, 319, 0, 2100), True),  # tax on top of some prices only
        (Amounts(2000, 0, 0, 0, 2001), False),
        (Amounts(2000, 0, 319, 0, 2320), False),
        (Amounts(2000, 0, 0, 0, 1999), False),
        (Amounts(2000, 500, 0, 0, 2000), False),
    ],
)
def test_a_total_must_match_its_parts(amounts: Amounts, fits: bool) -> None:
    assert amounts.add_up is fits


@pytest.mark.parametrize(
    ("refunded", "status"),
    [([], "needs_review"), ([("pending", 2000)], "refunded"), ([("failed", 2000)], "needs_review")],
)
def test_a_failed_refund_reopens_the_review(refunded: list[tuple[str, int]], status: str) -> None:
    known = PAID | Facts(mismatches=frozenset({"wrong"}), returned=frozenset({"wrong"}))
    for number, (state, amount) in enumerate(refunded):
        known |= refund(f"re_{number}", amount, state)
    assert known.status(TOTAL) == status


def test_a_free_order_leaves_review_without_a_refund() -> None:
    free = Facts(session="complete", payment="paid", amounts=Amounts(TOTAL, TOTAL, 0, 0, 0), mismatches=frozenset("x"))
    assert free.status(TOTAL) == "needs_review"
    assert (free | Facts(returned=frozenset("x"))).status(TOTAL) == "refunded"
    assert (free | Facts(accepted=frozenset("x"))).status(TOTAL) == "paid"
