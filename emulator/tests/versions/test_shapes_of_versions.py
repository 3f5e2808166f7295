"""Objects in each API version, compared with the types of a `stripe` release that pins it."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from stripe_emulator.jsontext import JSON
from stripe_emulator.versions.changes import CHANGES, Change
from stripe_emulator.versions.released import NEWEST, OLDEST_RENDERED, VERSIONS, before
from stripe_emulator.versions.steps import Without
from support import api_versions, declared
from support.everything import fill, misfits, objects
from support.receiver import Receiver
from support.running import Running

DECLARED = declared.load()


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with Running() as running:
        yield running


@pytest.fixture(scope="module")
def paths(shared: Running) -> list[str]:
    return fill(shared)


def shown(emulator: Running, paths: list[str], version: str) -> list[JSON]:
    """Return all objects as a client of `version` sees them."""
    answers = [emulator.api("GET", path, Stripe_Version=version) for path in paths]
    assert [answer.data for answer in answers if answer.status != 200] == []
    return [each for answer in answers for each in objects(answer.json())]


def differences(found: list[JSON], version: str) -> set[str]:
    """Return what does not fit the types of `version`."""
    shapes = DECLARED[version]
    return {text for each in found for text in misfits(each, shapes[each["object"]], each["object"])}


def test_every_released_version_is_known() -> None:
    assert api_versions.FILE.read_text() == api_versions.text(), api_versions.__doc__
    rendered = {version for version in VERSIONS if not before(version, OLDEST_RENDERED)}
    # The version of Stripe's Dashboard has no release of its own.
    assert rendered - {"2025-03-01.dashboard"} == set(DECLARED)
    assert next(iter(DECLARED)) == NEWEST


def test_there_is_an_object_of_every_kind() -> None:
    assert {each["object"] for each in newest()} == set(declared.KINDS)
    assert {change.kind for change in CHANGES} <= set(declared.KINDS)


@pytest.mark.parametrize("version", DECLARED)
def test_objects_fit_the_types_of_their_version(shared: Running, paths: list[str], version: str) -> None:
    assert differences(shown(shared, paths, version), version) == set()


@pytest.mark.parametrize("version", [NEWEST, "2024-06-20", OLDEST_RENDERED])
def test_events_fit_the_types_of_their_version(emulator: Running, version: str) -> None:
    with Receiver() as receiver:
        params: Any = {"url": receiver.url, "enabled_events": ["*"], "api_version": version}
        receiver.secret = str(emulator.client().v1.webhook_endpoints.create(params).secret)
        fill(emulator)
        count = len(emulator.control("GET", "deliveries?limit=10000")["data"])
        receiver.wait(lambda me: len(me.events) == count)
        bodies = [json.loads(body) for body in receiver.bodies]
    assert {body["api_version"] for body in bodies} == {version}
    found = [each for body in bodies for each in objects(body["data"]["object"])]
    assert differences(found, version) == set()


@cache
def newest() -> list[JSON]:
    """Return all objects as they are stored."""
    with Running() as running:
        found = shown(running, fill(running), NEWEST)
        # Only an event shows this one.
        (event,) = shown(running, ["/v1/events?type=customer_cash_balance_transaction.created"], NEWEST)[:1]
        return [*found, event["data"]["object"]]


def taken_back(data: JSON, version: str, without: Change | None = None) -> JSON:
    """Return a copy of an object in the shape of `version`, made without one row of the table."""
    made = copy.deepcopy(data)
    for change in CHANGES:
        if change.kind == data["object"] and before(version, change.version) and change is not without:
            change.back(made, look)
    return made


def look(kind: str, name: str, value: str) -> list[JSON]:
    return [each for each in newest() if each["object"] == kind and each[name] == value]


def parts(change: Change) -> list[Change]:
    """Split a row into one for each field that it removes."""
    if isinstance(change.back, Without) and len(change.back.paths) > 1:
        return [Change(change.version, change.kind, Without((path,))) for path in change.back.paths]
    return [change]


def name_of(change: Change) -> str:
    return f"{change.version} {change.kind} {getattr(change.back, 'path', '') or getattr(change.back, 'paths', '')}"


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_row_is_needed_and_has_the_right_date(change: Change) -> None:
    earlier = next(version for version in DECLARED if before(version, change.version))
    found = [each for each in newest() if each["object"] == change.kind]
    every = parts(change)
    for part in every:
        others = [each for each in every if each is not part]
        with_it = [taken_back(each, earlier) for each in found]
        without_it = [taken_back(each, earlier, without=change) for each in found]
        for each in without_it:
            for other in others:
                other.back(each, look)
        assert differences(with_it, earlier) == set()
        assert differences(without_it, earlier), name_of(part)


def test_the_newest_changes_come_first() -> None:
    versions = [change.version for change in CHANGES]
    assert versions == sorted(versions, reverse=True)
    assert set(versions) <= set(DECLARED) - {OLDEST_RENDERED}
