"""Batches: who may see one, that each is imported once, that a repeat clears and limits as asked, when files go."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.jobs import cancel, run_queued
from jiandao.kernel.jobs.models import JobRun
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.kernel.vocabulary.models import Term
from jiandao.kernel.vocabulary.terms import find_term
from jiandao.stages.exchange.importing import actions, jobs, storage
from jiandao.stages.exchange.importing.conversion import Terms
from jiandao.stages.exchange.importing.fields import importable
from jiandao.stages.exchange.importing.mapping import Mapping
from jiandao.stages.exchange.importing.models import ImportBatch
from jiandao.stages.exchange.importing.options import Options
from jiandao.stages.exchange.importing.policy import READ_IMPORT
from jiandao.stages.exchange.models import Need
from jiandao.stages.exchange.rules import KEEP_DAYS
from jiandao.stages.people.models import Organisation

HEADERS = "编号,题目,单位,主要问题,关键词,预算,截止日期,密级,保密期限,指标\n"
ROW = "N1,碳化硅外延,示范公司,缺陷多,碳化硅；外延,300,2027-11-30,,,缺陷密度 ≤ 1 个/cm²\n"


@pytest.fixture
def programme(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    with in_programme(factories.programme()) as inside:
        yield inside


@pytest.fixture
def officer(programme):
    return factories.actor((Role.PROGRAMME_OFFICER, programme))


def upload(actor, programme, rows, name="需求.csv", **more):
    content = (HEADERS + rows).encode()
    return actions.upload(actor=actor, programme=programme, kind="needs", name=name, pieces=[content], **more)


def with_options(actor, batch, **more):
    options = replace(Options.from_json(batch.options), **more)
    return actions.prepare(actor=actor, batch=batch, mapping=Mapping.from_json(batch.mapping), options=options)


def run(actor, batch):
    actions.claim(batch)
    return actions.run(actor=actor, batch=batch, job=actions.Unwatched())


def check(actor, batch):
    return actions.check(actor=actor, batch=batch, job=actions.Unwatched())


@pytest.mark.parametrize(
    ("rows", "hidden"),
    [
        (ROW, False),
        (ROW.replace(",,,", ",工作秘密,2030-01-01,"), True),
        (ROW.replace(",,,", ",工作秘密,,"), True),  # faulty: the term is missing
        (ROW.replace(",,,", ",绝对保密,,"), True),  # faulty: nobody knows what it means
        (ROW.replace("300,2027-11-30,,,", "面议,2027-11-30,工作秘密,2030-01-01,"), True),  # faulty elsewhere
    ],
)
def test_an_import_with_a_need_to_know_row_is_its_importers_alone_even_when_the_row_is_faulty(
    officer, programme, rows, hidden
):
    other = factories.actor((Role.PROGRAMME_OFFICER, programme))
    batch = upload(officer, programme, rows)
    assert not READ_IMPORT.decide(other, batch)  # nobody has looked into it yet
    check(officer, batch)
    batch.refresh_from_db()
    assert bool(READ_IMPORT.decide(other, batch)) is not hidden
    assert ImportBatch.objects.filter(READ_IMPORT.q(other)).exists() is not hidden
    assert READ_IMPORT.decide(officer, batch)


def test_two_presses_start_one_import_and_the_second_reads_why(race, transactional_db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    programme = factories.programme()
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    with in_programme(programme):
        batch = upload(officer, programme, ROW)

    def press():
        with in_programme(programme):
            own = ImportBatch.objects.select_related("programme").get(pk=batch.pk)
            return jobs.begin(actor=officer, batch=own, only_check=False)

    outcomes = race(press, press)
    errors = [one.error for one in outcomes if one.error is not None]
    assert [one.refusal.code for one in errors] == ["import.busy"]
    assert JobRun.objects.count() == 1
    run_queued()
    with in_programme(programme):
        assert Need.objects.count() == 1
        batch.refresh_from_db()
        assert batch.state == "done"


def test_a_job_cancelled_before_it_began_leaves_the_batch_open(officer, programme):
    batch = upload(officer, programme, ROW)
    public_id = jobs.begin(actor=officer, batch=batch, only_check=False)
    with pytest.raises(NotAllowed):
        jobs.begin(actor=officer, batch=batch, only_check=False)
    cancel(actor=officer, run=JobRun.objects.get(public_id=public_id))
    jobs.begin(actor=officer, batch=batch, only_check=False)
    run_queued()
    assert Need.objects.count() == 1


def test_a_worker_that_wakes_up_late_writes_nothing(officer, programme):
    batch = upload(officer, programme, ROW)
    actions.claim(batch, job="first")
    late = ImportBatch.objects.select_related("programme").get(pk=batch.pk)
    ImportBatch.objects.filter(pk=batch.pk).update(job="second")
    with pytest.raises(NotAllowed) as refused:
        actions.run(actor=officer, batch=late, job=actions.Unwatched())
    assert refused.value.refusal.code == "import.busy"
    assert not Need.objects.exists()
    actions.let_go(late, "failed")  # and takes nothing away from the second
    batch.refresh_from_db()
    assert batch.state == "running"


def test_a_done_import_is_not_done_again(officer, programme):
    batch = upload(officer, programme, ROW)
    run(officer, batch)
    with pytest.raises(NotAllowed):
        actions.claim(batch)
    with pytest.raises(NotAllowed):
        with_options(officer, batch, mode="good")


def test_a_check_of_columns_that_were_changed_meanwhile_does_not_count(officer, programme):
    batch = upload(officer, programme, ROW)
    stale = ImportBatch.objects.select_related("programme").get(pk=batch.pk)
    with_options(officer, batch, state="submitted")
    with pytest.raises(NotAllowed) as refused:
        check(officer, stale)
    assert refused.value.refusal.code == "import.prepared_anew"


def test_an_empty_cell_clears_only_when_asked_and_never_what_a_record_must_have(officer, programme):
    run(officer, upload(officer, programme, ROW))
    empty = "N1,碳化硅外延,示范公司,,,,,,,\n"
    assert run(officer, upload(officer, programme, empty)).unchanged == 1
    batch = with_options(officer, upload(officer, programme, empty), empty_clears=True)
    assert run(officer, batch).changed == 1
    need = Need.objects.get()
    assert (need.problem, need.keywords, need.budget_fen, need.deadline) == ("", [], None, None)
    assert not need.indicators.exists()
    assert (need.title, need.secrecy, need.language) == ("碳化硅外延", "public", "zh")


def test_as_many_keywords_as_the_form_allows(officer, programme):
    batch = upload(officer, programme, ROW.replace("碳化硅；外延", "一；二；三；四；五；六"))
    (fault,) = check(officer, batch).shown
    assert (fault.cell, fault.code, fault.facts) == ("E2", "cell.keywords", {"count": 6, "most": 5})


def test_a_long_text_is_refused_when_it_is_handed_in(officer, programme):
    batch = upload(officer, programme, ROW.replace("缺陷多", "缺" * 501))
    assert check(officer, batch).faulty == 0  # a draft may be long
    batch = with_options(officer, batch, state="submitted")
    assert "501" in str([one.sentence for one in check(officer, batch).shown])


def test_the_office_is_told_of_what_was_handed_in_and_only_of_that(programme):
    mine = factories.organisation("示范公司")
    owner = factories.actor((Role.NEED_OWNER, mine))
    office = factories.actor((Role.PROGRAMME_OFFICER, programme))
    whole = factories.need(programme, mine, state="submitted", complete=True)  # was handed in before
    Need.objects.filter(pk=whole.pk).update(source="需求", source_id="N1")
    batch = with_options(owner, upload(owner, programme, ROW, source="需求"), state="submitted")
    report = check(owner, batch)
    assert (report.new, report.changed, report.faulty) == (0, 0, 1)  # what the office checks is not changed below it
    assert not office.account.notifications.exists()


def test_a_draft_that_a_file_hands_in_counts_as_submitted(programme):
    owner = factories.actor((Role.NEED_OWNER, factories.organisation("示范公司")))
    draft = factories.need(programme, Organisation.objects.get(), state="draft", complete=True)
    Need.objects.filter(pk=draft.pk).update(source="需求", source_id="N1")
    row = ROW.replace("个/cm²", "个/cm²; KLA")
    batch = with_options(owner, upload(owner, programme, row, source="需求"), state="submitted")
    assert run(owner, batch).changed == 1
    need = Need.objects.get()
    assert (need.state, need.submitted_at is not None) == ("submitted", True)


def test_a_mended_file_goes_on_where_the_first_one_stopped(officer, programme):
    first = with_options(officer, upload(officer, programme, ROW.replace("300", "面议")), mode="good")
    assert run(officer, first).faulty == 1
    first.refresh_from_db()
    mended = upload(officer, programme, ROW, "需求，有错的行.csv", after=first)
    assert Options.from_json(mended.options) == Options.from_json(first.options)
    assert run(officer, mended).new == 1
    assert Need.objects.get().source == "需求"
    whole = upload(officer, programme, ROW)  # the whole file, mended too, later
    assert run(officer, whole).unchanged == 1


def test_files_go_when_nobody_needs_them_any_longer(officer, programme):
    clean, faulty = upload(officer, programme, ROW), upload(officer, programme, ROW.replace("300", "面议"))
    waiting = upload(officer, programme, ROW.replace("N1", "N2"))
    run(officer, clean)
    run(officer, with_options(officer, faulty, mode="good"))
    (storage.folder() / "abandoned").write_bytes(b"")
    assert storage.sweep() == 0  # all of it is from today
    _make_older(days=2)
    storage.sweep()
    assert [storage.is_kept(one) for one in (clean, faulty, waiting)] == [False, True, True]
    days = KEEP_DAYS.at(programme=programme).value
    ImportBatch.objects.update(changed_at=clock.now() - timedelta(days=days + 1))
    actions.claim(waiting)
    ImportBatch.objects.update(changed_at=clock.now() - timedelta(days=days + 1))
    storage.sweep()
    assert [storage.is_kept(one) for one in (faulty, waiting)] == [False, True]  # the second is being imported
    jobs.sweep()  # its command was killed long ago: it is open again
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"


def _make_older(*, days):
    for path in storage.folder().iterdir():
        then = path.stat().st_mtime - days * 86_400
        os.utime(path, (then, then))


def test_the_page_of_an_import_whose_file_is_gone_says_so(client, officer, programme):
    batch = upload(officer, programme, ROW.replace("300", "面议"))
    check(officer, batch)
    storage.file_of(batch).unlink()
    client.force_login(officer.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    url = f"/p/{programme.slug}/imports/{batch.public_id}/"
    page = client.get(url, headers={"accept-language": "en"})
    assert page.status_code == 200
    assert 'name="then"' not in page.content.decode()
    assert client.get(f"{url}faults.xlsx")["Location"] == url
    assert client.post(f"{url}do/", {"then": "check", "column-1": "title"}).status_code == 400


def test_the_list_of_earlier_imports_does_not_ask_once_per_row(client, officer, programme):
    client.force_login(officer.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    states = ["uploaded", "checked", "running", "done", "failed"]
    batches = [
        ImportBatch(
            programme=programme, created_by=officer.account, imported_kind="needs", state=states[one % 5],
            file_name=f"{one}.csv", digest="0" * 64, size=1, job="gone" if one % 5 == 2 else "", options={"source": "x"},
        )
        for one in range(100)
    ]  # fmt: skip

    def look(size):
        have = ImportBatch.objects.count()
        ImportBatch.objects.bulk_create(batches[have:size])
        return client.get(f"/p/{programme.slug}/import/needs/")

    look(10)
    with CaptureQueriesContext(connection) as few:
        look(10)
    look(100)
    with CaptureQueriesContext(connection) as many:
        page = look(100)
    assert len(few) == len(many) <= 17, [one["sql"] for one in many.captured_queries]
    assert page.content.decode().count("/imports/") >= 20


def test_what_the_kernel_finds_a_file_may_say(db):
    """Codes and labels in every spelling that `find_term` knows mean the same term here."""
    fields = [one for one in importable("needs").fields.values() if one.vocabulary]
    for one in fields:
        terms = Terms({})
        for term in Term.objects.of(one.vocabulary, clock.today()):
            for text in (term.code, term.label_zh, f" {term.label_en} ", term.label_zh.replace("（", "(")):
                found = find_term(one.vocabulary, text)
                if found is not None:
                    assert terms.find(one, text) == found.pk, (one.name, text)
