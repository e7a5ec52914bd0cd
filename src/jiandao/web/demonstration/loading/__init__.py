"""The composed texts of the demonstration as records: in bulk, as an import brings them in, with a history."""

from jiandao.web.demonstration.loading.capabilities import load_capabilities
from jiandao.web.demonstration.loading.experts import load_experts
from jiandao.web.demonstration.loading.frame import Frame, Report, Unit
from jiandao.web.demonstration.loading.introductions import load_introductions
from jiandao.web.demonstration.loading.needs import load_needs
from jiandao.web.demonstration.loading.organisations import load_organisations
from jiandao.web.demonstration.loading.results import load_results, prepare_ahead

__all__ = [
    "Frame",
    "Report",
    "Unit",
    "load_capabilities",
    "load_experts",
    "load_introductions",
    "load_needs",
    "load_organisations",
    "load_results",
    "prepare_ahead",
]
