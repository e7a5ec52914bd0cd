"""Why an expert fits a proposal: true by construction, from the numbers that made the score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jiandao.engines.matching.affinity import DECIMALS, Affinities, Evidence
from jiandao.engines.matching.affinity_space import Ints
from jiandao.engines.matching.reasons import Explainer
from jiandao.engines.matching.records import Reasons, Signal
from jiandao.engines.matching.scoring import total

MOST_WORKS = 3
_LIGHT = 1e-7  # of the heaviest work's weight: what weighs less moves no decimal, and its words are not looked for


@dataclass(frozen=True, slots=True)
class Behind:
    """A work behind a score: its place in the profile (from 0) and what it adds. The contributions of all works, named
    here or not, and the calibration add up to the score."""

    place: int
    contribution: float


@dataclass(frozen=True, slots=True)
class Affinity:
    """Score of a pair with its reasons. `signals` add up to `score`: `lexical` (terms that both have), `common` (what any
    two texts share, taken off), `latent`, `dense`, `calibration`; or `nothing` and `calibration` for a profile that
    shows nothing. The shares of `reasons.terms` add up to 1 and are shares of the signal `lexical`."""

    item: int
    profile: int
    score: float
    signals: tuple[Signal, ...]
    works: tuple[Behind, ...]
    reasons: Reasons


class AffinityExplainer:
    """Explains pairs with one item; what depends on the item alone is done once."""

    def __init__(self, affinities: Affinities, item: int) -> None:
        self._all = affinities
        self._item = item
        self._words = Explainer(affinities.items[item].document)
        self._vector = affinities.space.vector(affinities.item_row(item))

    def explain(self, profile: int) -> Affinity:
        """Raises ValueError for a pair that is left out."""
        score = float(self._all.scores[self._item, profile])
        if np.isnan(score):
            raise ValueError("the pair is left out; it has no score")
        evidence = self._all.evidence(self._item, profile)
        offset = float(self._all.offsets[self._item])
        if not len(evidence.rows):
            amounts = {"nothing": score + offset, "calibration": -offset}
            return Affinity(self._item, profile, score, _rounded(amounts, score), (), Reasons((), ()))
        terms = self._terms(evidence)
        factors = self._all.settings.factor
        amounts = {
            "lexical": total(terms.values()),
            "common": factors("lexical") * float(evidence.weights @ evidence.lexical) - total(terms.values()),
            "latent": factors("latent") * float(evidence.weights @ evidence.latent),
            "dense": factors("dense") * float(evidence.weights @ evidence.dense),
            "calibration": -offset,
        }
        added = evidence.weights * (
            factors("lexical") * evidence.lexical
            + factors("latent") * evidence.latent
            + factors("dense") * evidence.dense
        )
        first = np.argsort(-added, kind="stable")[:MOST_WORKS].tolist()
        behind = tuple(Behind(int(evidence.places[place]), round(float(added[place]), DECIMALS)) for place in first)
        return Affinity(
            self._item,
            profile,
            score,
            _rounded(amounts, score),
            behind,
            self._reasons(profile, evidence, behind, terms),
        )

    def _terms(self, evidence: Evidence) -> dict[str, float]:
        """What each shared term adds to the score; a pair of words counts half for each."""
        factor = self._all.settings.factor("lexical")
        found: dict[str, float] = {}
        heavy = _heavy(evidence)
        shared = self._all.space.shared_terms(self._vector, evidence.rows[heavy], evidence.weights[heavy])
        for term, amount in shared.items():
            words = term.split(" ")
            for word in words:
                found[word] = found.get(word, 0.0) + factor * amount / len(words)
        return {term: amount for term, amount in found.items() if amount > 0}

    def _reasons(
        self, profile: int, evidence: Evidence, behind: Sequence[Behind], terms: Mapping[str, float]
    ) -> Reasons:
        works = self._all.profiles[profile].works
        documents = [works[place].document() for place in evidence.places[_heavy(evidence)].tolist()]
        quoted = [works[work.place].document() for work in behind]
        return self._words.explain_several(documents, quoted, terms)


def _heavy(evidence: Evidence) -> Ints:
    """The works that count: of ten thousand some seventy."""
    return np.flatnonzero(evidence.weights > _LIGHT * evidence.weights.max())


def _rounded(amounts: Mapping[str, float], score: float) -> tuple[Signal, ...]:
    """Signals with as many decimals as the score, that add up to it: the greatest takes what rounding leaves over."""
    units = {name: round(amount * 10**DECIMALS) for name, amount in amounts.items()}
    greatest = max(units, key=lambda name: abs(units[name]))
    units[greatest] += round(score * 10**DECIMALS) - sum(units.values())
    return tuple(Signal(name, unit / 10**DECIMALS) for name, unit in units.items() if unit)
