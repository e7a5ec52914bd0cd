"""How long, how sure: schedules, reference classes, readiness levels, earned value and early warnings."""

from jiandao.engines.forecast.earned import Standing, standing
from jiandao.engines.forecast.readiness import Attainment, attainment, brier, left_out
from jiandao.engines.forecast.reference import History, Quantiles, Reference, Settings, forecast
from jiandao.engines.forecast.schedule import Activity, JointConfidence, Schedule, joint_confidence, simulate
from jiandao.engines.forecast.warning import Rates, Report, Warned, judge, learn, ranking_quality

__all__ = [
    "Activity",
    "Attainment",
    "History",
    "JointConfidence",
    "Quantiles",
    "Rates",
    "Reference",
    "Report",
    "Schedule",
    "Settings",
    "Standing",
    "Warned",
    "attainment",
    "brier",
    "forecast",
    "joint_confidence",
    "judge",
    "learn",
    "left_out",
    "ranking_quality",
    "simulate",
    "standing",
]
