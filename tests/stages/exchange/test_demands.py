"""What is asked in numbers beside what a candidate states, on the match page and in the API; hidden records add nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import follower, index
from jiandao.stages.exchange.models import TargetIndicator

TEXT = "8英寸碳化硅外延片的缺陷密度控制"


@pytest.fixture
def scene(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    programme, unit = factories.programme(), factories.organisation()
    with in_programme(programme):
        need = factories.need(programme, unit, state="published", title=TEXT)  # asks 缺陷密度 ≤ 1 个/cm²
        yield programme, unit, need
    index.forget_opened()


def indicator(need, name, comparator, threshold, unit, **more):
    return TargetIndicator.everywhere().create(
        programme=need.programme, need=need, name=name, comparator=comparator, threshold=threshold, unit=unit, **more
    )


def page_of(programme, record, kind="need", wanted=""):
    follower.follow()
    client = factories.english_client()
    url = reverse(f"exchange:{kind}-matches", kwargs={"programme": programme.slug, "public_id": record.public_id})
    return client.get(url, {"kind": wanted}).content.decode()


def items_of(programme, record, path="needs", wanted="result"):
    follower.follow()
    answer = factories.english_client().get(
        f"/api/v1/p/{programme.slug}/{path}/{record.public_id}/matches?kind={wanted}"
    )
    return answer.json()["items"]


def test_the_page_says_what_is_met_missed_open_and_not_found(scene):
    programme, unit, need = scene
    indicator(need, "厚度不均匀性", "le", 2, "%")
    indicator(need, "生长速率", "ge", 60, "μm/h")
    indicator(need, "掺杂浓度", "within", 8, "%", tolerance=1)
    text = f"{TEXT}：缺陷密度降至0.5/cm²。厚度不均匀性为3.5%。生长速率提高20%。"
    factories.result(programme, unit, title=TEXT, text=text)
    shown = page_of(programme, need)
    for words in (
        "stated, met", "缺陷密度 ≤ 1 个/cm²", "<strong>0.5/cm2</strong>",
        "stated, missed", "厚度不均匀性 ≤ 2 %", "<strong>3.5%</strong>",
        "named, no comparable value", "生长速率 ≥ 60 μm/h",
        "asked, not found in the text", "掺杂浓度 8 ± 1 %",
    ):  # fmt: skip
        assert words in shown
    (item,) = items_of(programme, need)
    assert [one["verdict"] for one in item["indicators"]] == ["met", "missed", "unsettled", "not-stated"]
    assert item["indicators"][0] | {"quote": ""} == {
        "name": "缺陷密度", "comparator": "le", "threshold": "1", "tolerance": None, "unit": "个/cm²", "verdict": "met",
        "stated": ["0.5/cm2"], "quote": "",
    }  # fmt: skip
    assert "缺陷密度降至0.5/cm²" in item["indicators"][0]["quote"]


def test_from_an_answer_the_indicators_of_each_question_are_compared(scene):
    programme, unit, need = scene
    other = factories.need(programme, unit, state="published", title=TEXT)
    indicator(other, "生长速率", "ge", 60, "μm/h")
    result = factories.result(programme, unit, title=TEXT, text="缺陷密度降至0.5/cm²。")
    items = {one["id"]: one["indicators"] for one in items_of(programme, result, "results", "need")}
    assert [one["verdict"] for one in items[need.public_id]] == ["met"]
    assert [one["verdict"] for one in items[other.public_id]] == ["met", "not-stated"]


def test_a_question_without_indicators_says_nothing_of_them(scene):
    programme, unit, need = scene
    need.indicators.all().delete()
    factories.result(programme, unit, title=TEXT)
    assert "jd-demands" not in page_of(programme, need)
    assert items_of(programme, need)[0]["indicators"] == []


def test_indicators_of_a_need_that_one_may_not_read_are_nowhere(scene):
    programme, unit, _need = scene
    hidden = factories.need(programme, unit, state="published", title=TEXT, anonymous=True)
    indicator(hidden, "生长速率", "ge", 60, "μm/h")
    result = factories.result(programme, unit, title=TEXT)
    assert "生长速率" not in page_of(programme, result, "result", "need")
    assert hidden.public_id not in {one["id"] for one in items_of(programme, result, "results", "need")}


def test_comparing_asks_nothing_more_of_the_database(scene):
    programme, unit, need = scene
    reader = factories.english_client(factories.actor((Role.RESEARCHER, unit)))
    url = reverse("exchange:need-matches", kwargs={"programme": programme.slug, "public_id": need.public_id})

    def queries():
        follower.follow()
        reader.get(url)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert reader.get(url).status_code == 200
        return len(asked)

    factories.result(programme, unit, title=TEXT)
    few = queries()
    for name in ("厚度", "生长速率", "掺杂浓度"):
        indicator(need, name, "le", 2, "%")
    for _number in range(9):
        factories.result(programme, unit, title=TEXT)
    assert queries() == few
