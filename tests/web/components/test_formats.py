"""Numbers, money, dates and marked texts."""

import datetime

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from jiandao.kernel.components import Badge, Due, Link, formats
from jiandao.kernel.components.shapes import safe_url

HOSTILE = "<b>&\"'"


@pytest.mark.parametrize(
    ("fen", "chinese", "english"),
    [
        (1_250_000_000, "1,250.00 万元", "CNY 12,500,000.00"),
        (0, "0.00 万元", "CNY 0.00"),
        (1, "0.000001 万元", "CNY 0.01"),
        (-1_234_500, "-1.2345 万元", "-CNY 12,345.00"),
        (None, "—", "—"),
    ],
)
def test_money_is_exact_in_both_languages(fen, chinese, english):
    with translation.override("zh-hans"):
        assert formats.money(fen) == chinese
    with translation.override("en"):
        assert formats.money(fen) == english


@pytest.mark.parametrize("wrong", [1.5, True, "12"])
def test_money_that_is_no_integer_of_fen_is_refused(wrong):
    with translation.override("zh-hans"), pytest.raises(TypeError, match="integer number of fen"):
        formats.money(wrong)


@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_wan_loses_no_fen(fen):
    whole, decimals = formats.wan(fen).lstrip("-").replace(",", "").split(".")
    assert int(whole) * 1_000_000 + int(decimals.ljust(6, "0")) == abs(fen)
    assert len(decimals) >= 2


def test_dates_stand_in_the_active_time_zone():
    late = datetime.datetime(2026, 11, 21, 23, 30, tzinfo=datetime.UTC)
    with timezone.override("Asia/Shanghai"):
        assert formats.day(late) == "2026-11-22"
        assert formats.moment(late) == "2026-11-22 07:30"
    assert formats.day(datetime.date(2026, 11, 22)) == "2026-11-22"
    assert formats.day(None) == "—"


def test_numbers_and_sizes():
    assert formats.number(1234567) == "1,234,567"
    assert formats.number(0.5) == "0.5"
    assert formats.number(2, 2) == "2.00"
    assert formats.percent(0.352) == "35%"
    assert formats.size(999) == "999 B"
    assert formats.size(1_234_567) == "1.2 MB"


@pytest.mark.parametrize(
    ("days", "chinese", "english"),
    [(2, "还有 2 天", "2 days left"), (0, "今天截止", "due today"), (-1, "逾期 1 天", "overdue by 1 day")],
)
def test_deadlines_in_words(days, chinese, english):
    with translation.override("zh-hans"):
        assert formats.days_left(days) == chinese
    with translation.override("en"):
        assert formats.days_left(days) == english


@given(st.text(alphabet="<>&\"'ab碳", max_size=30), st.lists(st.tuples(st.integers(-3, 35), st.integers(-3, 35))))
def test_mark_escapes_every_character_and_keeps_the_text(text, spans):
    marked = formats.mark(text, spans)
    assert marked.count("<mark>") == marked.count("</mark>")
    plain = marked.replace("<mark>", "").replace("</mark>", "")
    assert plain == formats.escape(text)
    assert "<mark></mark>" not in marked


def test_mark_joins_overlapping_ranges():
    assert formats.mark("abcdef", [(3, 5), (0, 2), (1, 4)]) == "<mark>abcde</mark>f"


def test_difference_marks_only_what_the_other_lacks():
    mine, theirs = formats.difference("碳化硅在线检测", "碳化硅无损检测")
    assert mine == "碳化硅<mark>在线</mark>检测"
    assert theirs == "碳化硅<mark>无损</mark>检测"


def test_difference_of_long_texts_goes_by_line():
    mine = "".join(f"第{n}行，内容相同。\n" for n in range(300))
    left, right = formats.difference(mine, mine.replace("第7行，", "第七行，"))
    assert left.count("<mark>") == right.count("<mark>") == 1
    assert "第七行，内容相同。" in right


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " JaVa\tScript:alert(1)", "data:text/html,x", "vbscript:x", "\x01javascript:x"]
)
def test_addresses_that_run_something_lead_nowhere(url):
    assert safe_url(url) == "#"


@pytest.mark.parametrize("url", ["/a/", "?page=2", "#top", "https://example.org/", "mailto:a@example.org"])
def test_ordinary_addresses_stay(url):
    assert safe_url(url) == url


def test_shapes_escape_what_they_show():
    for shape in (Badge(HOSTILE, "waiting", title=HOSTILE), Link(HOSTILE, f"/{HOSTILE}")):
        shown = str(shape)
        assert "<b>" not in shown
        assert "&lt;b&gt;&amp;&quot;&#x27;" in shown


def test_overdue_is_said_in_words_and_by_an_icon():
    with translation.override("zh-hans"):
        shown = str(Due.of(datetime.date(2026, 11, 20), datetime.date(2026, 11, 22)))
    assert "逾期 2 天" in shown
    assert "#alert-triangle" in shown
