"""Long work, done by workers: progress for whoever started it, cancel, retries with limits, periodic work.

A room writes its tasks in `tasks.py` (found by itself) and starts them from an action with `start(...)`.
"""

from jiandao.kernel.jobs.executing import run_queued
from jiandao.kernel.jobs.periodic import daily_at, every
from jiandao.kernel.jobs.registry import task
from jiandao.kernel.jobs.running import Cancelled, JobFault, RunningJob
from jiandao.kernel.jobs.starting import cancel, give_up, retry, start

__all__ = [
    "Cancelled",
    "JobFault",
    "RunningJob",
    "cancel",
    "daily_at",
    "every",
    "give_up",
    "retry",
    "run_queued",
    "start",
    "task",
]
