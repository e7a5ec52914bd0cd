"""Matches through the API: as on the match page, with their reasons."""

from typing import Any

from django.utils.translation import gettext as _

from jiandao.engines.matching.indicators import Checked
from jiandao.kernel.api.problems import ApiFault, Where, mend
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.search.index import Found, MatchIndexError, Overlapped
from jiandao.stages.exchange import demands, matching, overlaps, refusals
from jiandao.stages.exchange.api.shapes import (
    DemandOut,
    MatchedTerm,
    MatchesOut,
    MatchOut,
    OverlapOut,
    OverlapsOut,
    PassageOut,
    SentencesOut,
    SignalOut,
    UnitOut,
)
from jiandao.stages.exchange.api.units import unit_out
from jiandao.stages.exchange.models import Challenge, plain_number
from jiandao.stages.exchange.offers import setting_aside
from jiandao.stages.exchange.views.match_words import match_in_words
from jiandao.stages.people.models import Expert
from jiandao.stages.people.queries import units_of


def kinds_of(code: str) -> list[dict[str, Any]]:
    """The query parameter by which a caller chooses the kind that is looked for; the first is meant without it."""
    offered = matching.others(matching.BY_CODE[code])
    schema = {"type": "string", "enum": list(offered), "default": offered[0]}
    return [{"name": "kind", "in": "query", "required": False, "schema": schema}]


def matches_of(request: Request, record: Any) -> MatchesOut:
    """The best records of the kind that is asked for. ApiFault 503 while there is no index."""
    offered = matching.others(matching.kind_of(record))
    wanted = request.GET.get("kind", offered[0])
    if wanted not in offered:
        sentence = _("It is matched with one of these: %(kinds)s.") % {"kinds": _(", ").join(offered)}
        raise mend([Where(where="kind", code="invalid_choice", sentence=sentence)])
    try:
        found = matching.best(request.actor, record, wanted, programme=request.programme)
    except MatchIndexError as missing:
        raise _index_missing() from missing
    if setting_aside.RULES[matching.kind_of(record).code].decide(request.actor, record):
        kept = set(refusals.without(record, [one.record for one in found]))
        found = [one for one in found if one.record in kept]
    best = found[0].match.score if found else 1.0
    return MatchesOut(items=[_matched(record, rank, one, best) for rank, one in enumerate(found, start=1)])


def _matched(record: Any, rank: int, one: Found[Any], best: float) -> MatchOut:
    shown = match_in_words(rank, one, best)
    return MatchOut(
        rank=rank,
        kind=one.record.kind,
        id=one.record.public_id,
        title=shown.title,
        organisation=_owner(one.record),
        score=round(shown.score, 4),
        reason=shown.reason,
        signals=[
            SignalOut(name=signal.name, contribution=round(signal.contribution / best if best > 0 else 0.0, 6))
            for signal in one.match.signals
        ],
        terms=[MatchedTerm(term=term.term, share=round(term.share, 4)) for term in shown.terms],
        sentences=SentencesOut(own=shown.pair.left, found=shown.pair.right) if shown.pair else None,
        indicators=[_demand(checked) for checked in demands.demands(record, one.record)],
    )


def _demand(one: Checked) -> DemandOut:
    asked = one.indicator
    return DemandOut(
        name=asked.name,
        comparator=asked.comparator,
        threshold=plain_number(asked.threshold),
        tolerance=plain_number(asked.tolerance) if asked.tolerance is not None else None,
        unit=asked.unit,
        verdict=one.verdict,
        stated=list(one.stated),
        quote=one.quote,
    )


def overlaps_of(request: Request, record: Any) -> OverlapsOut:
    """What overlaps a record, with the passages. ApiFault 503 while there is no index."""
    try:
        found = overlaps.of_record(request.actor, record)
    except MatchIndexError as missing:
        raise _index_missing() from missing
    own = overlaps.written(record)
    return OverlapsOut(items=[_overlapping(own, one) for one in found])


def _overlapping(own: str, one: Overlapped[Any]) -> OverlapOut:
    both = overlaps.pair(own, overlaps.written(one.record))
    return OverlapOut(
        kind=one.record.kind,
        id=one.record.public_id,
        title=one.record.title,
        organisation=_owner(one.record),
        containment=round(one.overlap.containment, 4),
        similarity=round(one.overlap.similarity, 4),
        passages=[
            PassageOut(own=both.left[slice(*left)], found=both.right[slice(*right)]) for left, right in both.ranges
        ],
    )


def _index_missing() -> ApiFault:
    return ApiFault(503, "match.index_missing", _("The match index is being built; try again in a minute."))


def _owner(record: Any) -> UnitOut | None:
    if isinstance(record, Challenge):
        return unit_out(record.issuer) if record.issuer_shown else None
    if isinstance(record, Expert):
        works_at = next(iter(units_of(record.person)), None)
        return unit_out(works_at) if works_at is not None else None
    return unit_out(record.organisation)
