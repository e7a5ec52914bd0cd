"""Lists: links keep the query, rows escape, pages are bounded, a page of fifty rows is cheap."""

import datetime
import time

import pytest
from django import forms
from django.http import QueryDict
from django.utils import translation

from jiandao.kernel.components import Badge, Chart, Column, Due, Link, Listing, Progress, Row, Series

HOSTILE = "<script>alert(1)</script>\" onmouseover='x"


class Filters(forms.Form):
    q = forms.CharField(label="Word", required=False)
    state = forms.MultipleChoiceField(label="State", required=False, choices=[("a", "Open"), ("b", "Closed")])
    late = forms.BooleanField(label="Late", required=False)


def listing(query: str = "", **changes: object) -> Listing:
    data = QueryDict(query)
    values: dict = {
        "title": "Needs",
        "columns": [
            Column("Name", sort="name", primary=True),
            Column("Money", "money"),
            Column("Count", "number", sort="count"),
        ],
        "rows": [Row("/n/1/", [HOSTILE, 1_250_000_000, 3])],
        "total": 1234,
        "query": data,
        "filters": Filters(data),
    }
    return Listing(**{**values, **changes})


def test_rows_escape_and_keep_their_columns():
    with translation.override("zh-hans"):
        body = listing().body
    assert "<script>" not in body
    assert "&lt;script&gt;" in body
    assert '<a href="/n/1/">' in body
    assert '<td role="cell" class="num" data-label="Money (万元)">1,250.00</td>' in body


def test_row_with_too_few_values_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        _ = listing(rows=[Row("/", ["only one"])]).body


def test_address_of_a_script_is_not_linked():
    assert "javascript" not in listing(rows=[Row("javascript:alert(1)", ["x", 1, 1])]).body


def test_sorting_keeps_the_filters_and_goes_back_to_page_one():
    name, money, count = listing("q=%E7%A2%B3&page=7&order=name", order="name").headers
    assert name.url == "?q=%E7%A2%B3&order=-name"
    assert name.sorted == "ascending"
    assert money.url == ""
    assert count.url == "?q=%E7%A2%B3&order=count"


def test_chips_speak_and_each_removes_only_itself():
    with translation.override("en"):
        found = listing("q=x&state=a&state=b&late=on&order=-name").chips
    assert [(c.label, c.value) for c in found] == [
        ("Word", "x"), ("State", "Open"), ("State", "Closed"), ("Late", "Yes"),
    ]  # fmt: skip
    assert found[1].url == "?q=x&state=b&late=on&order=-name"
    assert listing("q=x&state=a&order=-name").clear_url == "?order=-name"


def test_filter_form_carries_the_order_along():
    assert listing("q=x&order=-name&page=3").kept_params == [("order", "-name")]


def test_exports_carry_the_filters_but_not_the_page():
    made = listing("q=x&page=3&order=name", exports=[Link("CSV", "/needs.csv"), Link("Excel", "/export?as=xlsx")])
    assert [link.url for link in made.export_links] == ["/needs.csv?q=x&order=name", "/export?as=xlsx&q=x&order=name"]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (1, ["1", "2", "3", None, "25"]),
        (12, ["1", None, "10", "11", "12", "13", "14", None, "25"]),
        (25, ["1", None, "23", "24", "25"]),
    ],
)
def test_page_links_are_bounded(page, shown):
    assert [link.label if link else None for link in listing(page=page).page_links] == shown


def test_first_and_last_of_a_page():
    made = listing(page=25, rows=[Row("/", ["x", 1, 1])] * 34)
    assert (made.first, made.last, made.pages) == (1201, 1234, 25)
    assert made.next_url == ""
    assert made.previous_url == "?page=24"
    empty = listing(rows=[], total=0)
    assert (empty.first, empty.last, empty.pages) == (0, 0, 1)


def test_fifty_rows_render_in_a_few_milliseconds():
    columns = [Column("a", primary=True), Column("b"), Column("c", "money"), Column("d", "badge"), Column("e", "due")]
    due = Due.of(datetime.date(2026, 11, 20), datetime.date(2026, 11, 22))
    rows = [Row("/n/", ["名称" * 12, "单位", 1_250_000_000, Badge("待审查", "waiting"), due]) for _ in range(50)]
    made = listing(columns=columns, rows=rows)
    assert made.body
    best = min(_cost(made) for _ in range(20))
    assert best < 0.010, f"{best * 1000:.1f} ms"


def _cost(made: Listing) -> float:
    start = time.process_time()
    assert made.body
    return time.process_time() - start


@pytest.mark.parametrize(
    ("state", "done", "total", "percent"),
    [("running", 0, None, None), ("running", 20_000, 20_000, 99), ("done", 5, None, 100), ("running", 1, 3, 33)],
)
def test_progress_is_a_hundred_only_when_done(state, done, total, percent):
    assert Progress("x", state, "x", done=done, total=total).percent == percent


def test_chart_with_a_gap_too_many_is_refused():
    with pytest.raises(ValueError, match="3 values for 2 categories"):
        Chart("c", "t", "bar", ["a", "b"], [Series("s", [1, 2, 3])])
