"""Real threads that start at the same moment, each with its own connection."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections


@dataclass
class Outcome:
    """What one runner returned, or the exception it ended with."""

    value: Any = None
    error: BaseException | None = None


def race(*runners: Callable[[], object], seconds: float = 30) -> list[Outcome]:
    """Runs all `runners` at once in threads; outcomes in the order given. Needs a transactional test.

    Raises TimeoutError when one has not ended after `seconds`: they wait for each other, which is a deadlock.
    """
    if any(connection.in_atomic_block for connection in connections.all(initialized_only=True)):
        raise RuntimeError("race() needs transactional_db: other connections cannot see an open transaction's rows.")
    outcomes = [Outcome() for _ in runners]
    start = threading.Barrier(len(runners))

    def run(runner: Callable[[], object], outcome: Outcome) -> None:
        try:
            for connection in connections.all():
                connection.ensure_connection()  # so that the barrier opens on runners that only have to run
            start.wait(seconds)
            outcome.value = runner()
        except BaseException as error:
            outcome.error = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in zip(runners, outcomes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    stuck = sum(thread.is_alive() for thread in threads)
    if stuck:
        raise TimeoutError(f"{stuck} of {len(threads)} runners had not ended after {seconds:g} s.")
    return outcomes
