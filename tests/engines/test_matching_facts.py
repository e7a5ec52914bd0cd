"""Facts beside the texts: bounded, monotone, silent where one side says nothing."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.matching.facts import (
    FIELD,
    LEVEL,
    MONEY,
    PAST,
    REGION,
    Asked,
    FactWeights,
    Offered,
    gap,
    signals,
)

CODES = st.frozensets(st.sampled_from("abc"), max_size=2)
LEVELS = st.none() | st.integers(1, 9)
FEN = st.none() | st.integers(0, 10**13)
PLACES = st.sampled_from(["", "wuhan", "yichang"])
ASKED = st.builds(Asked, CODES, CODES, LEVELS, FEN, PLACES)
OFFERED = st.builds(Offered, CODES, CODES, LEVELS, FEN, PLACES, st.integers(0, 5), st.integers(0, 5))


def worth(asked, offered, name=""):
    return math.fsum(one.contribution for one in signals(asked, offered) if one.name.startswith(name))


@given(ASKED, OFFERED)
def test_all_of_them_together_stay_small_and_none_is_nought(asked, offered):
    weights = FactWeights()
    found = signals(asked, offered)
    least = weights.level_most + weights.over_budget + weights.failed * weights.past_counted
    assert -least <= math.fsum(one.contribution for one in found) <= weights.most
    assert all(one.contribution for one in found)
    assert found == signals(asked, offered)


@given(ASKED, OFFERED)
def test_where_one_side_says_nothing_only_the_past_speaks(asked, offered):
    assert {one.name for one in signals(Asked(), offered)} <= {PAST}
    assert {one.name for one in signals(asked, Offered())} == set()


@given(ASKED, OFFERED, st.integers(1, 9), st.integers(1, 9))
def test_more_maturity_never_scores_less(asked, offered, one, other):
    low, high = sorted((one, other))
    assert worth(asked, replace(offered, level=low)) <= worth(asked, replace(offered, level=high)) + 1e-12


@given(ASKED, OFFERED, st.integers(0, 10**13), st.integers(0, 10**13))
def test_a_higher_price_never_scores_more(asked, offered, one, other):
    low, high = sorted((one, other))
    assert worth(asked, replace(offered, money_fen=high)) <= worth(asked, replace(offered, money_fen=low)) + 1e-12


@given(ASKED, OFFERED, st.integers(0, 5))
def test_what_was_finished_never_scores_less_and_what_failed_never_more(asked, offered, more):
    better = replace(offered, finished=offered.finished + more)
    worse = replace(offered, failed=offered.failed + more)
    assert worth(asked, worse) <= worth(asked, offered) + 1e-12 <= worth(asked, better) + 2e-12


@given(ASKED, OFFERED)
def test_agreement_never_scores_less(asked, offered):
    same = replace(offered, fields=asked.fields, directions=asked.directions, region=asked.region)
    assert worth(asked, same) >= worth(asked, offered) - 1e-12


def test_each_fact_counts_as_the_weights_say():
    asked = Asked(frozenset("f"), frozenset("d"), 7, 1000, "wuhan")
    fits = Offered(frozenset("f"), frozenset("d"), 8, 1000, "wuhan", finished=3)
    assert [round(one.contribution, 4) for one in signals(asked, fits)] == [0.04, 0.02, 0.04, 0.02, 0.02, 0.04]
    off = Offered(frozenset("x"), frozenset("y"), 1, 1500, "yichang", failed=1)
    assert {one.name: round(one.contribution, 4) for one in signals(asked, off)} == {
        LEVEL: -0.06, MONEY: -0.02, PAST: -0.02,
    }  # fmt: skip
    assert (gap(asked, off), gap(asked, fits), gap(Asked(), fits)) == (6, 0, None)
    assert FIELD not in {one.name for one in signals(asked, off)}
    assert REGION not in {one.name for one in signals(asked, off)}


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        FactWeights(field=-0.1)
    with pytest.raises(ValueError, match="at least 0"):
        Offered(finished=-1)
