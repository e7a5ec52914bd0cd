"""A worker that is killed in the middle of a job: another one does the job again, and nothing is half done."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connections

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.jobs import run_queued, start
from jiandao.kernel.jobs.executing import recover
from jiandao.kernel.jobs.models import JobRun, State

# A worker process whose task writes, and then waits for ever inside its transaction.
WORKER = """
import time, django
django.setup()
from django.db import transaction
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.jobs import task, worker

@task("test.killed")
def killed(job):
    with transaction.atomic():
        Account.objects.create_user("half-done")
        job.report(done=1, total=2)
        time.sleep(60)

worker.follow_here = lambda stop: stop.wait()
worker.run_worker()
"""


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_outlives_its_worker(task, make_actor, number):
    task("test.killed")(lambda job: Account.objects.create_user("done"))
    run = start(actor=make_actor("a"), task="test.killed", title="x", params={})
    surroundings = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "jiandao.web.settings",
        "JIANDAO_DATABASE_NAME": connections.settings["default"]["NAME"],
    }
    process = subprocess.Popen([sys.executable, "-c", WORKER], env=surroundings, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: JobRun.objects.filter(pk=run.pk, done=1).exists())
        began = time.monotonic()
        process.send_signal(number)
        process.communicate(timeout=15)
    finally:
        process.kill()
    run.refresh_from_db()
    if number == signal.SIGTERM:
        # It put its job back itself, within ten seconds.
        assert (process.returncode, time.monotonic() - began < 10) == (0, True)
        assert run.state == State.QUEUED
    else:
        assert run.state == State.RUNNING
        assert recover() == 0  # it may still be alive
        with clock.frozen(clock.now() + timedelta(minutes=2)):
            assert recover() == 1
    [done] = run_queued()
    assert (done.pk, done.state, done.crashes) == (run.pk, State.DONE, int(number == signal.SIGKILL))
    assert set(Account.objects.values_list("username", flat=True)) == {"a", "done"}
