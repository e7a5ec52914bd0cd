"""Run by test_harness.py: locks by name between real connections."""

import threading

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from jiandao.kernel.database.locks import session_lock, transaction_lock, try_transaction_lock


def test_a_transaction_lock_is_held_until_the_end_and_never_by_two(race) -> None:  # type: ignore[no-untyped-def]
    inside, most = [], []

    def work() -> None:
        with transaction.atomic():
            transaction_lock("sealer")
            inside.append(1)
            most.append(len(inside))
            connection.cursor().execute("SELECT pg_sleep(0.02)")
            inside.pop()

    assert [outcome.error for outcome in race(*[work] * 4)] == [None] * 4
    assert most == [1] * 4


def test_trying_never_waits(race) -> None:  # type: ignore[no-untyped-def]
    tried = threading.Barrier(3)

    def attempt() -> bool:
        with transaction.atomic():
            taken = try_transaction_lock("sealer")
            tried.wait(10)
        return taken

    outcomes = race(*[attempt] * 3)
    assert sorted(outcome.value for outcome in outcomes) == [False, False, True]


def test_a_session_lock_outlives_transactions(race) -> None:  # type: ignore[no-untyped-def]
    held, tried = threading.Event(), threading.Event()

    def holder() -> bool:
        with session_lock("follower") as taken:
            with transaction.atomic():
                pass
            held.set()
            assert tried.wait(10)
        return taken

    def other() -> bool:
        assert held.wait(10)
        with session_lock("follower", wait=False) as taken:
            tried.set()
        return taken

    assert [outcome.value for outcome in race(holder, other)] == [True, False]
    with session_lock("follower", wait=False) as free:
        assert free
    with pytest.raises(LookupError), session_lock("follower"):
        raise LookupError
    with session_lock("follower", wait=False) as free:
        assert free


@pytest.mark.django_db
def test_a_lock_is_taken_where_it_can_be_kept() -> None:
    with pytest.raises(TransactionManagementError, match="outlives transactions"), session_lock("x"):
        pass


def test_a_transaction_lock_needs_a_transaction(transactional_db: None) -> None:
    with pytest.raises(TransactionManagementError, match="inside atomic"):
        transaction_lock("x")
