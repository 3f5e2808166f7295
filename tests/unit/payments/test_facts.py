"""Facts are joined in any order and any number, and end in the same state."""

from itertools import permutations

import pytest
from app.payments.state import DISPUTE_RANK, PAYMENT_RANK, REFUND_RANK, SESSION_RANK, Decline, Facts
from hypothesis import given
from hypothesis import strategies as st

from app.payments.models import Order

pytestmark = pytest.mark.quick

TOTAL = 2000

amounts = st.integers(1, TOTAL)
facts = st.builds(
    Facts,
    session=st.sampled_from(sorted(SESSION_RANK)),
    payment=st.sampled_from(sorted(PAYMENT_RANK)),
    refunds=st.dictionaries(
        st.sampled_from(["re_1", "re_2"]), st.tuples(amounts, st.sampled_from(sorted(REFUND_RANK))), max_size=2
    ),
    refunded_at_least=st.integers(0, TOTAL),
    disputes=st.dictionaries(st.just("du_1"), st.sampled_from(sorted(DISPUTE_RANK)), max_size=1),
    decline=st.builds(Decline, st.integers(0, 5), st.sampled_from(["", "generic_decline"]), st.just("")),
    mismatches=st.frozensets(st.sampled_from(["wrong amount", "wrong currency"])),
    accepted=st.frozensets(st.sampled_from(["wrong amount", "wrong currency"])),
)


@given(facts, facts)
def test_two_facts_join_to_the_same_in_either_order(a: Facts, b: Facts) -> None:
    assert a | b == b | a


@given(facts, facts, facts)
def test_grouping_makes_no_difference(a: Facts, b: Facts, c: Facts) -> None:
    assert (a | b) | c == a | (b | c)


@given(facts)
def test_hearing_the_same_twice_changes_nothing(a: Facts) -> None:
    assert a | a == a


@given(facts)
def test_facts_survive_storage(a: Facts) -> None:
    assert Facts.from_json(a.to_json()) == a


@given(facts)
def test_every_combination_of_facts_has_a_status(a: Facts) -> None:
    assert a.status(TOTAL) in Order.Status.values


@given(st.lists(facts, max_size=8))
def test_money_once_taken_is_never_called_failed_expired_or_waiting_again(history: list[Facts]) -> None:
    known, paid = Facts(), False
    for step in history:
        known |= step
        paid = paid or known.is_paid
        if paid:
            assert known.status(TOTAL) not in ("pending", "processing", "failed", "expired", "canceled")


@given(st.permutations([Facts(session="expired"), Facts(session="complete"), Facts(payment="failed")]))
def test_a_payment_wins_over_everything_that_came_before_or_after(others: list[Facts]) -> None:
    known = Facts()
    for step in [*others[:2], Facts(session="complete", payment="paid"), *others[2:]]:
        known |= step
    assert known.status(TOTAL) == "paid"


def test_refunds_add_up_and_failed_ones_are_taken_back() -> None:
    steps = [
        Facts(session="complete", payment="paid"),
        Facts(refunded_at_least=500),
        Facts(refunded_at_least=800),
        Facts(refunds={"re_1": (500, "succeeded")}),
        Facts(refunds={"re_2": (300, "pending")}),
        Facts(refunds={"re_2": (300, "failed")}),
    ]
    for order in permutations(steps):
        known = Facts()
        for step in order:
            known |= step
        assert (known.status(TOTAL), known.amount_refunded) == ("partially_refunded", 500)


def test_a_full_refund_is_called_refunded() -> None:
    known = Facts(session="complete", payment="paid") | Facts(refunds={"re_1": (TOTAL, "succeeded")})
    assert known.status(TOTAL) == "refunded"


def test_a_dispute_shows_until_it_is_won() -> None:
    paid = Facts(session="complete", payment="paid")
    open_dispute = paid | Facts(disputes={"du_1": "needs_response"})
    assert open_dispute.status(TOTAL) == "disputed"
    assert (open_dispute | Facts(disputes={"du_1": "won"})).status(TOTAL) == "paid"
    assert (open_dispute | Facts(disputes={"du_1": "lost"})).status(TOTAL) == "disputed"


def test_the_latest_decline_is_the_one_that_is_shown() -> None:
    early, late = Decline(1, "insufficient_funds", "No funds."), Decline(2, "generic_decline", "Declined.")
    assert (Facts(decline=late) | Facts(decline=early)).decline == late
