"""The worker: jobs of the queue, periodic work, and this host's search index, in one process.

Each part runs on threads of its own and survives the faults of the others; when the database goes away, each waits and
goes on when it is back.
"""

import asyncio
import contextlib
import fcntl
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from procrastinate import App
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from jiandao.engines.files import UnfinishedError
from jiandao.engines.matching.storage import MissingIndexError
from jiandao.kernel.jobs import (
    house,  # noqa: F401 - registers the kernel's periodic work
    queue,
)
from jiandao.kernel.jobs.executing import Execution
from jiandao.kernel.jobs.periodic import lanes, run_lane
from jiandao.kernel.journal.anchor import anchor
from jiandao.kernel.journal.anchor import path as anchor_path
from jiandao.kernel.journal.seal import seal_all
from jiandao.kernel.search.encoding import Maker
from jiandao.kernel.search.follower import follow
from jiandao.kernel.search.upkeep import keep_up

logger = logging.getLogger("jiandao.worker")

GRACE = 5.0  # seconds in which running tasks may notice that the worker stops
FOLLOW = 1.0
UPKEEP = 10.0
ANCHOR = 60.0
POLL = 5.0  # a new job wakes the worker by NOTIFY; asking is for those that wait for their next attempt


def run_worker(stop: threading.Event | None = None) -> int:
    """Work until `stop` is set or SIGTERM or SIGINT comes; 0. Jobs that then still run go back to the queue.

    Ends within ten seconds. The last tasks that never looked up stand on daemon threads without a connection and end
    with the process.
    """
    stop = stop or threading.Event()
    threads = [threading.Thread(target=_guarded(_jobs), args=[stop], name="jobs", daemon=True)]
    threads += [
        threading.Thread(target=_guarded(run_lane), args=[lane, stop], name=f"periodic-{lane}", daemon=True)
        for lane in sorted(lanes())
    ]
    threads.append(threading.Thread(target=_guarded(follow_here), args=[stop], name="follower", daemon=True))
    threads.append(threading.Thread(target=_guarded(anchor_here), args=[stop], name="anchors", daemon=True))
    with _signals(stop):
        for thread in threads:
            thread.start()
        logger.info(
            "the worker runs: %s jobs at once, lanes %s", settings.JIANDAO_WORKER_JOBS, ", ".join(sorted(lanes()))
        )
        while not stop.wait(60):
            pass
        for thread in threads:
            thread.join(9.0 if thread.name == "jobs" else 2.0)
    _guarded(_seal_and_anchor)()  # so that nothing waits without an anchor until the next worker runs
    still = [thread.name for thread in threads if thread.is_alive()]
    logger.info("the worker has stopped%s", f"; still busy: {', '.join(still)}" if still else "")
    return 0


def _seal_and_anchor() -> None:
    seal_all()
    anchor()


def _guarded(part: Callable[..., None]) -> Callable[..., None]:
    def run(*args: Any) -> None:
        try:
            part(*args)
        except Exception:
            logger.exception("a part of the worker ended by an error of ours")
        finally:
            connections.close_all()

    return run


@contextlib.contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`; only the main thread may ask for signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _jobs(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            asyncio.run(_serve(stop))
        except Exception as error:
            logger.warning("the queue of jobs waits for the database: %s", error)
        stop.wait(2)


async def _serve(stop: threading.Event) -> None:
    """Procrastinate's worker until `stop`, or until it ends by itself because it lost the database."""
    running: set[Execution] = set()
    app = App(connector=PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=4, timeout=10))

    @app.task(name=queue.TASK, queue=queue.QUEUE)
    async def job(run_id: int) -> None:
        await _execute(run_id, running)

    async with app.open_async():
        serving = asyncio.create_task(
            app.run_worker_async(
                queues=[queue.QUEUE],
                concurrency=settings.JIANDAO_WORKER_JOBS,
                fetch_job_polling_interval=POLL,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE,
                delete_jobs="always",
            )
        )
        while not serving.done() and not stop.is_set():
            await asyncio.wait([serving], timeout=0.2)
        for one in list(running):
            one.stop()
        if not serving.done():
            serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def _execute(run_id: int, running: set[Execution]) -> None:
    """One attempt on its thread; a cancellation is the end of the grace."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()

    def ended() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone when the thread outlived the worker
            loop.call_soon_threadsafe(over.set)

    execution = Execution(run_id, ended)
    running.add(execution)
    execution.thread.start()
    try:
        await over.wait()
    except asyncio.CancelledError:
        await asyncio.to_thread(execution.abandon)
        raise
    finally:
        running.discard(execution)


def follow_here(stop: threading.Event) -> None:
    """Keep this host's search index up to date; one process a data folder does it, the others wait for their turn."""
    lock = Path(settings.JIANDAO_DATA) / "index" / "follower.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        while not stop.is_set():
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                stop.wait(2)
        # Beside it, so that a new record is found at once while a space of all records is made.
        threading.Thread(target=_guarded(keep_up_here), args=[stop], name="upkeep", daemon=True).start()
        if settings.JIANDAO_ENCODER != "none":
            threading.Thread(target=_guarded(encode_here), args=[stop], name="vectors", daemon=True).start()
        while not stop.is_set():
            try:
                follow()
                stop.wait(FOLLOW)
            except Exception as error:
                logger.warning("the search index could not be brought up to date: %s", error)
                connections.close_all()
                stop.wait(3)


def keep_up_here(stop: threading.Event) -> None:
    """Renew the dictionary and the latent space of this host's index when they are due."""
    while not stop.wait(FOLLOW):
        try:
            keep_up()
        except MissingIndexError:  # not built yet
            pass
        except Exception as error:
            logger.warning("the dictionary or the latent space of the search index was not renewed: %s", error)
        finally:
            connections.close_all()
        stop.wait(UPKEEP)


def encode_here(stop: threading.Event) -> None:
    """Make the vectors of this host's index, and those of what is added to it."""
    maker = Maker()
    while not stop.wait(FOLLOW):
        try:
            maker.keep_up(stop.is_set)
        except (MissingIndexError, UnfinishedError):  # not built yet; the worker stops
            pass
        except Exception as error:
            logger.warning("the vectors were not put into the search index: %s", error)
        finally:
            connections.close_all()
        stop.wait(UPKEEP)


def anchor_here(stop: threading.Event) -> None:
    """Write the last seal into this host's file of anchors; every host does, so that each has them all."""
    while not stop.is_set():
        try:
            anchor()
        except Exception as error:
            logger.error("the journal could not be anchored at %s: %s", anchor_path(), error)
        finally:
            connections.close_all()  # nothing is kept open for a minute
        stop.wait(ANCHOR)
