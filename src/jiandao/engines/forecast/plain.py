"""Plain tables of the forecasts, read at once; what needs care, or has a fault, is None and is then read with care."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np

from jiandao.engines import quick
from jiandao.engines.forecast.reading import MOST_DAYS, REPORT_COLUMNS, Flags, NewWork, Step, day, in_order, iso
from jiandao.engines.forecast.reference import Floats, History, Integers
from jiandao.engines.forecast.warning import Reports


def history(path: Path, step: Step) -> History | None:
    """A history of `class,planned_days,actual_days,ended`."""
    places: dict[str, int] = {}
    days: dict[str, float] = {}
    parts: list[tuple[Integers, Floats, Floats, Flags, Floats]] = []
    try:
        for names, plans, actuals, ends in quick.columns(path, ["class", "planned_days", "actual_days", "ended"]):
            planned, actual = quick.numbers(plans), quick.numbers(actuals, empty=np.nan)
            finished = ~np.isnan(actual)
            other = np.empty(len(planned))
            other[finished] = quick.values(days, [ends[row] for row in np.flatnonzero(finished).tolist()], _end)
            seen = quick.numbers([ends[row] for row in np.flatnonzero(~finished).tolist()])
            other[~finished] = actual[~finished] = seen
            if not ((planned > 0) & (planned <= MOST_DAYS) & (actual >= 0) & (actual <= MOST_DAYS)).all():
                return None
            parts.append((quick.codes(places, names), planned, actual, finished, other))
            step(len(planned))
    except quick.NotPlainError:
        return None
    if not parts or not all(name.strip("/") for name in places):
        return None
    kind, planned, actual, finished, ended = (np.concatenate(column) for column in zip(*parts, strict=True))
    del parts
    return in_order(places, kind, planned, actual, finished, ended)


def _end(text: str) -> float | None:
    return day(text) if text else math.nan


def new(path: Path, step: Step) -> NewWork | None:
    """New work of `id,class,planned_days`."""
    ids: list[str] = []
    kinds: list[str] = []
    plans: list[Floats] = []
    known: dict[str, str] = {}
    try:
        for names, classes, cells in quick.columns(path, ["id", "class", "planned_days"]):
            quick.identifiers(names)
            planned = quick.numbers(cells)
            if not ((planned > 0) & (planned <= MOST_DAYS)).all():
                return None
            ids += names
            kinds += [known.setdefault(name, name) for name in classes]
            plans.append(planned)
            step(len(names))
    except quick.NotPlainError:
        return None
    if not ids:
        return None
    found = NewWork.of(ids, kinds, np.concatenate(plans))
    return None if any(one == other for one, other in pairwise(found.ids)) else found


def reports(path: Path, step: Step) -> Reports | None:
    """Reports of `project,reported_on,planned_end,forecast_end,budget,spent`."""
    places: dict[str, int] = {}
    days: dict[str, float] = {}
    planned: dict[str, float] = {"": math.nan}  # the one day that need not be told
    parts: list[tuple[Integers, Floats, Floats, Floats, Floats]] = []
    try:
        for projects, when, plans, ends, budgets, spendings in quick.columns(path, REPORT_COLUMNS):
            quick.values(planned, plans, iso)
            budget, spent = quick.numbers(budgets, empty=np.nan), quick.numbers(spendings, empty=np.nan)
            if (budget < 0).any() or (spent < 0).any():
                return None
            reported, end = quick.values(days, when, iso), quick.values(days, ends, iso)
            parts.append((quick.codes(places, projects), reported, end, budget, spent))
            step(len(reported))
        quick.identifiers(list(places))
    except quick.NotPlainError:
        return None
    if not parts:
        return None
    kind, reported, end, budget, spent = (np.concatenate(column) for column in zip(*parts, strict=True))
    del parts
    found = Reports.grouped(places, kind, reported, end, budget, spent)
    again = np.diff(found.reported_on) == 0
    again[found.first[1:-1] - 1] = False  # between two projects
    return None if again.any() else found
