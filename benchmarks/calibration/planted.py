"""Planted truth: 1,000 proposals, 5 scores each, by 300 experts who are harsh or lenient, wide or narrow.

    python benchmarks/calibration/planted.py [--seeds 10] [--proposals 1000] [--experts 300] [--each 5]

Four worlds: level only; level and scale; noise that grows with the expert's scale (not quite the model); little bias and much
noise. Peers in the same run: raw mean, z-score of each expert, and an additive mixed model by statsmodels where it can be
imported. Coverage: share of truths inside the 90 % intervals.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata, spearmanr

from jiandao.engines.calibration import Calibration, Reviews, calibrate

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "assignment"))
from timing import show

WORLDS: dict[str, dict[str, Any]] = {
    "level": {"scale": 0.0},
    "level and scale": {},
    "noise grows with scale": {"grows": True},
    "little bias, much noise": {"bias": 0.2, "noise": 1.2},
}


def planted(
    seed: int,
    proposals: int,
    experts: int,
    each: int,
    *,
    bias: float = 0.6,
    scale: float = 0.25,
    noise: float = 0.7,
    grows: bool = False,
) -> tuple[Reviews, Any, Any, Any]:
    """(reviews, true quality on the raw scale, biases, scales)"""
    random = np.random.default_rng(seed)
    quality, lean = random.normal(0, 0.8, proposals), random.normal(0, bias, experts)
    wide = np.exp(random.normal(0, scale, experts))
    expert = np.sort([random.choice(experts, each, replace=False) for _ in range(proposals)], axis=1).ravel()
    row = np.repeat(np.arange(proposals), each)
    error = random.normal(0, noise, len(row)) * (wide[expert] if grows else 1)
    score = 6 + lean[expert] + wide[expert] * quality[row] + error
    names = [tuple(f"{kind}{i:06d}" for i in range(count)) for kind, count in (("p", proposals), ("e", experts))]
    return Reviews(names[0], names[1], row, expert, score, np.ones(len(row))), 6 + quality, lean, wide


def z_score(reviews: Reviews) -> Any:
    count = np.bincount(reviews.expert)
    mean = np.bincount(reviews.expert, weights=reviews.score) / np.maximum(1, count)
    apart = np.bincount(reviews.expert, weights=(reviews.score - mean[reviews.expert]) ** 2) / np.maximum(1, count)
    apart = np.sqrt(np.where(apart > 0, apart, 1))
    of = (reviews.score - mean[reviews.expert]) / apart[reviews.expert]
    return np.bincount(reviews.proposal, weights=of) / np.bincount(reviews.proposal)


def judged(found: Calibration, reviews: Reviews, quality: Any, lean: Any, wide: Any) -> dict[str, float]:
    true = rankdata(-quality)
    return {
        "calibrated": spearmanr(found.score, quality)[0],
        "raw_mean": spearmanr(found.raw_mean, quality)[0],
        "trimmed_mean": spearmanr(found.trimmed_mean, quality)[0],
        "z_score": spearmanr(z_score(reviews), quality)[0],
        "score_coverage": float((np.abs(found.score - quality) < 1.6449 * found.sd).mean()),
        "rank_coverage": float(((found.rank_low <= true) & (true <= found.rank_high)).mean()),
        "bias_coverage": float((np.abs(found.bias - lean) < 1.6449 * found.bias_sd).mean()),
        "scale_coverage": float((np.abs(found.scale - wide) < 1.6449 * found.scale_sd).mean()),
        "greatest_error_in_deviations": float((found.error / found.sd).max()),
    }


def mixed_model(reviews: Reviews, quality: Any) -> dict[str, Any]:
    """Crossed random effects by statsmodels."""
    try:
        import pandas
        import statsmodels.formula.api as formulas
    except ImportError:
        return {"absent": True}
    frame = pandas.DataFrame({"y": reviews.score, "p": reviews.proposal, "e": reviews.expert, "all": 1})
    started = time.process_time()
    parts = {"p": "0 + C(p)", "e": "0 + C(e)"}
    fitted = formulas.mixedlm("y ~ 1", frame, groups="all", vc_formula=parts).fit()
    effects = fitted.random_effects[1]
    values = [effects[f"p[C(p)[{p}]]"] for p in range(len(reviews.proposals))]
    return {"rank_correlation": spearmanr(values, quality)[0], "cpu_seconds": time.process_time() - started}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--proposals", type=int, default=1000)
    parser.add_argument("--experts", type=int, default=300)
    parser.add_argument("--each", type=int, default=5)
    args = parser.parse_args()
    worlds = {}
    for name, changed in WORLDS.items():
        runs, spent = [], []
        for seed in range(args.seeds):
            reviews, quality, lean, wide = planted(seed, args.proposals, args.experts, args.each, **changed)
            started = time.process_time()
            found = calibrate(reviews)
            spent.append(time.process_time() - started)
            runs.append(judged(found, reviews, quality, lean, wide))
        worlds[name] = {
            "cpu_seconds": round(min(spent), 3),
            "cpu_seconds_greatest": round(max(spent), 3),
            **{
                key: {
                    "mean": round(statistics.fmean(run[key] for run in runs), 4),
                    "least": round(min(run[key] for run in runs), 4),
                    "greatest": round(max(run[key] for run in runs), 4),
                }
                for key in runs[0]
            },
            "seeds_above_raw_mean_and_z_score": sum(
                bool(run["calibrated"] > max(run["raw_mean"], run["z_score"])) for run in runs
            ),
        }
    small, quality, _, _ = planted(0, 100, 30, 5)
    return show(
        {
            "task": "planted truth",
            "proposals": args.proposals,
            "experts": args.experts,
            "each": args.each,
            "seeds": args.seeds,
            "worlds": worlds,
            "statsmodels, 100 proposals": mixed_model(small, quality),
        }
    )


if __name__ == "__main__":
    sys.exit(main())
