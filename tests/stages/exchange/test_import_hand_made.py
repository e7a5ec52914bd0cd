"""A table of real needs and real results, typed by hand: it goes in without a fault, and the answers are found."""

from decimal import Decimal
from pathlib import Path

import pytest

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.follower import follow
from jiandao.stages.exchange import matching
from jiandao.stages.exchange.importing import actions
from jiandao.stages.exchange.importing.fields import importable
from jiandao.stages.exchange.importing.mapping import Mapping, propose
from jiandao.stages.exchange.importing.options import Options
from jiandao.stages.exchange.models import Need, ResearchResult

HERE = Path(__file__).parent / "data"


@pytest.fixture
def programme(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    with in_programme(factories.programme()) as inside:
        yield inside
    index.forget_opened()


@pytest.fixture
def officer(programme):
    return factories.actor((Role.PROGRAMME_OFFICER, programme))


def imported(officer, programme, kind, name):
    """Import a table as an officer does who publishes what others have published, incomplete as it is."""
    content = (HERE / name).read_bytes()
    batch = actions.upload(actor=officer, programme=programme, kind=kind, name=name, pieces=[content])
    mapping = Mapping.from_json(batch.mapping)
    mapping = Mapping(mapping.columns, {"organisation": "未列出的单位"}, mapping.money, mapping.title_from_text)
    options = Options("公开来源", state="published", as_they_are=True)
    batch = actions.prepare(actor=officer, batch=batch, mapping=mapping, options=options)
    actions.claim(batch)
    return actions.run(actor=officer, batch=batch, job=actions.Unwatched())


def test_the_headers_of_real_tables_are_understood():
    what = importable("needs")
    table = actions.open_table(what, HERE / "real_needs.csv", "real_needs.csv")
    assert propose(what, table.headers).columns == {
        "编号": "id", "需求名称": "title", "需求方": "organisation", "主要问题": "problem", "预算(万元)": "budget_fen",
        "指标": "indicators",
    }  # fmt: skip


def test_real_needs_go_in_without_a_fault_and_their_targets_are_numbers(officer, programme):
    report = imported(officer, programme, "needs", "real_needs.csv")
    assert (report.rows, report.new, report.faulty) == (30, 30, 0)
    assert report.incomplete == 30  # real notices say little; the report names what each one lacks
    by_id = {need.source_id: need for need in Need.objects.prefetch_related("indicators")}
    targets = {
        key: [(one.name, one.comparator, one.threshold, one.unit) for one in need.indicators.all()]
        for key, need in by_id.items()
        if need.indicators.all()
    }
    assert targets == {
        "XA-202609": [("资源利用率提升", "ge", Decimal(30), "%")],
        "XH-202621": [("岗位需求贴合", "ge", Decimal(95), "%"), ("RAG无答案判定", "ge", Decimal(95), "%")],
    }
    assert by_id["13-01"].budget_fen == 100_000_000  # 100 万元
    assert by_id["13-01"].organisation.name == "武汉敢为科技"
    assert by_id["10-01"].organisation.name == "未列出的单位"
    assert imported(officer, programme, "needs", "real_needs.csv").unchanged == 30


def test_true_answers_of_real_needs_are_among_the_first_three_of_real_results(officer, programme):
    imported(officer, programme, "needs", "real_needs.csv")
    assert imported(officer, programme, "results", "real_results.csv").faulty == 0
    follow()
    answers = {"13-01": "13-A1", "13-02": "13-A2", "13-03": "13-A3"}
    for asked, answer in answers.items():
        found = matching.results_for(officer, Need.objects.get(source_id=asked), top=3)
        assert answer in [one.record.source_id for one in found], (asked, [one.record.title for one in found])
    assert ResearchResult.objects.count() == 20
