"""What a calibration found as the files of `jiandao calibrate`; large ones are never whole in memory."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jiandao.engines.calibration.reasons import sentence
from jiandao.engines.calibration.records import Calibration, Floats, Ints
from jiandao.engines.runs import written

_NINETY = 1.6448536269514722  # deviations on either side that hold 90 %
_BLOCK = 1 << 16  # lines made at once


def _rows(names: Sequence[str], *columns: Floats | Ints) -> Iterator[tuple[Any, ...]]:
    for first in range(0, len(names), _BLOCK):
        block = slice(first, first + _BLOCK)
        yield from zip(names[block], *(column[block].tolist() for column in columns), strict=True)


def _cell(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if "," in name or '"' in name else name


def proposals(found: Calibration) -> Iterator[str]:
    """Lines of the file of proposals."""
    yield "proposal,raw_mean,score,sd,rank,rank_low,rank_high\n"
    columns = (found.raw_mean, found.score, found.sd, found.rank, found.rank_low, found.rank_high)
    for name, raw, score, sd, rank, low, high in _rows(found.reviews.proposals, *columns):
        yield f"{_cell(name)},{raw:.6f},{score:.6f},{sd:.6f},{rank},{low},{high}\n"


def experts(found: Calibration) -> Iterator[str]:
    """Lines of the file of experts."""
    yield "expert,reviews,bias,sd,scale\n"
    count = np.bincount(found.reviews.expert, minlength=len(found.reviews.experts))
    for name, number, bias, sd, scale in _rows(found.reviews.experts, count, found.bias, found.bias_sd, found.scale):
        yield f"{_cell(name)},{number},{bias:.6f},{sd:.6f},{scale:.6f}\n"


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


def report(found: Calibration, language: str, **more: Any) -> Iterator[str]:
    """The report as JSON text, piece by piece: experts and proposals a line each. `more` stands at its end."""
    text = written({**_head(found, language), "experts": {}, "proposals": {}, **more})
    for name, lines in (("experts", _intervals(found)), ("proposals", _beside(found))):
        # No text in JSON holds a line's end, so that this is the place.
        before, here, text = text.partition(f'\n "{name}": {{')
        yield before + here
        comma = ""
        for line in lines:
            yield f"{comma}\n  {line}"
            comma = ","
        yield "\n "
    yield text


def _head(found: Calibration, language: str) -> dict[str, Any]:
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
    }


def _beside(found: Calibration) -> Iterator[str]:
    """Trimmed mean and part of each proposal."""
    columns = (found.trimmed_mean, found.trimmed_rank, found.group + 1)
    for name, mean, rank, part in _rows(found.reviews.proposals, *columns):
        yield f'{_quoted(name)}: {{"trimmed_mean": {round(mean, 6)!r}, "trimmed_rank": {rank}, "part": {part}}}'


def _intervals(found: Calibration) -> Iterator[str]:
    """90 % intervals of what is said about experts."""
    for name, bias, bias_sd, scale, scale_sd in _rows(
        found.reviews.experts, found.bias, _NINETY * found.bias_sd, found.scale, _NINETY * found.scale_sd
    ):
        numbers = {
            "bias_low": round(bias - bias_sd, 6),
            "bias_high": round(bias + bias_sd, 6),
            "scale_low": round(max(0.0, scale - scale_sd), 6),
            "scale_high": round(scale + scale_sd, 6),
        }
        yield f"{_quoted(name)}: {json.dumps(numbers)}"


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _parts(found: Calibration) -> list[dict[str, int]]:
    return [
        {
            "part": part + 1,
            "proposals": int((found.group == part).sum()),
            "experts": int((found.expert_group == part).sum()),
        }
        for part in range(found.groups)
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
