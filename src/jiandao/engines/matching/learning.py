"""New weights for channels from what became of earlier matches, shown and replayed before anybody uses them.

The loss is logistic on pairs of an accepted and a refused document of one query (Joachims, KDD 2002; Burges et al., ICML 2005),
each query counted once, plus a quadratic pull towards the present weights: convex, so that there is one answer and it depends
on no order and no seed. The sum of the weights stays, and no channel falls below its floor. Told in
docs/developer/matching-experts.md.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, minimize

from jiandao.engines.matching.records import Channel, Signal

Floats = NDArray[np.float64]

TOO_FEW, NO_CHANGE, WORSE, UNCERTAIN, BETTER = "too-few", "no-change", "worse", "uncertain", "better"
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document that was offered for a query. `signals`: raw values of the channels, before weight and
    scale (a missing one is 0); `when`: the day of the decision."""

    query: str
    document: str
    accepted: bool
    when: date
    signals: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """`pull`: how many queries' worth the present weights are; `floor`: least share of its default weight that a channel
    keeps (one that is below it already keeps what it has); `least_outcomes`, `least_queries`: what must be there, in queries
    with both an accepted and a refused document, before anything changes; `held`: share of those queries, the newest, that
    is replayed; `draws`, `level`: bootstrap over the replayed queries and width of its interval; `least_change`: relative
    change of weights that is worth a change."""

    pull: float = 10.0
    floor: float = 0.25
    least_outcomes: int = 100
    least_queries: int = 30
    held: float = 0.3
    draws: int = 2000
    level: float = 0.9
    least_change: float = 0.01
    seed: int = 7

    def __post_init__(self) -> None:
        if not (self.pull > 0 and 0 <= self.floor <= 1 and 0 < self.held < 1 and 0 < self.level < 1):
            raise ValueError("expected pull above 0, floor from 0 to 1, held and level between 0 and 1")


@dataclass(frozen=True, slots=True)
class Replay:
    """Share of pairs in the right order (a tie: half), mean over the held queries, with either weights, and the bootstrap
    interval of the difference new − old."""

    queries: int
    since: date
    old: float
    new: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was learnt. `new` is what `replay` was made with; `channels` is what to use: the new weights only when they
    are BETTER. `outcomes`, `queries`: what it stands on, in queries with both kinds."""

    verdict: str
    old: Mapping[str, Channel]
    new: Mapping[str, Channel]
    outcomes: int
    queries: int
    replay: Replay | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def channels(self) -> Mapping[str, Channel]:
        return self.new if self.verdict == BETTER else self.old


def raw_signals(signals: Iterable[Signal], channels: Mapping[str, Channel]) -> dict[str, float]:
    """Raw values by channel of a match's signals: `lexical.title` and `lexical.text` are parts of `lexical`. Signals of no
    channel, and those of a channel with weight 0, are left out."""
    found: dict[str, list[float]] = {}
    for signal in signals:
        name = signal.name.partition(".")[0]
        if name in channels and channels[name].factor:
            found.setdefault(name, []).append(signal.contribution)
    return {name: math.fsum(parts) / channels[name].factor for name, parts in found.items()}


def learn(
    outcomes: Iterable[Outcome],
    channels: Mapping[str, Channel],
    settings: LearningSettings | None = None,
    *,
    defaults: Mapping[str, Channel] | None = None,
) -> Proposal:
    """Propose weights. A pure function of the set of outcomes; of several for one pair the last counts.

    `channels`: the present ones, towards which the answer is pulled; `defaults`: those that the floor is a share of, so
    that learning again and again cannot wear a channel down (default: the present ones). Raises ValueError for a signal
    that is no finite number or belongs to no channel.
    """
    asked = settings or LearningSettings()
    names = sorted(name for name, channel in channels.items() if channel.weight > 0)
    queries = _queries(outcomes, channels, names)
    told = sum(query.outcomes for query in queries)
    if told < asked.least_outcomes or len(queries) < asked.least_queries:
        need = {"need_outcomes": asked.least_outcomes, "need_queries": asked.least_queries}
        return Proposal(TOO_FEW, channels, channels, told, len(queries), None, need)
    if len(names) < 2:
        return Proposal(NO_CHANGE, channels, channels, told, len(queries))
    cut = len(queries) - max(1, round(asked.held * len(queries)))
    older, newer = queries[:cut], queries[cut:]
    start = np.array([channels[name].weight for name in names])
    known = {**channels, **(defaults or {})}
    floor = np.minimum(asked.floor * np.array([known[name].weight for name in names]), start)
    weights = _fitted(older, start, floor, asked)
    new = {**channels, **{n: replace(channels[n], weight=w) for n, w in zip(names, weights.tolist(), strict=True)}}
    replay = _replay(newer, start, weights, asked)
    change = float(np.abs(weights / start - 1).max())
    if change < asked.least_change:
        verdict = NO_CHANGE
    elif replay.difference < 0:
        verdict = WORSE
    else:
        verdict = BETTER if replay.low > 0 else UNCERTAIN
    return Proposal(verdict, channels, new, told, len(queries), replay, {"change": round(change, 4)})


@dataclass(frozen=True, slots=True)
class _Query:
    """`pairs`: (pairs × channels) scaled values of the accepted minus those of the refused; `when`: last decision."""

    id: str
    when: date
    outcomes: int
    pairs: Floats


def _queries(outcomes: Iterable[Outcome], channels: Mapping[str, Channel], names: Sequence[str]) -> list[_Query]:
    """Queries with both an accepted and a refused document, the oldest first, then by id."""
    last: dict[tuple[str, str], Outcome] = {}
    for outcome in sorted(outcomes, key=_order):
        for name, value in outcome.signals.items():
            if name not in channels:
                raise ValueError(f"{outcome.query}, {outcome.document}: there is no channel {name}")
            if not math.isfinite(value):
                raise ValueError(
                    f"{outcome.query}, {outcome.document}: the signal {name} is {value}, expected a number"
                )
        last[outcome.query, outcome.document] = outcome
    by_query: dict[str, list[Outcome]] = {}
    for outcome in last.values():
        by_query.setdefault(outcome.query, []).append(outcome)
    found = []
    for query, members in by_query.items():
        members.sort(key=_order)
        values = np.array([[m.signals.get(name, 0.0) / channels[name].scale for name in names] for m in members])
        accepted = np.array([member.accepted for member in members])
        if accepted.any() and not accepted.all():
            pairs = (values[accepted][:, None] - values[~accepted][None]).reshape(-1, len(names))
            found.append(_Query(query, max(member.when for member in members), len(members), pairs))
    return sorted(found, key=lambda query: (query.when, query.id))


def _order(outcome: Outcome) -> tuple[Any, ...]:
    return (outcome.when, outcome.query, outcome.document, outcome.accepted, sorted(outcome.signals.items()))


def _fitted(queries: Sequence[_Query], start: Floats, floor: Floats, asked: LearningSettings) -> Floats:
    """Weights of least loss Σ_q mean_pairs ln(1 + e^(−margin / unit)) + pull · mean_c (w_c / start_c − 1)².

    The unit is the mean size of a margin under the present weights: the answer does not depend on the size of scores. With
    the sum of the weights fixed only their proportions can change.
    """
    pairs = np.vstack([query.pairs for query in queries])
    each = np.concatenate([np.full(len(query.pairs), 1 / len(query.pairs)) for query in queries])
    unit = float(each @ np.abs(pairs @ start)) / len(queries)
    if unit <= 0:
        return start
    scaled = pairs * start / unit  # by relative weight
    strength = asked.pull / len(start)

    def loss(relative: Floats) -> tuple[float, Floats]:
        margin = scaled @ relative
        value = each @ np.logaddexp(0, -margin) + strength * np.square(relative - 1).sum()
        slope = -(each * np.exp(-np.logaddexp(0, margin))) @ scaled + 2 * strength * (relative - 1)
        return float(value) / len(queries), slope / len(queries)

    answer = minimize(
        loss,
        np.ones(len(start)),
        jac=True,
        method="SLSQP",
        bounds=[(least, None) for least in (floor / start).tolist()],
        constraints=LinearConstraint(start[None], start.sum(), start.sum()),
        options={"maxiter": 1000, "ftol": 1e-12},
    )
    found: Floats = np.maximum(np.round(answer.x * start, _DECIMALS), floor)
    return found


def _replay(queries: Sequence[_Query], old: Floats, new: Floats, asked: LearningSettings) -> Replay:
    right = np.array([[_in_order(query.pairs @ weights) for weights in (old, new)] for query in queries])
    difference = right[:, 1] - right[:, 0]
    drawn = np.random.default_rng(asked.seed).integers(0, len(queries), (asked.draws, len(queries)))
    tail = (1 - asked.level) / 2
    low, high = np.quantile(difference[drawn].mean(axis=1), [tail, 1 - tail])
    before, after = right.mean(axis=0)
    return Replay(
        len(queries),
        queries[0].when,
        *(round(float(value), _DECIMALS) for value in (before, after, low, high)),
    )


def _in_order(margins: Floats) -> float:
    """Share of positive margins; what rounding makes of 0 is a tie, which counts half."""
    tied = np.abs(margins) <= 1e-12
    return float(np.mean(np.where(tied, 0.5, margins > 0)))


_SENTENCES = {
    "zh": {
        TOO_FEW: "可用的结果有 {outcomes} 条（{queries} 项需求既有接受也有拒绝），"
        "至少要 {need_outcomes} 条、{need_queries} 项；权重不变。",
        NO_CHANGE: "根据 {queries} 项需求的 {outcomes} 条结果，现有权重已经合适；权重不变。",
        WORSE: "新权重在较新的 {held} 项需求上排序正确率为 {new:.1%}，低于现有的 {old:.1%}；不启用。",
        UNCERTAIN: "新权重在较新的 {held} 项需求上排序正确率为 {new:.1%}，现有为 {old:.1%}，差别的区间 [{low:+.1%}, {high:+.1%}]"
        " 不能排除偶然；不启用。",
        BETTER: "新权重在较新的 {held} 项需求上排序正确率为 {new:.1%}，现有为 {old:.1%}，差别的区间 [{low:+.1%}, {high:+.1%}]；"
        "可以启用。",
    },
    "en": {
        TOO_FEW: "{outcomes} outcomes can be used ({queries} queries with both accepted and refused ones); at least"
        " {need_outcomes} in {need_queries} queries are needed. The weights stay.",
        NO_CHANGE: "{outcomes} outcomes of {queries} queries agree with the present weights. They stay.",
        WORSE: "On the newest {held} queries the new weights order {new:.1%} of pairs rightly, the present ones {old:.1%}."
        " They are not used.",
        UNCERTAIN: "On the newest {held} queries the new weights order {new:.1%} of pairs rightly, the present ones {old:.1%};"
        " the interval of the difference, [{low:+.1%}, {high:+.1%}], leaves room for chance. They are not used.",
        BETTER: "On the newest {held} queries the new weights order {new:.1%} of pairs rightly, the present ones {old:.1%};"
        " the interval of the difference is [{low:+.1%}, {high:+.1%}]. They can be used.",
    },
}


def sentence(proposal: Proposal, language: str) -> str:
    """The verdict in `zh` or `en`."""
    replay = proposal.replay
    told = {"outcomes": proposal.outcomes, "queries": proposal.queries, **proposal.parameters}
    if replay is not None:
        told |= {"held": replay.queries, "old": replay.old, "new": replay.new, "low": replay.low, "high": replay.high}
    return _SENTENCES[language][proposal.verdict].format(**told)
