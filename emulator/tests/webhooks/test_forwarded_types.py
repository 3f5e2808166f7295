"""Infer the event types that a listener forwards from its responses and timeouts."""

import pytest

from stripe_emulator.stripe_cli.forwarded_types import ForwardedTypes

WANTED, OTHER = "checkout.session.completed", "product.created"


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A new clock."""
    return Clock()


@pytest.fixture
def types(clock: Clock) -> ForwardedTypes:
    """The types of a new listener."""
    return ForwardedTypes(clock)


def time_out(types: ForwardedTypes, clock: Clock, event_type: str, *, other_answered: bool) -> bool:
    """Time out one attempt of 30 seconds, while another type's attempt succeeds or not."""
    sent = clock.now
    clock.now += 1
    if other_answered:
        types.responded(WANTED)
    clock.now += 29
    return types.timed_out(event_type, sent)


def test_an_unknown_type_has_one_event_in_flight(types: ForwardedTypes) -> None:
    assert types.admits(OTHER, 1)
    assert not types.admits(OTHER, 2)
    assert types.admits(OTHER, 1), "the same event, retried"
    assert types.admits(WANTED, 3), "another type"


def test_a_response_admits_all_events_of_the_type(types: ForwardedTypes) -> None:
    types.admits(WANTED, 1)
    assert types.responded(WANTED), "the first response is new"
    assert not types.responded(WANTED), "the second is not"
    assert all(types.admits(WANTED, number) for number in (2, 3, 4))


def test_a_type_without_responses_becomes_unwanted(types: ForwardedTypes, clock: Clock) -> None:
    types.admits(OTHER, 1)
    decisions = [time_out(types, clock, OTHER, other_answered=True) for _ in range(4)]
    assert decisions == [False, False, False, True]
    assert types.unwanted(OTHER)
    assert types.admits(OTHER, 2)
    assert not types.unwanted(WANTED)


def test_no_type_is_unwanted_while_the_target_is_down(types: ForwardedTypes, clock: Clock) -> None:
    types.admits(OTHER, 1)
    assert not any(time_out(types, clock, OTHER, other_answered=False) for _ in range(100))
    assert not types.unwanted(OTHER)


def test_a_few_short_timeouts_are_not_enough(types: ForwardedTypes, clock: Clock) -> None:
    types.admits(OTHER, 1)
    for _ in range(10):
        sent = clock.now
        clock.now += 1
        types.responded(WANTED)
        assert not types.timed_out(OTHER, sent)


def test_a_response_makes_a_type_wanted_again(types: ForwardedTypes, clock: Clock) -> None:
    types.admits(OTHER, 1)
    for _ in range(4):
        time_out(types, clock, OTHER, other_answered=True)
    assert types.responded(OTHER)
    assert not types.unwanted(OTHER)


def test_a_type_is_on_trial_again_after_an_outage(types: ForwardedTypes, clock: Clock) -> None:
    types.admits(WANTED, 1)
    types.responded(WANTED)
    clock.now += 1
    assert not types.timed_out(WANTED, clock.now)
    assert types.admits(WANTED, 2)
    assert not types.admits(WANTED, 3)


def test_a_response_releases_events_on_trial(types: ForwardedTypes, clock: Clock) -> None:
    types.admits(OTHER, 1)
    types.admits(WANTED, 2)
    types.responded(WANTED)
    assert types.admits(OTHER, 3)


def test_an_abandoned_trial_ends(types: ForwardedTypes, clock: Clock) -> None:
    types.admits(OTHER, 1)
    clock.now += 301
    assert types.admits(OTHER, 2)


def test_a_new_cli_starts_over(types: ForwardedTypes) -> None:
    types.admits(WANTED, 1)
    types.responded(WANTED)
    types.forget()
    assert types.admits(WANTED, 2)
    assert not types.admits(WANTED, 3)
