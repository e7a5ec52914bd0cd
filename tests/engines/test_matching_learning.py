"""Learning from accepted and refused matches: it finds what is there, and leaves alone what is not."""

import math
import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.matching import learning
from jiandao.engines.matching.learning import LearningSettings, Outcome, Proposal, learn, raw_signals, sentence
from jiandao.engines.matching.records import Channel, Signal

CHANNELS = {"lexical": Channel(1.0, 10.0), "latent": Channel(0.5, 0.5), "field": Channel(0.3, 1.0)}
FIRST = date(2026, 1, 1)
QUICK = LearningSettings(draws=200)


def history(seed: int, truth: dict[str, float], queries: int = 100, each: int = 6) -> list[Outcome]:
    """Decisions by a hidden rule: weights on scaled values, with noise. No truth: by chance alone."""
    dice = np.random.default_rng(seed)
    found = []
    for query in range(queries):
        for document in range(each):
            scaled = {name: float(dice.normal()) for name in CHANNELS}
            worth = sum(weight * scaled[name] for name, weight in truth.items()) + dice.normal() * 0.5
            found.append(
                Outcome(
                    f"q{query}",
                    f"d{document}",
                    bool(worth > 0),
                    FIRST + timedelta(days=query),
                    {name: value * CHANNELS[name].scale for name, value in scaled.items()},
                )
            )
    return found


def weights(proposal: Proposal) -> dict[str, float]:
    return {name: channel.weight for name, channel in proposal.new.items()}


def test_nothing_happened_nothing_changes() -> None:
    found = learn([], CHANNELS)
    assert (found.verdict, found.outcomes, found.queries, found.replay) == ("too-few", 0, 0, None)
    assert found.channels == found.new == CHANNELS


@pytest.mark.parametrize("queries", [5, 25])
def test_little_happened_nothing_changes(queries: int) -> None:
    found = learn(history(1, {"field": 3.0}, queries), CHANNELS)
    assert found.verdict == "too-few"
    assert found.channels == CHANNELS


def test_decisions_of_one_kind_tell_nothing() -> None:
    same = [replace(outcome, accepted=True) for outcome in history(1, {"field": 3.0})]
    assert learn(same, CHANNELS).verdict == "too-few"


def test_a_planted_truth_is_found_and_may_go_live() -> None:
    found = learn(history(3, {"field": 3.0, "lexical": 0.5}), CHANNELS)
    assert found.verdict == "better"
    new = weights(found)
    assert new["field"] > 2 * CHANNELS["field"].weight
    assert new["latent"] < CHANNELS["latent"].weight
    assert found.channels == found.new
    assert found.replay is not None
    assert found.replay.new > found.replay.old
    assert found.replay.low > 0
    assert found.replay.since >= FIRST + timedelta(days=69)
    assert {name: channel.scale for name, channel in found.new.items()} == {n: c.scale for n, c in CHANNELS.items()}


def test_chance_is_refused_mostly() -> None:
    live = [learn(history(seed, {}), CHANNELS, QUICK).verdict == "better" for seed in range(40)]
    assert sum(live) <= 6


def test_what_was_right_before_and_wrong_lately_is_not_used() -> None:
    old, new = history(4, {"field": 3.0}, 70), history(5, {"field": -3.0}, 30)
    later = [replace(o, query=f"new-{o.query}", when=o.when + timedelta(days=500)) for o in new]
    found = learn([*old, *later], CHANNELS)
    assert found.verdict == "worse"
    assert found.channels == CHANNELS


def test_present_weights_that_are_right_stay() -> None:
    truth = {name: 3 * channel.weight for name, channel in CHANNELS.items()}
    found = learn(history(6, truth), CHANNELS, replace(QUICK, pull=1e5))
    assert found.verdict == "no-change"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 0.95), st.floats(0.1, 100))
def test_the_floor_holds_and_the_sum_stays(seed: int, floor: float, pull: float) -> None:
    truth = {"latent": 5.0, "field": -5.0}
    found = learn(history(seed, truth, 60), CHANNELS, replace(QUICK, floor=floor, pull=pull))
    new = weights(found)
    assert all(new[name] >= floor * channel.weight for name, channel in CHANNELS.items())
    assert sum(new.values()) == pytest.approx(sum(channel.weight for channel in CHANNELS.values()), abs=1e-4)


def test_learning_again_and_again_wears_no_channel_down() -> None:
    channels = dict(CHANNELS)
    for seed in range(6):
        outcomes = history(seed, {"field": 5.0, "latent": -5.0})
        channels = dict(learn(outcomes, channels, QUICK, defaults=CHANNELS).new)
    assert channels["latent"].weight == pytest.approx(0.25 * CHANNELS["latent"].weight)
    low = {**CHANNELS, "latent": Channel(0.01, 0.5)}
    found = learn(history(1, {"field": 5.0, "latent": -5.0}), low, QUICK, defaults=CHANNELS)
    assert found.new["latent"].weight == 0.01


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_and_copies_change_nothing(seed: int, dice: random.Random) -> None:
    outcomes = history(seed, {"lexical": 1.0, "field": 1.0}, 50)
    before = learn(outcomes, CHANNELS, QUICK)
    mixed = [*outcomes, *dice.sample(outcomes, 100)]
    dice.shuffle(mixed)
    assert learn(mixed, CHANNELS, QUICK) == before


def test_twice_as_much_of_the_same_goes_further_the_same_way() -> None:
    outcomes = history(8, {"field": 2.0, "latent": 0.4})
    once = weights(learn(outcomes, CHANNELS, QUICK))
    twice = weights(learn([*outcomes, *(replace(o, query=f"{o.query}-2") for o in outcomes)], CHANNELS, QUICK))
    for name, channel in CHANNELS.items():
        first, second = once[name] - channel.weight, twice[name] - channel.weight
        assert abs(first) < 0.02 or first * second > 0


def test_the_size_of_scores_does_not_matter() -> None:
    outcomes = history(9, {"field": 1.0})
    wider = {name: replace(channel, scale=channel.scale * 50) for name, channel in CHANNELS.items()}
    first, second = (weights(learn(outcomes, channels, QUICK)) for channels in (CHANNELS, wider))
    assert first == pytest.approx(second, abs=1e-4)


def test_the_last_decision_counts() -> None:
    outcomes = history(10, {"field": 2.0})
    taken_back = [replace(o, accepted=not o.accepted, when=o.when - timedelta(days=900)) for o in outcomes]
    assert learn([*outcomes, *taken_back], CHANNELS, QUICK) == learn(outcomes, CHANNELS, QUICK)


def test_a_channel_that_is_off_stays_off() -> None:
    channels = {**CHANNELS, "dense": Channel(0.0, 0.5)}
    outcomes = [replace(o, signals={**o.signals, "dense": 1.0}) for o in history(3, {"field": 3.0})]
    found = learn(outcomes, channels, QUICK)
    assert found.new["dense"] == Channel(0.0, 0.5)
    assert weights(found)["field"] == weights(learn(history(3, {"field": 3.0}), CHANNELS, QUICK))["field"]
    assert learn(outcomes, {**channels, "lexical": Channel(0), "latent": Channel(0)}, QUICK).verdict == "no-change"


def test_foreign_and_broken_signals_are_refused() -> None:
    good = Outcome("q", "d", accepted=True, when=FIRST, signals={"lexical": 1.0})
    with pytest.raises(ValueError, match="no channel nonsense"):
        learn([replace(good, signals={"nonsense": 1.0})], CHANNELS)
    with pytest.raises(ValueError, match="expected a number"):
        learn([replace(good, signals={"lexical": math.nan})], CHANNELS)
    with pytest.raises(ValueError, match="pull"):
        LearningSettings(pull=0)


def test_values_that_are_all_alike_change_nothing() -> None:
    flat = [replace(o, signals=dict.fromkeys(CHANNELS, 1.0)) for o in history(1, {})]
    found = learn(flat, CHANNELS, QUICK)
    assert found.verdict == "no-change"
    assert found.replay is not None
    assert found.replay.old == found.replay.new == 0.5


def test_raw_signals_undo_weight_and_scale() -> None:
    told = [
        Signal("lexical.title", 0.2),
        Signal("lexical.text", 0.3),
        Signal("field", 0.3),
        Signal("calibration", -1.0),
    ]
    assert raw_signals(told, CHANNELS) == pytest.approx({"lexical": 5.0, "field": 1.0})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_verdict_has_its_sentence(language: str) -> None:
    replay = learning.Replay(30, FIRST, 0.6, 0.7, -0.05, 0.25)
    few = {"need_outcomes": 100, "need_queries": 30}
    for verdict in ("too-few", "no-change", "worse", "uncertain", "better"):
        told = sentence(Proposal(verdict, CHANNELS, CHANNELS, 600, 100, replay, few), language)
        assert "{" not in told
        assert ("70.0%" in told) == (verdict in {"worse", "uncertain", "better"})
