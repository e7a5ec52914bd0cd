"""Early warning on New York's capital projects, and planned readiness levels of NASA's TechPort.

    python benchmarks/forecast/warnings_and_readiness.py [--out result.json]

Needs JIANDAO_SHARED_DATA (engines/nyc/nyc_capital_changes_20190901.csv, NYC Open Data; engines/techport, NASA).

Warning: on each day of reports the rates are learnt from what had been reported by then, and every project with a report of
that day is judged; late: its forecast end moves by more than 30 (90, 180) days within 365 days. All projects of the file are
still running on its last day, so only reports whose forecast end lies beyond that day are judged: the others must have
moved. The leak that this avoids is measured beside it: time left alone, with and without that rule; and the split of each
project's reports into halves, where the mere number of reports foretells the outcome.

Readiness: completed projects with three levels; each is left out in turn. Reached: current level at least the planned.
"""

import argparse
import csv
import json
import math
import os
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from jiandao.engines.forecast import Report, attainment, brier, judge, learn, left_out, ranking_quality

History = dict[str, list[Report]]


def day(text: str) -> int | None:
    try:
        return datetime.strptime(text.split(maxsplit=1)[0], "%m/%d/%Y").date().toordinal()  # noqa: DTZ007 - dates without a time
    except (ValueError, IndexError):
        return None


def reports(path: Path) -> History:
    found: History = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            on, end = day(row["Date Reported As Of"]), day(row["Forecast Completion"])
            if on and end:
                budget = float(row["Budget Forecast"]) if row["Budget Forecast"] else math.nan
                found.setdefault(row["PID"], []).append(Report(on, math.nan, float(end), budget))
    return {project: sorted(rows, key=lambda one: one.reported_on) for project, rows in found.items()}


def judged(history: History, slip: int, *, guarded: bool) -> list[dict[str, Any]]:
    """Every judgement that could have been made, with what came."""
    end = max(rows[-1].reported_on for rows in history.values())
    found = []
    for today in sorted({one.reported_on for rows in history.values() for one in rows}):
        if today + 365 > end:
            continue
        past = {project: [one for one in rows if one.reported_on <= today] for project, rows in history.items()}
        past = {project: rows for project, rows in past.items() if rows}
        rates = learn(past, slip=slip)
        for project, rows in past.items():
            last = rows[-1]
            if last.reported_on != today or len(rows) < 2 or (guarded and last.forecast_end <= end):
                continue
            sequel = [one for one in history[project] if today < one.reported_on <= today + 365]
            if sequel:
                one = judge(rates, project, rows, slip=slip)
                found.append(
                    {
                        "project": project,
                        "chance": one.p_late,
                        "usual": one.usual,
                        "left": last.forecast_end - today,
                        "late": max(later.forecast_end for later in sequel) - last.forecast_end > slip,
                    }
                )
    return found


def interval(rows: list[dict[str, Any]], value: Callable[[list[dict[str, Any]]], float]) -> list[float]:
    """90 % interval by drawing whole projects."""
    draw = np.random.default_rng(7)
    by_project: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_project.setdefault(row["project"], []).append(row)
    groups = [by_project[name] for name in sorted(by_project)]
    drawn = [
        value([row for place in draw.integers(0, len(groups), len(groups)) for row in groups[place]])
        for _ in range(500)
    ]
    return [round(float(one), 3) for one in np.nanquantile(drawn, [0.05, 0.95])]


def quality(rows: list[dict[str, Any]]) -> float:
    return ranking_quality([row["chance"] for row in rows], [row["late"] for row in rows])


def warning(history: History) -> dict[str, Any]:
    result: dict[str, Any] = {"projects": len(history)}
    for slip in (30, 90, 180):
        rows = judged(history, slip, guarded=True)
        late = [row["late"] for row in rows]
        result[f"later by more than {slip} days"] = {
            "judgements": len(rows),
            "projects": len({row["project"] for row in rows}),
            "base_rate": round(float(np.mean(late)), 3),
            "auc": round(quality(rows), 3),
            "auc_90_percent": interval(rows, quality),
            **(
                {
                    "brier": round(brier([row["chance"] for row in rows], late), 4),
                    "brier_of_the_usual_rate": round(brier([row["usual"] for row in rows], late), 4),
                    "mean_chance": round(float(np.mean([row["chance"] for row in rows])), 3),
                }
                if slip == 30
                else {}
            ),
            "auc_of_little_time_left": round(ranking_quality([-row["left"] for row in rows], late), 3),
        }
    leaky = judged(history, 180, guarded=False)
    result["the leak, later by more than 180 days"] = {
        "judgements": len(leaky),
        "auc_of_little_time_left": round(
            ranking_quality([-row["left"] for row in leaky], [row["late"] for row in leaky]), 3
        ),
    }
    result["halves of each project's reports"] = halves(history)
    return result


def halves(history: History) -> dict[str, Any]:
    first = {project: rows[: len(rows) // 2] for project, rows in history.items() if len(rows) >= 4}
    late = [history[project][-1].forecast_end - rows[-1].forecast_end > 180 for project, rows in first.items()]
    rates = learn(first)
    moves = [
        sum(later.forecast_end > sooner.forecast_end for sooner, later in pairwise(rows)) for rows in first.values()
    ]
    return {
        "projects": len(first),
        "base_rate": round(float(np.mean(late)), 3),
        "auc": round(ranking_quality([judge(rates, name, rows).p_late for name, rows in first.items()], late), 3),
        "auc_of_past_moves_counted": round(ranking_quality(moves, late), 3),
        "auc_of_the_number_of_reports_alone": round(ranking_quality([len(rows) for rows in first.values()], late), 3),
    }


def readiness(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] == "Completed"]
    rows = [row for row in rows if row["trlBegin"] and row["trlCurrent"] and row["trlEnd"]]
    reached = [float(row["trlCurrent"]) >= float(row["trlEnd"]) for row in rows]
    wide, narrow = attainment(reached, interval=0.95), attainment(reached)
    classes = {
        "planned gain": [str(float(row["trlEnd"]) - float(row["trlBegin"])) for row in rows],
        "programme": [row["programTitle"] for row in rows],
        "mission directorate": [row["missionDirectorate"] for row in rows],
        "technology area": [row["primaryTxCode"][:4] for row in rows],
    }
    return {
        "completed": len(rows),
        "reached": round(float(np.mean(reached)), 4),
        "share": round(narrow.share, 4),
        "interval_80": [round(narrow.low, 3), round(narrow.high, 3)],
        "interval_95": [round(wide.low, 3), round(wide.high, 3)],
        "leave_one_out_brier": {
            "always yes": round(brier([1.0] * len(reached), reached), 4),
            "base rate": round(brier(left_out(reached), reached), 4),
            **{name: round(brier(left_out(reached, of), reached), 4) for name, of in classes.items()},
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    folder = Path(os.environ.get("JIANDAO_SHARED_DATA") or "absent") / "engines"
    if not folder.is_dir():
        print("Set JIANDAO_SHARED_DATA to the folder that holds engines/nyc and engines/techport.", file=sys.stderr)
        return 2
    result = {
        "warning": warning(reports(folder / "nyc" / "nyc_capital_changes_20190901.csv")),
        "readiness": readiness(folder / "techport" / "techport_projects.csv"),
    }
    text = json.dumps(result, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
