"""Needs from files: what is new, changed, unchanged or faulty, and what is then in the database."""

import io
from dataclasses import replace

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

import factories
from jiandao.kernel import journal
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.jobs import run_queued
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.kernel.tabular.faults import CellFaultError, TableRefusedError
from jiandao.kernel.tabular.reading import read_table
from jiandao.stages.exchange import funnel
from jiandao.stages.exchange.importing import actions, storage
from jiandao.stages.exchange.importing.fields import importable
from jiandao.stages.exchange.importing.mapping import Mapping, propose
from jiandao.stages.exchange.importing.options import Options
from jiandao.stages.exchange.importing.template_file import EXAMPLE_SHEET, template
from jiandao.stages.exchange.models import Challenge, Need
from jiandao.stages.people.models import Organisation


def book(headers, rows):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"}) as made:
        page = made.add_worksheet()
        for line, row in enumerate([headers, *rows]):
            for place, value in enumerate(row):
                page.write(line, place, value)
    return buffer.getvalue()


@pytest.fixture
def programme(db):
    with in_programme(factories.programme()) as inside:
        yield inside


@pytest.fixture
def officer(programme):
    return factories.actor((Role.PROGRAMME_OFFICER, programme))


def upload(actor, programme, content, name="需求.xlsx", *, kind="needs"):
    return actions.upload(actor=actor, programme=programme, kind=kind, name=name, pieces=[content])


def run(actor, batch):
    actions.claim(batch)
    return actions.run(actor=actor, batch=batch, job=actions.Unwatched())


HEADERS = ["编号", "技术需求名称", "需求方", "主要问题", "拟投入资金总额(万元)", "截止日期", "指标"]
ROW = ["N1", "碳化硅外延", "示范公司（武汉）", "缺陷多", 300.5, "2027.11", "缺陷密度 ≤ 1 个/cm²; KLA\n均匀性 >= 95%"]


def changed(**more):
    return [more.get(header, value) for header, value in zip(HEADERS, ROW, strict=True)]


def test_a_row_becomes_a_need_with_indicators_and_a_new_organisation(officer, programme):
    batch = upload(officer, programme, book(HEADERS, [ROW]))
    report = actions.check(actor=officer, batch=batch, job=actions.Unwatched())
    assert (report.new, report.faulty, report.organisation_names) == (1, 0, ["示范公司（武汉）"])
    assert not Need.objects.exists()
    assert run(officer, batch).new == 1
    need = Need.objects.get()
    assert (need.budget_fen, need.state, need.source, need.source_id) == (300_500_000, "draft", "需求", "N1")
    assert [str(one) for one in need.indicators.all()] == ["缺陷密度 ≤ 1 个/cm²", "均匀性 ≥ 95 %"]
    assert need.indicators.first().test_method == "KLA"


def test_a_repeated_import_changes_nothing_and_a_changed_row_makes_the_next_version(officer, programme):
    run(officer, upload(officer, programme, book(HEADERS, [ROW])))
    again = upload(officer, programme, book(HEADERS, [changed(需求方="示范公司(武汉)")]))
    report = run(officer, again)
    assert (report.new, report.changed, report.unchanged) == (0, 0, 1)
    batch = upload(officer, programme, book(HEADERS, [changed(主要问题="缺陷很多", 截止日期="")]))
    assert run(officer, batch).changed == 1
    need = Need.objects.get()
    assert (need.problem, need.version, str(need.deadline)) == ("缺陷很多", 2, "2027-11-30")
    (entry,) = journal.timeline(batch.kind, batch.pk)
    assert entry.verb == "import"
    changed_by, begun_by = journal.timeline(need.kind, need.pk)
    assert (changed_by.before, changed_by.after) == ({"problem": "缺陷多"}, {"problem": "缺陷很多"})
    assert changed_by.facts == {"import": batch.public_id}
    assert begun_by.after == {"state": "draft", "secrecy": "public"}


def test_faults_stand_at_their_cells_in_both_languages_and_all_or_nothing_means_nothing(officer, programme):
    rows = [ROW, [*changed(编号="N2")[:4], "面议", "2026-02-30", "先进"]]
    batch = upload(officer, programme, book(HEADERS, rows))
    with pytest.raises(NotAllowed):
        run(officer, batch)
    batch.refresh_from_db()
    assert (batch.state, Need.objects.count()) == ("failed", 0)
    faults = list(storage.faults_of_batch(batch).read())
    assert [(one.cell, one.code) for one in faults] == [
        ("E3", "cell.money"),
        ("F3", "cell.day"),
        ("G3", "indicator.form"),
    ]
    with translation.override("en"):
        assert faults[1].sentence == "“2026-02-30” is no date; write it as 2026-11-22."


def test_the_good_rows_alone_can_be_imported(officer, programme):
    rows = [ROW, changed(编号="N2", 截止日期="soon"), changed(编号="N1", 技术需求名称="又一条")]
    batch = upload(officer, programme, book(HEADERS, rows))
    options = replace(Options.from_json(batch.options), mode="good")
    batch = actions.prepare(actor=officer, batch=batch, mapping=Mapping.from_json(batch.mapping), options=options)
    report = run(officer, batch)
    assert (report.new, report.faulty) == (1, 2)
    assert [(one.row, one.code) for one in report.shown] == [(3, "cell.day"), (4, "row.twice")]


def test_publishing_passes_the_gate_unless_an_officer_decides_otherwise(officer, programme):
    batch = upload(officer, programme, book(HEADERS, [ROW]))
    mapping = Mapping.from_json(batch.mapping)
    options = replace(Options.from_json(batch.options), state="published")
    batch = actions.prepare(actor=officer, batch=batch, mapping=mapping, options=options)
    report = actions.check(actor=officer, batch=batch, job=actions.Unwatched())
    assert [one.code for one in report.shown] == ["row.incomplete"]
    batch = actions.prepare(actor=officer, batch=batch, mapping=mapping, options=replace(options, as_they_are=True))
    report = run(officer, batch)
    assert (report.new, report.incomplete) == (1, 1)
    assert Need.objects.get().state == "published"


def test_a_need_owner_imports_for_the_own_organisation_only(programme):
    mine, other = factories.organisation("我的公司"), factories.organisation("别的公司")
    owner = factories.actor((Role.NEED_OWNER, mine))
    rows = [
        changed(编号="1", 需求方=mine.name),
        changed(编号="2", 需求方=other.name),
        changed(编号="3", 需求方="新公司"),
    ]
    batch = upload(owner, programme, book(HEADERS, rows))
    report = actions.check(actor=owner, batch=batch, job=actions.Unwatched())
    assert report.new == 1
    assert [(one.cell, one.code) for one in report.shown] == [("C3", "row.not_yours"), ("C4", "organisation.unknown")]
    options = replace(Options.from_json(batch.options), state="published")
    with pytest.raises(NotAllowed):
        actions.prepare(actor=owner, batch=batch, mapping=Mapping.from_json(batch.mapping), options=options)


class CancelledAt:
    """A job that is cancelled at its n-th look."""

    def __init__(self, looks):
        self.looks = looks

    def report(self, **news):
        pass

    def check_cancelled(self):
        self.looks -= 1
        if self.looks == 0:
            raise RuntimeError("cancelled")


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_cancelled_import_leaves_nothing(officer, programme, looks):
    batch = upload(officer, programme, book(HEADERS, [ROW]))
    actions.claim(batch)
    with pytest.raises(RuntimeError):
        actions.run(actor=officer, batch=batch, job=CancelledAt(looks))
    assert not Need.objects.exists()
    assert not Organisation.objects.exists()
    assert journal.timeline(batch.kind, batch.pk) == []


def test_two_columns_for_one_field_are_refused(officer, programme):
    batch = upload(officer, programme, book(HEADERS, [ROW]))
    mapping = Mapping(columns={"技术需求名称": "title", "主要问题": "title"})
    with pytest.raises(CellFaultError) as error:
        actions.prepare(actor=officer, batch=batch, mapping=mapping, options=Options.from_json(batch.options))
    assert error.value.code == "mapping.twice"


def test_the_whole_way_in_the_browser(officer, programme):
    client = Client()
    client.force_login(officer.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    url = reverse("exchange:import", kwargs={"programme": programme.slug, "what": "needs"})
    assert url in client.get(reverse("exchange:needs", kwargs={"programme": programme.slug})).content.decode()
    assert client.get(url).status_code == 200
    response = client.post(url, {"file": SimpleUploadedFile("bad.xlsx", b"no workbook")})
    assert response.status_code == 400
    sent = SimpleUploadedFile("需求.xlsx", book(HEADERS, [ROW, changed(编号="N2", 截止日期="soon")]))
    page_url = client.post(url, {"file": sent})["Location"]
    page = client.get(page_url)
    assert page.status_code == 200
    values = {f"column-{place}": name for place, name in enumerate(
        ["id", "title", "organisation", "problem", "budget_fen", "deadline", "indicators"]
    )}  # fmt: skip
    values |= {"source": "需求", "money": "wan", "state": "draft", "mode": "good"}
    page = client.post(f"{page_url}do/", values | {"then": "check"}, follow=True)
    assert "F3" in page.content.decode()
    file = client.get(f"{page_url}faults.xlsx")
    assert b"".join(file.streaming_content)[:2] == b"PK"
    response = client.post(f"{page_url}do/", values | {"then": "import"})
    assert response["Location"].startswith("/jobs/")
    (job,) = run_queued()
    assert (job.state, job.result_url) == ("done", page_url), job.fault
    assert Need.objects.count() == 1
    assert client.get(page_url).status_code == 200
    stranger = Client()
    stranger.force_login(factories.account(), backend="jiandao.kernel.accounts.backend.AccountBackend")
    assert stranger.get(page_url).status_code == 404


@pytest.mark.parametrize("what", ["needs", "results"])
def test_the_example_of_the_template_is_right_and_is_not_imported_by_mistake(officer, programme, what):
    content = template(importable(what))
    with pytest.raises(TableRefusedError) as error:
        upload(officer, programme, content, "template.xlsx", kind=what)
    assert error.value.code == "table.no_rows"
    table = read_table(content, "template.xlsx", sheet=EXAMPLE_SHEET)
    mapping = propose(importable(what), table.headers)
    assert mapping.columns.keys() == set(table.headers)
    found = actions.survey(
        actor=officer, programme=programme, kind=what, table=table, mapping=mapping, options=Options("x"),
        job=actions.Unwatched(),
    )  # fmt: skip
    assert (found.report.new, found.report.faulty) == (1, 0)


def test_what_was_published_elsewhere_comes_with_its_challenge_and_the_funnel_adds_up(officer, programme):
    rows = [
        ROW,
        changed(编号="N2", 技术需求名称="键合强度"),
        changed(编号="N3", 截止日期=""),
        [*changed(编号="N4", 主要问题="涉密"), "商业秘密", "2030-01-01"],
    ]
    headers = [*HEADERS, "密级", "保密期限"]
    batch = upload(officer, programme, book(headers, rows))
    options = replace(Options.from_json(batch.options), state="published", as_they_are=True)
    run(officer, actions.prepare(actor=officer, batch=batch, mapping=Mapping.from_json(batch.mapping), options=options))
    made = list(Challenge.objects.order_by("title"))
    assert [one.title for one in made] == ["碳化硅外延", "键合强度"], "one without a last day and a secret make none"
    assert {(one.state, one.issuer.name) for one in made} == {("published", "示范公司（武汉）")}
    assert [str(one) for one in made[0].indicators.all()] == ["缺陷密度 ≤ 1 个/cm²", "均匀性 ≥ 95 %"]
    (entry,) = journal.timeline(Challenge.kind, made[0].pk)
    assert (entry.verb, entry.facts) == ("create", {"import": batch.public_id})
    assert Challenge.objects.filter(search__isnull=False).count() == 2
    line = funnel.counted(funnel.needs_in(officer))
    assert set(line.counts.values()) == {4}, "each step holds at least what the next one holds"
    again = [*changed(编号="N2", 技术需求名称="键合强度", 主要问题="强度不足"), "", ""]
    batch = upload(officer, programme, book(headers, [again]))
    run(officer, actions.prepare(actor=officer, batch=batch, mapping=Mapping.from_json(batch.mapping), options=options))
    assert Challenge.objects.count() == 2
