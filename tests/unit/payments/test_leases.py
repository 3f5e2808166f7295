"""One worker holds the lease of a job; another one gets it when that worker stops, dies or is cut off."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from app.payments.leases import JobLease
from app.payments.models import Lease
from tests.support.waiting import until

JOB = "catch-up"

pytestmark = pytest.mark.django_db


def lease() -> JobLease:
    """The lease of another process."""
    return JobLease(JOB)


def end_now() -> None:
    """Let the time pass that the lease lasts."""
    Lease.objects.update(until=Now() - timedelta(milliseconds=1))


def test_only_the_holder_can_extend_it() -> None:
    first, second = lease(), lease()
    assert [first.take(), second.take(), first.take(), second.take()] == [True, False, True, False]
    assert JobLease("another job").take()


def test_a_released_lease_is_free_at_once() -> None:
    first, second = lease(), lease()
    assert first.take()
    second.release()  # not its own
    assert not second.take()
    first.release()
    assert second.take()
    assert not first.take()


def test_a_dead_holders_lease_ends() -> None:
    first, second = lease(), lease()
    assert first.take()
    end_now()
    assert second.take()
    assert not first.take(), "it was cut off too long"


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_concurrent_workers_agree_on_one() -> None:
    for _ in range(5):
        Lease.objects.all().delete()
        start, taken = threading.Barrier(4), list[bool]()

        def compete(start: threading.Barrier = start, taken: list[bool] = taken) -> None:
            start.wait()
            taken.append(lease().take())
            connection.close()

        threads = [threading.Thread(target=compete) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_kept_until_the_worker_stops() -> None:
    kept, stop = lease(), threading.Event()

    def keep() -> None:
        kept.keep(stop)
        connection.close()

    keeper = threading.Thread(target=keep)
    keeper.start()
    until(kept.held.is_set, "the lease is held")
    has_many_workers = connection.features.has_select_for_update_skip_locked
    assert not (has_many_workers and lease().take())
    stop.set()
    keeper.join(30)
    assert lease().take()
