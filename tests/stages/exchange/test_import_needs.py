"""Needs from files: what is new, changed, unchanged or faulty, and what is then in the database."""

import io

import pytest
import xlsxwriter

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange.importing import actions
from jiandao.stages.exchange.models import Need


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


def upload(actor, programme, content, name="需求.xlsx", kind="needs", source=""):
    return actions.upload(actor=actor, programme=programme, kind=kind, name=name, pieces=[content], source=source)


def run(actor, batch):
    actions.claim(batch)
    return actions.run(actor=actor, batch=batch, job=actions.Unwatched())


def test_it(officer, programme):
    content = book(
        ["技术需求名称", "需求方", "主要问题", "拟投入资金总额(万元)", "截止日期", "指标"],
        [["碳化硅外延", "示范公司（武汉）", "缺陷多", 300.5, "2026.11", "缺陷密度 ≤ 1 个/cm²; KLA\n均匀性 >= 95%"]],
    )
    batch = upload(officer, programme, content)
    report = actions.check(actor=officer, batch=batch, job=actions.Unwatched())
    assert (report.new, report.faulty) == (1, 0), report
    assert run(officer, batch).new == 1
    need = Need.objects.get()
    assert need.budget_fen == 300_500_000
    assert [str(one) for one in need.indicators.all()] == ["缺陷密度 ≤ 1 个/cm2", "均匀性 ≥ 95 %"]
