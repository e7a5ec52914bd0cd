"""What a calibration found as the files of `jiandao calibrate`; large ones are never whole in memory."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jiandao.engines.calibration.reasons import sentence
from jiandao.engines.calibration.records import Calibration, Floats, Ints
from jiandao.engines.runs import Entries

_NINETY = 1.6448536269514722  # deviations on either side that hold 90 %
_BLOCK = 1 << 16  # lines made at once


def _rows(names: Sequence[str], *columns: Floats | Ints) -> Iterator[tuple[Any, ...]]:
    for first in range(0, len(names), _BLOCK):
        block = slice(first, first + _BLOCK)
        yield from zip(names[block], *(column[block].tolist() for column in columns), strict=True)


def proposals(found: Calibration) -> Iterator[tuple[object, ...]]:
    """Rows of the file of proposals."""
    yield "proposal", "raw_mean", "score", "sd", "rank", "rank_low", "rank_high"
    columns = (found.raw_mean, found.score, found.sd, found.rank, found.rank_low, found.rank_high)
    for name, raw, score, sd, *ranks in _rows(found.reviews.proposals, *columns):
        yield name, f"{raw:.6f}", f"{score:.6f}", f"{sd:.6f}", *ranks


def experts(found: Calibration) -> Iterator[tuple[object, ...]]:
    """Rows of the file of experts."""
    yield "expert", "reviews", "bias", "sd", "scale"
    count = np.bincount(found.reviews.expert, minlength=len(found.reviews.experts))
    for name, number, bias, sd, scale in _rows(found.reviews.experts, count, found.bias, found.bias_sd, found.scale):
        yield name, number, f"{bias:.6f}", f"{sd:.6f}", f"{scale:.6f}"


def notes_on(found: Calibration, language: str, *, limited: bool) -> list[dict[str, Any]]:
    """What a reader must know before using the scores."""
    reviews = found.reviews
    once = int((np.bincount(reviews.expert, minlength=len(reviews.experts)) == 1).sum())
    alone = int((np.bincount(reviews.proposal, minlength=len(reviews.proposals)) == 1).sum())
    facts: list[tuple[str, dict[str, float]]] = []
    if found.groups > 1:
        facts.append(("groups", {"groups": found.groups}))
    if once:
        facts.append(("few-reviews", {"experts": once}))
    if alone:
        facts.append(("single-reviews", {"proposals": alone}))
    if not found.agreed:
        worst = max(value for value in found.rhat.values() if math.isfinite(value))
        facts.append(("chains", {"chains": found.chains, "rhat": round(worst, 2)}))
    if limited:
        facts.append(("time", {}))
    return [{"code": code, **values, "text": sentence(code, language, **values)} for code, values in facts]


def report(found: Calibration, language: str) -> dict[str, Any]:
    """The report but for notes and `run`; experts and proposals have a line each, made only when it is written."""
    reviews, spread = found.reviews, found.spread
    error = float((found.error / found.sd).max(initial=0.0))
    return {
        "proposals_count": len(reviews.proposals),
        "experts_count": len(reviews.experts),
        "reviews_count": len(reviews.score),
        "mean": round(found.mean, 6),
        "spread": {
            "quality": round(spread.quality, 6),
            "bias": round(spread.bias, 6),
            "scale": round(spread.scale, 6),
            "noise": round(spread.noise, 6),
        },
        "chains": found.chains,
        "sweeps": found.sweeps,
        "error_in_deviations": round(error, 4) if math.isfinite(error) else None,
        "r_hat": {name: round(value, 4) if math.isfinite(value) else None for name, value in found.rhat.items()},
        "parts": _parts(found),
        "outliers": _outliers(found, language),
        "disputed": _disputed(found, language),
        "experts": Entries(lambda: _intervals(found), lines=True),
        "proposals": Entries(lambda: _beside(found), lines=True),
    }


def _beside(found: Calibration) -> Iterator[tuple[str, dict[str, float]]]:
    """Trimmed mean and part of each proposal."""
    columns = (found.trimmed_mean, found.trimmed_rank, found.group + 1)
    for name, mean, rank, part in _rows(found.reviews.proposals, *columns):
        yield name, {"trimmed_mean": round(mean, 6), "trimmed_rank": rank, "part": part}


def _intervals(found: Calibration) -> Iterator[tuple[str, dict[str, float]]]:
    """90 % intervals of what is said about experts."""
    for name, bias, bias_sd, scale, scale_sd in _rows(
        found.reviews.experts, found.bias, _NINETY * found.bias_sd, found.scale, _NINETY * found.scale_sd
    ):
        yield (
            name,
            {
                "bias_low": round(bias - bias_sd, 6),
                "bias_high": round(bias + bias_sd, 6),
                "scale_low": round(max(0.0, scale - scale_sd), 6),
                "scale_high": round(scale + scale_sd, 6),
            },
        )


def _parts(found: Calibration) -> list[dict[str, int]]:
    sizes = (np.bincount(group, minlength=found.groups).tolist() for group in (found.group, found.expert_group))
    return [
        {"part": part, "proposals": of_proposals, "experts": of_experts}
        for part, (of_proposals, of_experts) in enumerate(zip(*sizes, strict=True), 1)
    ]


def _outliers(found: Calibration, language: str) -> list[dict[str, Any]]:
    reviews = found.reviews
    made = []
    for place in found.outliers.tolist():
        by = float(found.residual[place])
        facts = {
            "proposal": reviews.proposals[reviews.proposal[place]],
            "expert": reviews.experts[reviews.expert[place]],
            "score": float(reviews.score[place]),
            "expected": round(float(found.expected[place]), 6),
            "by": round(abs(by), 3),
        }
        code = "outlier-high" if by > 0 else "outlier-low"
        made.append({"code": code, **facts, "text": sentence(code, language, **facts)})
    return made


def _disputed(found: Calibration, language: str) -> list[dict[str, Any]]:
    number_of = np.bincount(found.reviews.proposal, minlength=len(found.reviews.proposals))
    made = []
    for place in found.disputed.tolist():
        facts = {
            "proposal": found.reviews.proposals[place],
            "reviews": int(number_of[place]),
            "chance": float(f"{found.disagreement[place]:.3g}"),
        }
        made.append({"code": "disputed", **facts, "text": sentence("disputed", language, **facts)})
    return made
