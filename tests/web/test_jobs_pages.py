"""The pages of jobs: one's own, the officer's list, and nothing for anybody else."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from factories import english_client
from harness import assert_same_queries
from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.jobs import registry, run_queued, start
from jiandao.kernel.jobs.models import JobRun, State
from jiandao.kernel.programme import Programme

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),  # tests serve no static files
]


@pytest.fixture(autouse=True)
def tasks():
    registry.task("test.pages")(lambda job: job.report(done=1, total=1, result_url="/there/"))

    def fails(job):
        raise RuntimeError("detail 4711")

    registry.task("test.broken")(fails)
    yield
    for name in ("test.pages", "test.broken"):
        registry.forget_task(name)


@pytest.fixture
def here():
    return Programme.objects.create(slug="p", name_zh="攻关", name_en="Breakthrough")


def signed_in(name, programme=None):
    account = Account.objects.create_user(name, language="en")
    if programme is not None:
        RoleGrant.objects.create(
            account=account, role=Role.PROGRAMME_OFFICER, scope=Scope.PROGRAMME, scope_id=programme.pk
        )
    client = english_client()
    client.force_login(account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client, load_actor(account)


def bare(response):
    """The page without the token, which differs each time."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", response.content.decode())


def begun(actor, programme=None, task="test.pages"):
    return start(actor=actor, task=task, title=f"Job of {actor.account.username}", params={}, programme=programme)


def test_who_started_it_sees_progress_and_result(here):
    client, actor = signed_in("owner")
    run = begun(actor, here)
    url = reverse("job", kwargs={"public_id": run.public_id})
    page = client.get(url).content.decode()
    assert "Job of owner" in page
    assert reverse("job-cancel", kwargs={"public_id": run.public_id}) in page
    run_queued()
    page = client.get(url).content.decode()
    assert "/there/" in page
    assert "hx-trigger" not in page


def test_the_fragment_leads_back_to_the_page_when_the_job_has_ended(here):
    client, actor = signed_in("owner")
    run = begun(actor, here)
    url = reverse("job-progress", kwargs={"public_id": run.public_id})
    fragment = client.get(url, headers={"hx-request": "true"})
    assert fragment.content.decode().lstrip().startswith('<div class="jd-progress"')
    run_queued()
    ended = client.get(url, headers={"hx-request": "true"})
    assert ended.headers["HX-Redirect"] == reverse("job", kwargs={"public_id": run.public_id})


def test_a_job_that_is_not_yours_answers_like_a_missing_one(here):
    _client, owner = signed_in("owner")
    other, _actor = signed_in("other")
    elsewhere = Programme.objects.create(slug="q", name_zh="别处", name_en="Elsewhere")
    officer, _actor = signed_in("officer", elsewhere)
    run = begun(owner, here)
    for client in (other, officer, english_client()):
        for name in ("job", "job-progress"):
            hidden = client.get(reverse(name, kwargs={"public_id": run.public_id}))
            missing = client.get(reverse(name, kwargs={"public_id": "0000000000"}))
            assert hidden.status_code == missing.status_code == 404
            assert bare(hidden) == bare(missing).replace("0000000000", run.public_id)
        for name in ("job-cancel", "job-retry", "job-give-up"):
            assert client.post(reverse(name, kwargs={"public_id": run.public_id})).status_code == 404
    run.refresh_from_db()
    assert run.state == State.QUEUED


def test_cancel_by_button(here):
    client, actor = signed_in("owner")
    run = begun(actor, here)
    answer = client.post(reverse("job-cancel", kwargs={"public_id": run.public_id}), follow=True)
    assert "The job is cancelled." in answer.content.decode()
    again = client.post(reverse("job-cancel", kwargs={"public_id": run.public_id}))
    assert again.status_code == 403
    assert "nothing to cancel" in again.content.decode()


def test_a_failed_job_shows_a_code_and_the_officer_may_try_again(here):
    client, actor = signed_in("owner")
    officer, _actor = signed_in("officer", here)
    run = begun(actor, here, "test.broken")
    [failed] = run_queued()
    url = reverse("job", kwargs={"public_id": run.public_id})
    page = client.get(url).content.decode()
    assert failed.incident in page
    assert "4711" not in page
    assert "Try again</button>" not in page
    assert client.post(reverse("job-retry", kwargs={"public_id": run.public_id})).status_code == 403
    assert "Give up" in officer.get(url).content.decode()
    officer.post(reverse("job-retry", kwargs={"public_id": run.public_id}))
    assert JobRun.objects.get(pk=run.pk).state == State.QUEUED
    run_queued()
    officer.post(reverse("job-give-up", kwargs={"public_id": run.public_id}))
    assert not JobRun.objects.stuck().exists()


def test_the_list_is_the_officers_and_shows_what_is_stuck(here):
    client, actor = signed_in("owner")
    officer, _actor = signed_in("officer", here)
    begun(actor, here)
    silent = begun(actor, here)
    begun(actor)  # of no programme
    JobRun.objects.filter(pk=silent.pk).update(
        state=State.RUNNING, title="Silent job", heartbeat=clock.now() - timedelta(minutes=10)
    )
    url = reverse("jobs", kwargs={"programme": "p"})
    assert client.get(url).status_code == 403
    everything = officer.get(url).content.decode()
    assert "2 records" in everything
    assert "running · stuck" in everything
    stuck = officer.get(url, {"stuck": "true"}).content.decode()
    assert "Silent job" in stuck
    assert "1 record<" in stuck


def test_the_list_asks_the_same_number_of_queries_for_many(here):
    officer, _actor = signed_in("officer", here)
    few = Programme.objects.create(slug="few", name_zh="少", name_en="Few")
    account = Account.objects.get(username="officer")
    RoleGrant.objects.create(account=account, role=Role.PROGRAMME_OFFICER, scope=Scope.PROGRAMME, scope_id=few.pk)
    for programme, count in ((few, 10), (here, 100)):
        for number in range(count):
            one = Account.objects.create_user(f"{programme.slug}{number}")
            JobRun.objects.create(title="x", task="test.pages", account=one, programme=programme)
    assert_same_queries(lambda slug: officer.get(reverse("jobs", kwargs={"programme": slug})), "few", "p", at_most=15)
