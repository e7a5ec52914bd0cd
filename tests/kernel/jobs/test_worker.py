"""The worker as a whole: real threads, real queue, stop, a lost database, periodic work on one host only."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

import pytest
from django.db import connection, connections, transaction

from jiandao.kernel import clock
from jiandao.kernel.jobs import cancel, periodic, running, start, worker
from jiandao.kernel.jobs.executing import recover
from jiandao.kernel.jobs.models import JobRun, PeriodicRun, State
from jiandao.kernel.jobs.periodic import LONGEST, TICK, Periodic, pause, run_due, run_lane
from jiandao.kernel.journal.seal import seal
from jiandao.kernel.notifications.sending import send_waiting

ENDED = {State.DONE, State.FAILED, State.CANCELLED}


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {JobRun.objects.values('state', 'message', 'fault', 'attempts')}")


def ended(run):
    return wait_for(lambda: JobRun.objects.filter(pk=run.pk, state__in=ENDED).first())


def listening():
    """Whether a worker would hear of a new job: until then only its polling would find one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'"
            " AND query ILIKE 'LISTEN %'"
        )
        return cursor.fetchone()[0]


@contextmanager
def working():
    stop = threading.Event()
    thread = threading.Thread(target=worker.run_worker, args=[stop])
    thread.start()
    try:
        yield stop
    finally:
        began = time.monotonic()
        stop.set()
        thread.join(12)
        assert not thread.is_alive()
        assert time.monotonic() - began < 10


@pytest.fixture
def no_follower(monkeypatch):
    monkeypatch.setattr(worker, "follow_here", lambda stop: stop.wait())


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_jobs_shows_progress_and_cancels(task, make_actor, no_follower):
    inside, go = threading.Event(), threading.Event()
    actor = make_actor("a")

    @task("test.long")
    def long(job):
        with transaction.atomic():
            job.report(done=3, total=9, counts={"Read": 3})
            inside.set()
            assert go.wait(10)

    @task("test.endless")
    def endless(job):
        while True:
            job.check_cancelled()
            time.sleep(0.01)

    with working():
        run = start(actor=actor, task="test.long", title="x", params={})
        assert inside.wait(10)
        # Visible to others while the task's own transaction is open.
        seen = wait_for(lambda: JobRun.objects.filter(pk=run.pk, done=3).first(), 2)
        assert (seen.state, seen.total, seen.counts) == (State.RUNNING, 9, {"Read": 3})
        go.set()
        assert ended(run).state == State.DONE

        run = start(actor=actor, task="test.endless", title="x", params={})
        wait_for(lambda: JobRun.objects.filter(pk=run.pk, state=State.RUNNING).exists())
        cancel(actor=actor, run=run)
        assert ended(run).state == State.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_stops_puts_its_jobs_back(task, make_actor, no_follower, monkeypatch):
    monkeypatch.setattr(worker, "GRACE", 0.5)
    deaf = threading.Event()
    actor = make_actor("a")

    @task("test.polite")
    def polite(job):
        while True:
            job.check_cancelled()
            time.sleep(0.01)

    @task("test.deaf")
    def never_looks(job):
        from jiandao.kernel.accounts.models import Account

        with transaction.atomic():
            Account.objects.create_user("half-done")
            deaf.wait(20)

    with working():
        runs = [start(actor=actor, task=name, title="x", params={}) for name in ("test.polite", "test.deaf")]
        wait_for(lambda: JobRun.objects.filter(state=State.RUNNING).count() == 2)
        time.sleep(0.3)
    try:
        for run in runs:
            run.refresh_from_db()
            assert (run.state, run.queue_id is not None) == (State.QUEUED, True)
    finally:
        deaf.set()
        for thread in threading.enumerate():
            if thread.name.startswith("job-"):
                thread.join(5)
    from jiandao.kernel.accounts.models import Account

    assert not Account.objects.filter(username="half-done").exists()
    assert JobRun.objects.get(task="test.deaf").state == State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_a_task_that_takes_too_long_is_ended(task, make_actor, no_follower, monkeypatch):
    monkeypatch.setattr(running, "PATIENCE", 0.3)
    actor = make_actor("a")

    @task("test.slow", time_limit=0.2)
    def looks(job):
        while True:
            job.check_cancelled()
            time.sleep(0.01)

    @task("test.hangs", time_limit=0.2)
    def hangs(job):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")

    with working():
        runs = [start(actor=actor, task=name, title="x", params={}) for name in ("test.slow", "test.hangs")]
        for run in runs:
            failed = ended(run)
            assert failed.state == State.FAILED
            assert failed.incident


@pytest.mark.django_db(transaction=True)
def test_the_database_may_go_away_and_come_back(task, make_actor, no_follower, superuser_connection):
    task("test.quick")(lambda job: None)
    actor = make_actor("a")
    with working():
        assert ended(start(actor=actor, task="test.quick", title="x", params={})).state == State.DONE
        connections.close_all()
        superuser_connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        superuser_connection.commit()
        run = start(actor=actor, task="test.quick", title="x", params={})
        assert wait_for(lambda: JobRun.objects.filter(pk=run.pk, state=State.DONE).exists(), 20)


@pytest.mark.django_db(transaction=True)
def test_one_host_does_periodic_work_and_another_takes_over(monkeypatch):
    done = []

    def work():
        done.append(threading.current_thread().name)
        if len(done) == 2:
            raise RuntimeError("a fault of one round")

    monkeypatch.setattr(periodic, "_WORK", {"test.tick": Periodic("test.tick", work, "test", seconds=0.05)})
    stops = {name: threading.Event() for name in ("one", "two")}
    threads = {name: threading.Thread(target=run_lane, args=["test", stops[name]], name=name) for name in stops}
    for thread in threads.values():
        thread.start()
    wait_for(lambda: len(done) >= 4)  # a fault stops nothing
    first = done[0]
    assert set(done) == {first}
    stops[first].set()
    threads[first].join(5)
    other = ({"one", "two"} - {first}).pop()
    wait_for(lambda: other in done)
    stops[other].set()
    threads[other].join(5)


@pytest.mark.django_db(transaction=True)
def test_a_new_job_wakes_an_idle_worker_at_once(task, make_actor, no_follower, monkeypatch):
    monkeypatch.setattr(worker, "POLL", 60.0)  # only NOTIFY can wake it
    task("test.quick")(lambda job: None)
    actor = make_actor("a")
    with working():
        wait_for(listening)
        ended(start(actor=actor, task="test.quick", title="x", params={}))
        for _idle in range(2):
            time.sleep(1.5)
            began = time.monotonic()
            assert ended(start(actor=actor, task="test.quick", title="x", params={})).state == State.DONE
            assert time.monotonic() - began < 1.5


@pytest.mark.django_db
def test_an_idle_lane_asks_once_and_then_waits_until_something_may_be_due(max_queries):
    hourly = Periodic("test.hourly", lambda: None, "test", seconds=3600)
    often = Periodic("test.often", lambda: None, "test", seconds=2)
    daily = Periodic("test.daily", lambda: None, "test", at=time_of_day(3, 10))
    run_due([hourly, often, daily])
    with max_queries(0):
        assert 1.5 < pause([hourly, often, daily]) <= 2
        assert pause([hourly, daily]) == LONGEST
    with max_queries(2):
        assert run_due([hourly, often, daily]) == []
    assert pause([hourly, daily]) == LONGEST
    assert pause([]) >= TICK
    with clock.frozen(clock.now() + timedelta(seconds=3590)):
        assert run_due([hourly]) == []
        assert pause([hourly]) <= 10


@pytest.mark.django_db
@pytest.mark.parametrize("work", [seal, recover, send_waiting])
def test_work_that_comes_often_asks_one_question_when_there_is_nothing_to_do(work, max_queries):
    with max_queries(1):
        assert work() == 0


@pytest.mark.django_db
def test_daily_work_runs_once_a_day_whoever_asks():
    ran = []
    work = Periodic("test.daily", lambda: ran.append(clock.now()), "test", at=time_of_day(3, 10))
    for hour, minute, day, expected in (
        (12, 0, 1, 1),  # never before: at once
        (23, 59, 1, 1),
        (3, 9, 2, 1),
        (3, 10, 2, 2),
        (3, 11, 2, 2),
        (9, 0, 4, 3),  # missed a day: once, not twice
        (9, 1, 4, 3),
    ):
        with clock.frozen(datetime(2026, 5, day, hour, minute, tzinfo=clock.SHANGHAI).astimezone(UTC)):
            run_due([work])
        assert len(ran) == expected, (day, hour, minute)


@pytest.mark.django_db
def test_a_fault_in_slow_work_is_remembered_with_its_code():
    def broken():
        raise RuntimeError("x")

    run_due([Periodic("test.broken", broken, "test", seconds=3600)])
    row = PeriodicRun.objects.get(name="test.broken")
    assert len(row.incident) == 8
    assert row.ended_at is not None


def test_the_house_work_is_registered():
    names = {one.name for work in periodic.lanes().values() for one in work}
    assert {"journal.seal", "jobs.recover", "quotas.forget", "search.forget"} <= names


@pytest.mark.django_db(transaction=True)
def test_one_process_a_host_follows_the_index(monkeypatch, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    calls = []
    monkeypatch.setattr(worker, "follow", lambda: calls.append(threading.current_thread().name))
    monkeypatch.setattr(worker, "FOLLOW", 0.02)
    stop = threading.Event()
    threads = [threading.Thread(target=worker.follow_here, args=[stop], name=name) for name in "ab"]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(calls) > 5)
    stop.set()
    for thread in threads:
        thread.join(5)
    assert len(set(calls)) == 1
