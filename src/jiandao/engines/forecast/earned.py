"""Earned value with earned schedule: where a running project stands by its own plan of spending.

SPI = EV / PV tends to 1 as a project ends, however late; earned schedule measures delay in time instead (Lipke: Schedule is
different, The Measurable News 2003; ISO 21508:2018 for earned value itself).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Standing:
    """Indices on the day of a report; None where they are not defined (nothing planned, earned or spent yet).

    `spi`, `cpi`: earned over planned and over actual value. `earned_schedule`: periods by which the plan had this value;
    `spi_t`, `sv_t`: that over, and less, the actual time. `eac`: expected total cost by cpi; `end`: expected total
    periods by spi_t.
    """

    spi: float | None
    cpi: float | None
    earned_schedule: float
    spi_t: float | None
    sv_t: float
    eac: float | None
    end: float | None


def standing(planned: Sequence[float], earned: float, actual: float, periods: float) -> Standing:
    """`planned`: cumulative planned value after each period (its last entry the whole budget); `earned`, `actual`: EV and AC
    after `periods` periods (a fraction is allowed).

    Raises ValueError for a plan that is empty or falls, and for values below 0 or above the budget.
    """
    plan = np.concatenate([[0.0], np.asarray(planned, dtype=np.float64)])
    if len(plan) < 2 or not np.isfinite(plan).all() or (np.diff(plan) < 0).any() or plan[-1] <= 0:
        raise ValueError("the planned values are empty, fall, or end at 0")
    if not (np.isfinite([earned, actual, periods]).all() and 0 <= earned <= plan[-1] and actual >= 0 and periods >= 0):
        raise ValueError("earned or actual value or time is below 0, no number, or earned is above the budget")
    budget = float(plan[-1])
    value = float(np.interp(periods, np.arange(len(plan)), plan))
    schedule = _when(plan, earned)
    spi_t = schedule / periods if periods > 0 else None
    cpi = earned / actual if actual > 0 else None
    length = _when(plan, budget)
    return Standing(
        spi=earned / value if value > 0 else None,
        cpi=cpi,
        earned_schedule=schedule,
        spi_t=spi_t,
        sv_t=schedule - periods,
        eac=budget / cpi if cpi else None,
        end=length / spi_t if spi_t else None,
    )


def _when(plan: "np.ndarray[tuple[int], np.dtype[np.float64]]", value: float) -> float:
    """The first time at which the plan reaches a value, in periods, linear within one."""
    after = int(np.searchsorted(plan, value, side="left"))
    if after == 0:
        return 0.0
    before = after - 1
    return before + (value - float(plan[before])) / (float(plan[after]) - float(plan[before]))
