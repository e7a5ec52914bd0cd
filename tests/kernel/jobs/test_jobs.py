"""Jobs: they exist exactly if the change does, report, end in one way, and nothing of a stale attempt counts."""

import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from jiandao.kernel import clock, journal
from jiandao.kernel.jobs import Cancelled, JobFault, cancel, give_up, retry, run_queued, start
from jiandao.kernel.jobs.executing import recover
from jiandao.kernel.jobs.models import JobRun, State
from jiandao.kernel.jobs.running import MOST_CRASHES, claim
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import current_programme


@pytest.mark.django_db
def test_a_job_runs_with_its_parameters_programme_and_actor(task, make_actor, programme):
    seen = {}

    @task("test.work")
    def work(job, number, words):
        seen.update(number=number, words=words, programme=current_programme(), actor=job.actor.account)
        job.report(done=1, total=2, counts={"Imported": 1}, message="half")
        job.report(done=2, result_url="/there/")

    actor, here = make_actor("a"), programme("p")
    run = start(actor=actor, task="test.work", title="Work", params={"number": 1, "words": ["x"]}, programme=here)
    assert (run.state, run.queue_id is not None) == (State.QUEUED, True)
    [done] = run_queued()
    assert seen == {"number": 1, "words": ["x"], "programme": here, "actor": actor.account}
    assert (done.pk, done.state, done.done, done.total) == (run.pk, State.DONE, 2, 2)
    assert (done.counts, done.message, done.result_url) == ({"Imported": 1}, "half", "/there/")
    assert done.started_at is not None
    assert done.ended_at is not None
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.django_db
def test_what_cannot_be_queued_is_refused_before_anything_is_written(task, make_actor):
    with pytest.raises(KeyError):
        start(actor=make_actor("a"), task="test.unknown", title="x", params={})
    task("test.work")(lambda job, **params: None)
    with pytest.raises(TypeError):
        start(actor=make_actor("b"), task="test.work", title="x", params={"bad": object()})
    assert not JobRun.objects.exists()


def test_a_job_exists_exactly_if_the_transaction_commits(task, make_actor, race):
    task("test.work")(lambda job: None)
    actor = make_actor("a")
    with transaction.atomic():
        start(actor=actor, task="test.work", title="undone", params={})
        transaction.set_rollback(True)
    assert not JobRun.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    with transaction.atomic():
        start(actor=actor, task="test.work", title="kept", params={})
        [elsewhere] = race_with_open_transaction(race_look)
        assert elsewhere == (0, 0)
    assert race_with_open_transaction(race_look) == [(1, 1)]


def race_look():
    return JobRun.objects.count(), ProcrastinateJob.objects.count()


def race_with_open_transaction(look):
    """What another connection sees meanwhile."""
    import threading

    from django.db import connections

    found = []

    def run():
        found.append(look())
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found


@pytest.mark.django_db
def test_a_failure_keeps_a_code_and_no_traceback_and_is_tried_again_within_its_limit(task, make_actor, caplog):
    tries = []

    @task("test.fails", retries=2)
    def fails(job):
        tries.append(job.run.attempts)
        raise RuntimeError("secret detail 42")

    run = start(actor=make_actor("a"), task="test.fails", title="x", params={})
    with caplog.at_level(logging.ERROR, "jiandao.jobs"):
        [failed] = run_queued()
    assert tries == [1, 2, 3]
    assert (failed.state, failed.failures, failed.is_stuck) == (State.FAILED, 3, True)
    assert len(failed.incident) == 8
    assert "secret detail" not in failed.fault + failed.message
    assert any(failed.incident in record.getMessage() and record.exc_info for record in caplog.records)
    assert run.pk == failed.pk


@pytest.mark.django_db
def test_attempts_wait_longer_and_longer(task, make_actor):
    @task("test.fails", retries=3, backoff=10)
    def fails(job):
        raise RuntimeError

    start(actor=make_actor("a"), task="test.fails", title="x", params={})
    from jiandao.kernel.jobs.registry import task_named

    assert [task_named("test.fails").wait(failures) for failures in (1, 2, 3, 9)] == [10, 40, 160, 3600]


@pytest.mark.django_db
def test_a_fault_of_the_user_is_told_and_not_tried_again(task, make_actor):
    tries = []

    @task("test.fault", retries=5)
    def fault(job):
        tries.append(1)
        raise JobFault("The file has no column “title”.")

    start(actor=make_actor("a"), task="test.fault", title="x", params={})
    [failed] = run_queued()
    assert (failed.state, failed.fault, failed.incident, tries) == (
        State.FAILED,
        "The file has no column “title”.",
        "",
        [1],
    )


@pytest.mark.django_db
def test_an_unknown_task_fails_with_a_code(task, make_actor):
    task("test.old")(lambda job: None)
    start(actor=make_actor("a"), task="test.old", title="x", params={})
    JobRun.objects.update(task="test.renamed")
    [failed] = run_queued()
    assert failed.state == State.FAILED
    assert failed.incident


@pytest.mark.django_db
def test_a_waiting_job_is_cancelled_at_once(task, make_actor):
    task("test.work")(lambda job: pytest.fail("it ran"))
    actor = make_actor("a")
    run = start(actor=actor, task="test.work", title="x", params={})
    gone = cancel(actor=actor, run=run)
    assert gone.state == State.CANCELLED
    assert not ProcrastinateJob.objects.exists()
    assert run_queued() == []
    assert [entry.verb for entry in journal.timeline("kernel.job", run.pk)] == ["cancel"]
    with pytest.raises(NotAllowed):
        cancel(actor=actor, run=run)


@pytest.mark.django_db
def test_a_running_job_notices_that_it_is_cancelled(task, make_actor):
    rows = []
    actor = make_actor("a")

    @task("test.rows")
    def work(job):
        for number in range(100):
            job.report(done=number)
            job.check_cancelled()
            rows.append(number)
            if number == 2:
                assert cancel(actor=actor, run=job.run).state == State.CANCELLING

    start(actor=actor, task="test.rows", title="x", params={})
    [ended] = run_queued()
    assert (ended.state, rows) == (State.CANCELLED, [0, 1, 2])


@pytest.mark.django_db
def test_an_attempt_that_lost_the_run_can_no_longer_write(task, make_actor):
    @task("test.slow")
    def work(job):
        JobRun.objects.filter(pk=job.run.pk).update(attempts=99, message="by the other")
        job.report(done=1, message="by me")
        with pytest.raises(Cancelled):
            job.check_cancelled()

    start(actor=make_actor("a"), task="test.slow", title="x", params={})
    run_queued()
    run = JobRun.objects.get()
    assert (run.state, run.message, run.done) == (State.RUNNING, "by the other", 0)


def _crashed(actor):
    run = start(actor=actor, task="test.work", title="x", params={})
    claimed = claim(run.pk)
    JobRun.objects.filter(pk=run.pk).update(heartbeat=clock.now() - timedelta(minutes=5))
    return claimed


@pytest.mark.django_db
def test_the_job_of_a_dead_worker_is_put_back_and_done_again(task, make_actor):
    task("test.work")(lambda job: job.report(done=7))
    run = _crashed(make_actor("a"))
    assert JobRun.objects.stuck().count() == 1
    assert recover() == 1
    [done] = run_queued()
    assert (done.pk, done.state, done.done, done.crashes) == (run.pk, State.DONE, 7, 1)


@pytest.mark.django_db
def test_a_job_that_kills_its_worker_again_and_again_is_not_tried_for_ever(task, make_actor):
    task("test.work")(lambda job: None)
    run = _crashed(make_actor("a"))
    for crash in range(1, MOST_CRASHES + 1):
        assert recover() == 1
        fresh = JobRun.objects.get(pk=run.pk)
        assert fresh.crashes == crash
        if crash < MOST_CRASHES:
            claim(run.pk)
            JobRun.objects.update(heartbeat=clock.now() - timedelta(minutes=5))
    assert (fresh.state, fresh.is_stuck, bool(fresh.incident)) == (State.FAILED, True, True)
    assert recover() == 0


@pytest.mark.django_db
def test_a_waiting_job_that_the_queue_lost_is_queued_again(task, make_actor):
    task("test.work")(lambda job: None)
    run = start(actor=make_actor("a"), task="test.work", title="x", params={})
    JobRun.objects.update(changed_at=clock.now() - timedelta(minutes=1))
    assert recover() == 0  # it is queued well
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert recover() == 1
    assert ProcrastinateJob.objects.get().pk == JobRun.objects.get(pk=run.pk).queue_id


@pytest.mark.django_db
def test_an_officer_tries_a_stuck_job_again_or_gives_it_up(task, make_actor):
    worked = []

    @task("test.flaky")
    def flaky(job):
        if not worked:
            worked.append(1)
            raise RuntimeError

    actor = make_actor("a")
    run = start(actor=actor, task="test.flaky", title="x", params={})
    with pytest.raises(NotAllowed):
        retry(actor=actor, run=run)
    run_queued()
    assert retry(actor=actor, run=run).state == State.QUEUED
    [done] = run_queued()
    assert (done.state, done.fault, done.incident) == (State.DONE, "", "")
    worked.clear()
    other = start(actor=actor, task="test.flaky", title="y", params={})
    run_queued()
    given_up = give_up(actor=actor, run=other)
    assert (given_up.state, given_up.is_stuck) == (State.FAILED, False)
    assert not JobRun.objects.stuck().exists()
    with pytest.raises(NotAllowed):
        retry(actor=actor, run=other)
    assert [entry.verb for entry in journal.timeline("kernel.job", other.pk)] == ["give-up"]


@pytest.mark.django_db
def test_the_page_and_the_list_agree_on_what_is_stuck(task, make_actor):
    task("test.work")(lambda job: None)
    actor = make_actor("a")
    now = clock.now()
    for state in State.values:
        for heartbeat in (None, now, now - timedelta(minutes=10)):
            for given_up in (None, now):
                run = start(actor=actor, task="test.work", title="x", params={})
                ended = now if state in {"done", "failed", "cancelled"} else None
                JobRun.objects.filter(pk=run.pk).update(
                    state=state, heartbeat=heartbeat, given_up_at=given_up, ended_at=ended
                )
    found = set(JobRun.objects.stuck().values_list("pk", flat=True))
    assert found == {run.pk for run in JobRun.objects.all() if run.is_stuck}
    assert found


@pytest.mark.django_db
def test_jobs_that_start_themselves_for_ever_are_noticed(task, make_actor):
    actor = make_actor("a")

    @task("test.again")
    def again(job):
        start(actor=actor, task="test.again", title="x", params={})

    start(actor=actor, task="test.again", title="x", params={})
    with pytest.raises(RuntimeError, match="start itself"):
        run_queued(limit=5)


def test_two_workers_run_a_job_once(task, make_actor, race):
    runs = []
    task("test.once")(lambda job: runs.append(job.run.pk))
    start(actor=make_actor("a"), task="test.once", title="x", params={})
    outcomes = race(run_queued, run_queued, run_queued)
    assert [outcome.error for outcome in outcomes] == [None, None, None]
    assert len(runs) == 1
