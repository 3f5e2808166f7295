"""How the emulator learns which event types a listener wants, from nothing but answers and silence."""

import pytest

from stripe_emulator.stripe_cli.interest import Interest

WANTED, OTHER = "checkout.session.completed", "product.created"


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def interest(clock: Clock) -> Interest:
    """Nothing is known yet."""
    return Interest(clock)


def stay_silent(interest: Interest, clock: Clock, event_type: str, *, other_answered: bool) -> bool:
    """One attempt of 30 seconds without an answer, while another type's is answered or not."""
    sent = clock.now
    clock.now += 1
    if other_answered:
        interest.answered(WANTED)
    clock.now += 29
    return interest.silent(event_type, sent)


def test_one_event_of_an_unknown_type_goes_out_at_a_time(interest: Interest) -> None:
    assert interest.admits(OTHER, 1)
    assert not interest.admits(OTHER, 2)
    assert interest.admits(OTHER, 1), "the same event, tried again"
    assert interest.admits(WANTED, 3), "another type"


def test_all_go_out_once_one_was_answered(interest: Interest) -> None:
    interest.admits(WANTED, 1)
    assert interest.answered(WANTED), "that is news"
    assert not interest.answered(WANTED), "that is not"
    assert all(interest.admits(WANTED, number) for number in (2, 3, 4))


def test_a_type_is_unwanted_when_only_others_are_answered(interest: Interest, clock: Clock) -> None:
    interest.admits(OTHER, 1)
    decisions = [stay_silent(interest, clock, OTHER, other_answered=True) for _ in range(4)]
    assert decisions == [False, False, False, True]
    assert interest.unwanted(OTHER)
    assert interest.admits(OTHER, 2)
    assert not interest.unwanted(WANTED)


def test_a_target_that_is_down_makes_nothing_unwanted(interest: Interest, clock: Clock) -> None:
    interest.admits(OTHER, 1)
    assert not any(stay_silent(interest, clock, OTHER, other_answered=False) for _ in range(100))
    assert not interest.unwanted(OTHER)


def test_a_few_quick_silences_are_not_enough(interest: Interest, clock: Clock) -> None:
    interest.admits(OTHER, 1)
    for _ in range(10):
        sent = clock.now
        clock.now += 1
        interest.answered(WANTED)
        assert not interest.silent(OTHER, sent)


def test_an_answer_takes_back_that_a_type_is_unwanted(interest: Interest, clock: Clock) -> None:
    interest.admits(OTHER, 1)
    for _ in range(4):
        stay_silent(interest, clock, OTHER, other_answered=True)
    assert interest.answered(OTHER)
    assert not interest.unwanted(OTHER)


def test_a_target_that_went_down_is_asked_carefully_again(interest: Interest, clock: Clock) -> None:
    interest.admits(WANTED, 1)
    interest.answered(WANTED)
    clock.now += 1
    assert not interest.silent(WANTED, clock.now)
    assert interest.admits(WANTED, 2)
    assert not interest.admits(WANTED, 3)


def test_when_the_target_is_back_events_that_wait_need_not_wait_for_the_one_on_trial(
    interest: Interest, clock: Clock
) -> None:
    interest.admits(OTHER, 1)
    interest.admits(WANTED, 2)
    interest.answered(WANTED)
    assert interest.admits(OTHER, 3)


def test_a_trial_that_nobody_goes_on_with_ends(interest: Interest, clock: Clock) -> None:
    interest.admits(OTHER, 1)
    clock.now += 301
    assert interest.admits(OTHER, 2)


def test_a_new_cli_starts_afresh(interest: Interest) -> None:
    interest.admits(WANTED, 1)
    interest.answered(WANTED)
    interest.forget()
    assert interest.admits(WANTED, 2)
    assert not interest.admits(WANTED, 3)
