"""Needs with their target indicators, research results, challenges and where these come from."""

from jiandao.stages.exchange.importing.models import ImportBatch, ImportMapping
from jiandao.stages.exchange.models.challenges import Challenge, ChallengeIndicator, ChallengeSource, TechnologyCheck
from jiandao.stages.exchange.models.common import Comparator, ExchangeRecord, Language, plain_number
from jiandao.stages.exchange.models.needs import ActivityType, IntellectualProperty, Need, SolutionMode, TargetIndicator
from jiandao.stages.exchange.models.results import ResearchResult, Terms

__all__ = [
    "ActivityType",
    "Challenge",
    "ChallengeIndicator",
    "ChallengeSource",
    "Comparator",
    "ExchangeRecord",
    "ImportBatch",
    "ImportMapping",
    "IntellectualProperty",
    "Language",
    "Need",
    "ResearchResult",
    "SolutionMode",
    "TargetIndicator",
    "TechnologyCheck",
    "Terms",
    "plain_number",
]
