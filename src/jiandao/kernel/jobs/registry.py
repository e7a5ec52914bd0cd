"""The tasks that jobs may run, by name. A room registers its own in `tasks.py`, which is found by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from jiandao.kernel.jobs.running import RunningJob  # noqa: F401

F = TypeVar("F", bound=Callable[..., None])

HOUR = 3600.0


@dataclass(frozen=True)
class Task:
    """A task: what it runs, how often it is tried again, how long one attempt may take.

    retries    : further attempts after a failure of ours; a `JobFault` is the user's to mend and is not tried again
    backoff    : seconds before the first further attempt; each later one waits four times as long, an hour at most
    time_limit : seconds that one attempt may take
    """

    name: str
    run: Callable[..., None]
    retries: int = 0
    backoff: float = 10.0
    time_limit: float = HOUR

    def wait(self, failures: int) -> float:
        """Seconds before the attempt after the `failures`-th failure."""
        return min(self.backoff * 4.0 ** (failures - 1), HOUR)


_TASKS: dict[str, Task] = {}


def task(name: str, *, retries: int = 0, backoff: float = 10.0, time_limit: float = HOUR) -> Callable[[F], F]:
    """Register `run(job: RunningJob, **params) -> None` under `name`, which is fixed for ever: queued jobs carry it.

    A job runs at least once: after a crash it runs again from the beginning. So a task finds its own traces (a public
    id in its parameters, a unique constraint) and does not do the same thing twice.
    """

    def register(run: F) -> F:
        known = _TASKS.get(name)
        if known is not None and known.run is not run:
            raise ValueError(f"two tasks named {name}")
        _TASKS[name] = Task(name, run, retries, backoff, time_limit)
        return run

    return register


def task_named(name: str) -> Task:
    """The task of that name; KeyError when no room registered it."""
    return _TASKS[name]


def known_task(name: str) -> bool:
    """Whether a room registered a task of that name."""
    return name in _TASKS


def forget_task(name: str) -> None:
    """Remove a task; for tests that register one."""
    _TASKS.pop(name, None)


def parameters(params: dict[str, Any]) -> dict[str, Any]:
    """`params` as they are kept. TypeError when one cannot be written as JSON, before anything is queued."""
    import json

    kept: dict[str, Any] = json.loads(json.dumps(params))
    return kept
