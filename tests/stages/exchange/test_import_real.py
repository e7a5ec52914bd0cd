"""Real files: public awards and abstracts are imported without a fault that cannot be explained."""

import os
from collections import Counter
from pathlib import Path

import pytest

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange.importing import actions
from jiandao.stages.exchange.importing.fields import importable
from jiandao.stages.exchange.importing.mapping import Mapping, propose
from jiandao.stages.exchange.importing.options import Options
from jiandao.stages.exchange.models import ResearchResult

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data")
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the shared real data is absent; set JIANDAO_SHARED_DATA"),
]


@pytest.fixture
def programme(db):
    with in_programme(factories.programme()) as inside:
        yield inside


@pytest.fixture
def officer(programme):
    return factories.actor((Role.PROGRAMME_OFFICER, programme))


def test_awards_with_their_titles(officer, programme):
    """17,926 rows of 892 spellings of hosts; brackets of both widths are one host."""
    path = DATA / "programmes" / "nsfc_management_projects_zh.csv"
    what = importable("results")
    table = actions.open_table(what, path, path.name)
    mapping = propose(what, table.headers)
    assert mapping.columns == {"项目批准号": "id", "项目名称": "title", "依托单位": "organisation"}
    found = actions.survey(
        actor=officer, programme=programme, kind="results", table=table, mapping=mapping,
        options=Options("nsfc"), job=actions.Unwatched(),
    )  # fmt: skip
    report = found.report
    assert (report.rows, report.new, report.faulty) == (17_926, 17_926, 0)
    assert 800 < report.organisations <= 892


@pytest.mark.parametrize(
    ("name", "columns", "count", "codes"),
    [
        (
            "csl_dev.jsonl",
            {"id": "id", "title": "title", "abstract": "text", "keywords": "keywords"},
            1_000,
            {"cell.long": 1},  # one keyword is a whole English phrase of 51 characters
        ),
        ("csldcp_distractors.jsonl", {"id": "id", "abstract": "text"}, 5_867, {}),
        ("cslkw_distractors.jsonl", {"id": "id", "abstract": "text"}, 1_339, {}),
    ],
)
def test_abstracts(officer, programme, name, columns, count, codes):
    """Where there is no title, the mapping says that the first sentence, shortened, is one."""
    path = DATA / "matching" / "csl" / name
    batch = actions.upload(
        actor=officer, programme=programme, kind="results", name=name, pieces=[path.read_bytes()], source="csl"
    )
    mapping = Mapping(columns=columns, constants={"organisation": "CSL"}, title_from_text=True)
    batch = actions.prepare(
        actor=officer, batch=batch, mapping=mapping,
        options=Options("csl", state="published", mode="good", as_they_are=True),
    )  # fmt: skip
    actions.claim(batch)
    report = actions.run(actor=officer, batch=batch, job=actions.Unwatched())
    assert Counter(one.code for one in report.shown) == codes
    assert report.new == count - report.faulty == count - sum(codes.values())
    assert ResearchResult.objects.filter(state="published").count() == report.new
