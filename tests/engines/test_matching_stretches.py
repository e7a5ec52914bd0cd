"""What shared ideographs are shown in, against a plain search for the longest common stretches."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.matching.stretches import Stretches

runs = st.lists(st.text("碳化硅功率器", min_size=1, max_size=12), min_size=1, max_size=4)
texts = st.lists(st.text("碳化硅功率器", min_size=1, max_size=12), max_size=4).map("，".join)


def terms_of(text: str) -> set[str]:
    return {*text, *("".join(pair) for pair in pairwise(text))}


def longest(run: str, there: str) -> set[str]:
    """Stretches of two characters and more that both have, none inside one that begins before it."""
    found = set()
    reached = 0
    for start in range(len(run)):
        end = max((end for end in range(start + 2, len(run) + 1) if run[start:end] in there), default=0)
        if end > reached:
            reached = end
            found.add(run[start:end])
    return found


@given(runs, texts)
def test_phrases_are_the_longest_common_stretches(parts: list[str], there: str) -> None:
    stretches = Stretches((part, part) for part in parts)
    with pytest.MonkeyPatch.context() as patch:  # words cut short what is looked at here
        patch.setattr(Stretches, "_words", lambda self, start, end, there: self._text[start:end])
        shared = set().union(*map(terms_of, parts)) & terms_of(there)
        found = stretches.shares(dict.fromkeys(shared, 1.0), there)
    expected = set().union(*(longest(part, there) for part in parts))
    expected |= {part for part in parts if len(part) == 1 and part in there}
    assert {words for words, _ in found.phrases} == expected


@given(runs, texts)
def test_what_is_shown_adds_up_to_what_was_shared(parts: list[str], there: str) -> None:
    shared = sorted(set().union(*map(terms_of, parts)) & terms_of(there))
    weights = {term: 1.0 + number / 7 for number, term in enumerate(shared)}
    found = Stretches((part, part) for part in parts).shares(weights, there)
    assert math.isclose(sum(amount for _, amount in found.phrases) + found.scattered, sum(weights.values()))
    assert all(words in there and any(words in part for part in parts) for words, _ in found.phrases)
    assert bool(found.letters) == (found.scattered > 0)


def test_what_is_shown_is_written_as_the_query_writes_it() -> None:
    weights = dict.fromkeys(terms_of("氮化镓"), 1.0)
    found = Stretches([("氮化镓", "氮化鎵")]).shares(weights, "氮化镓器件")
    assert found.phrases == [("氮化鎵", 5.0)]


def test_a_query_without_ideographs_has_no_stretches() -> None:
    assert Stretches([]).shares({"sic": 1.0}, "SiC 器件").phrases == ()
