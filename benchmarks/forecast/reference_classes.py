"""Reference classes on the phases of New York's school construction: cover of P10–P90 and pinball loss on later phases.

    python benchmarks/forecast/reference_classes.py [--picture docs/developer/forecast.svg] [--out result.json]

Needs JIANDAO_SHARED_DATA (engines/nyc/sca_schedules_budgets.csv: NYC School Construction Authority, Active Projects, NYC
Open Data). Phases with start, planned end and actual end; those that ended before the median end date are the history, the
others the test. Class: phase, then the first word of the description. Method and numbers of the engine were chosen by time
splits inside the history (--inside shows them) before the test was looked at; that the history is renewed every quarter is a
second way to use the same method, added afterwards with no number changed. The peer adds -10 %, +5 %, +25 % and +40 % to
the planned days, as three-point estimates commonly do.
"""

import argparse
import csv
import json
import math
import os
import re
import sys
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from jiandao.engines.forecast.reference import LEVELS, History, Quantiles, Settings, forecast

PERT = np.array([0.9, 1.05, 1.25, 1.4])


@dataclass(frozen=True)
class Phase:
    name: str
    kind: str
    start: date
    planned: date
    ended: date | None


def day(text: str) -> date | None:
    """None for the codes that stand in these columns, as DOER and DOES."""
    try:
        return datetime.strptime(text.strip(), "%m/%d/%Y").date()  # noqa: DTZ007 - dates without a time
    except ValueError:
        return None


def phases(path: Path) -> list[Phase]:
    """Phases with a start and a planned end at least a day later."""
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            start, planned = day(row["Project Phase Actual Start Date"]), day(row["Project Phase Planned End Date"])
            ended = day(row["Project Phase Actual End Date"])
            if start and planned and planned > start and (ended is None or ended > start):
                text = row["Project Description"].upper().split("/")[0]
                text = re.sub(r"\bFY ?\d\d\b|RESO A|\d+", "", text)
                words = re.sub(r"[^A-Z]+", " ", text).split()
                found.append(Phase(row["Project Phase Name"], words[0] if words else "", start, planned, ended))
    return found


def history(rows: list[Phase], cut: date, *, censored: bool, kinds: bool = True) -> History:
    """What had ended before the cut and, when asked for, what had begun by then."""
    done = [row for row in rows if row.ended and row.ended < cut]
    going = [row for row in rows if censored and row.start < cut and (row.ended is None or row.ended >= cut)]
    return History.of(
        [label(row, kinds) for row in (*done, *going)],
        [(row.planned - row.start).days for row in (*done, *going)],
        [((row.ended or cut) - row.start).days for row in done] + [(cut - row.start).days for row in going],
        [True] * len(done) + [False] * len(going),
        [(row.ended or cut).toordinal() for row in done] + [math.nan] * len(going),
    )


def label(row: Phase, kinds: bool) -> str:
    return f"{row.name}/{row.kind}" if kinds and row.kind else row.name


def pinball(days: np.ndarray, actual: np.ndarray) -> list[float]:
    levels = np.array(LEVELS)
    over = actual[:, None] - days
    return [round(float(one), 2) for one in np.maximum(levels * over, (levels - 1) * over).mean(axis=0)]


def scores(days: np.ndarray, actual: np.ndarray) -> dict[str, Any]:
    inside = (actual >= days[:, 0]) & (actual <= days[:, 3])
    return {
        "pinball_p10_p50_p80_p90": pinball(days, actual),
        "cover_p10_p90": round(float(inside.mean()), 3),
        "below_p10": round(float((actual < days[:, 0]).mean()), 3),
        "above_p80": round(float((actual > days[:, 2]).mean()), 3),
        "above_p90": round(float((actual > days[:, 3]).mean()), 3),
    }


def judged(
    rows: list[Phase], cut: date, until: date, past: History, kinds: bool, settings: Settings
) -> tuple[Any, ...]:
    test = [row for row in rows if row.ended and cut <= row.ended < until]
    planned = np.array([(row.planned - row.start).days for row in test], float)
    actual = np.array([(row.ended - row.start).days for row in test if row.ended], float)
    given: Quantiles = forecast(past, [label(row, kinds) for row in test], planned.tolist(), settings=settings)
    return test, planned, actual, given


def renewed(rows: list[Phase], cut: date) -> dict[str, Any]:
    """As an office would: each quarter of the test is forecast with all that had ended before it."""
    days, took = [], []
    starts = [date(year, month, 1) for year in range(cut.year, 2100) for month in (1, 4, 7, 10)]
    edges = [
        cut,
        *(one for one in starts if one > cut and one <= max(row.ended for row in rows if row.ended)),
        date.max,
    ]
    for first, last in pairwise(edges):
        if any(row.ended and first <= row.ended < last for row in rows):
            _, _, actual, given = judged(rows, first, last, history(rows, first, censored=False), True, Settings())
            days.append(given.days)
            took.append(actual)
    return scores(np.concatenate(days), np.concatenate(took))


def by_phase(test: list[Phase], given: Quantiles, actual: np.ndarray, planned: np.ndarray) -> dict[str, Any]:
    found = {}
    for name in sorted({row.name for row in test}):
        mine = np.array([row.name == name for row in test])
        found[name] = {
            "n": int(mine.sum()),
            **scores(given.days[mine], actual[mine]),
            "pert_pinball": pinball(planned[mine, None] * PERT, actual[mine]),
        }
    return found


def picture(test: list[Phase], given: Quantiles, actual: np.ndarray, planned: np.ndarray) -> str:
    """Every test phase in order of its level in the forecast: a calibrated forecast is the diagonal."""
    shares = np.linspace(0.05, 0.95, 19)

    def met(days: np.ndarray) -> list[float]:
        return [float((actual <= days[:, column]).mean()) for column in range(days.shape[1])]

    marks = []
    lines = ((given.days, "#14508c", "reference class", 60), (planned[:, None] * PERT, "#a33", "PERT-like", 80))
    for days, colour, name, y in lines:
        points = [(60 + 300 * level, 340 - 300 * share) for level, share in zip(LEVELS, met(days), strict=True)]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        marks.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        marks += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{colour}"/>' for a, b in points]
        marks.append(
            f'<rect x="385" y="{y - 9}" width="12" height="12" fill="{colour}"/><text x="403" y="{y + 1}">{name}</text>'
        )
    ticks = "".join(
        f'<text x="{60 + 300 * share:.0f}" y="358" text-anchor="middle">{share:.0%}</text>'
        f'<text x="52" y="{344 - 300 * share:.0f}" text-anchor="end">{share:.0%}</text>'
        for share in shares[[0, 3, 6, 9, 12, 15, 18]]
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 400" font-family="sans-serif" font-size="12">'
        '<rect width="560" height="400" fill="#fff"/>'
        f'<text x="10" y="22" font-size="15">Said and come true: {len(test):,} later phases</text>'
        '<rect x="60" y="40" width="300" height="300" fill="none" stroke="#bbb"/>'
        '<line x1="60" y1="340" x2="360" y2="40" stroke="#bbb" stroke-dasharray="4"/>'
        f"{ticks}{''.join(marks)}"
        '<text x="210" y="378" text-anchor="middle">level that was forecast</text>'
        '<text x="385" y="340">up: share of phases that</text><text x="385" y="356">took no longer</text>'
        '<text x="10" y="395" font-size="10" fill="#555">Data: NYC School Construction Authority (NYC Open Data)</text>'
        "</svg>\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inside", action="store_true", help="time splits inside the history instead of the test")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    path = Path(os.environ.get("JIANDAO_SHARED_DATA") or "absent") / "engines" / "nyc" / "sca_schedules_budgets.csv"
    if not path.is_file():
        print("Set JIANDAO_SHARED_DATA to the folder that holds engines/nyc.", file=sys.stderr)
        return 2
    rows = phases(path)
    ends = sorted(row.ended for row in rows if row.ended)
    cut = ends[len(ends) // 2]
    result: dict[str, Any] = {"phases": len(ends), "cut": cut.isoformat()}
    if args.inside:
        inner = [one for one in ends if one < cut]
        for share in (0.4, 0.5, 0.6, 0.7, 0.8):
            at = inner[int(len(inner) * share)]
            _, planned, actual, given = judged(rows, at, cut, history(rows, at, censored=False), True, Settings())
            result[f"split at {share}"] = {
                "reference class": scores(given.days, actual),
                "PERT-like": scores(planned[:, None] * PERT, actual),
            }
    else:
        test, planned, actual, given = judged(rows, cut, date.max, history(rows, cut, censored=False), True, Settings())
        result["history"], result["test"] = sum(one < cut for one in ends), len(test)
        result["reference class"] = scores(given.days, actual)
        result["reference class"]["corrected_levels"] = [round(float(one), 3) for one in given.used]
        result["PERT-like"] = scores(planned[:, None] * PERT, actual)
        result["plan as it is"] = scores(np.repeat(planned[:, None], 4, axis=1), actual)
        for name, more in (
            ("without correction of widths", (False, True, Settings(calibrate=False))),
            ("phase alone", (False, False, Settings())),
            ("with unfinished phases as censored", (True, True, Settings())),
        ):
            past = history(rows, cut, censored=more[0], kinds=more[1])
            _, _, _, other = judged(rows, cut, date.max, past, more[1], more[2])
            result[name] = scores(other.days, actual)
        result["history renewed every quarter"] = renewed(rows, cut)
        result["by phase"] = by_phase(test, given, actual, planned)
        if args.picture:
            args.picture.write_text(picture(test, given, actual, planned), encoding="utf-8")
    text = json.dumps(result, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
