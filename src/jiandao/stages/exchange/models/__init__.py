"""Needs with their target indicators, research results, challenges and where these come from."""

from jiandao.stages.exchange.importing.models import ImportBatch, ImportMapping
from jiandao.stages.exchange.models.challenges import Challenge, ChallengeIndicator, ChallengeSource, TechnologyCheck
from jiandao.stages.exchange.models.common import Comparator, ExchangeRecord, Language, plain_number
from jiandao.stages.exchange.models.needs import ActivityType, IntellectualProperty, Need, SolutionMode, TargetIndicator
from jiandao.stages.exchange.models.results import ResearchResult, Terms

# These stand on the ones above.
from jiandao.stages.exchange.capabilities.models import Booking, Capability, CapabilityKind, PriceUnit  # isort: skip
from jiandao.stages.exchange.introductions.models import (  # isort: skip
    CooperationKind,
    CooperationRecord,
    Introduction,
    Meeting,
    Outcome,
    Paper,
    Side,
)
from jiandao.stages.exchange.offers.models import Offer, OfferWish, SetAside, WaitingOffer  # isort: skip

__all__ = [
    "ActivityType",
    "Booking",
    "Capability",
    "CapabilityKind",
    "Challenge",
    "ChallengeIndicator",
    "ChallengeSource",
    "Comparator",
    "CooperationKind",
    "CooperationRecord",
    "ExchangeRecord",
    "ImportBatch",
    "ImportMapping",
    "IntellectualProperty",
    "Introduction",
    "Language",
    "Meeting",
    "Need",
    "Offer",
    "OfferWish",
    "Outcome",
    "Paper",
    "PriceUnit",
    "ResearchResult",
    "SetAside",
    "Side",
    "SolutionMode",
    "TargetIndicator",
    "TechnologyCheck",
    "Terms",
    "WaitingOffer",
    "plain_number",
]
