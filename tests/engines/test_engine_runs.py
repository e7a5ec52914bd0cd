"""Reports that are written piece by piece, and commands that end when their time is over."""

import json
import signal
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.files import UnfinishedError
from jiandao.engines.runs import Entries, Watch, pieces

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=12,
)


def written(report: dict[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


@given(report=st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_pieces_are_the_text_of_the_whole(report: dict) -> None:
    assert "".join(pieces(report)) == written(report)
    assert "".join(pieces({"a": Entries.of(b=Entries(report.items))})) == written({"a": {"b": report}})


def test_entries_may_stand_on_a_line_each() -> None:
    report = {"项": {"one": 1, "two": [1.5, None]}, 'b"': {}}
    text = '{\n "a": {\n  "项": {"one": 1, "two": [1.5, null]},\n  "b\\"": {}\n }\n}\n'
    assert "".join(pieces({"a": Entries(report.items, lines=True)})) == text
    assert "".join(pieces({"a": Entries(dict, lines=True)})) == '{\n "a": {}\n}\n'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        list(pieces({"a": [value]}))


def _wait(watch: Watch, seconds: float) -> None:
    began = time.monotonic()
    with watch.limited():
        while time.monotonic() < began + seconds:
            pass


def test_what_never_asks_for_the_time_ends_all_the_same() -> None:
    before = signal.getsignal(signal.SIGALRM)
    began = time.monotonic()
    with pytest.raises(UnfinishedError, match=r"^forecast warn: out of time after .* --time-limit or less work$"):
        _wait(Watch("forecast warn", 0.05, quiet=True, hint=" or less work"), 5)
    assert time.monotonic() < began + 4
    assert signal.getsignal(signal.SIGALRM) is before


def test_rows_are_counted_and_the_clock_is_asked_once_in_256() -> None:
    watch = Watch("x", 1e-9, quiet=True)
    watch.step(255)
    with pytest.raises(UnfinishedError):
        watch.step()
    with Watch("x", None, quiet=True).limited():
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
