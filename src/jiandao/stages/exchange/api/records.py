"""Needs and results through the API: the lists, forms, verbs and matches of the pages, as JSON."""

from typing import Any

from django.http import HttpRequest

from jiandao.kernel.api.bodies import Deed, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.knowers import ListChange, change_list, names_on_list
from jiandao.kernel.api.light import Light, of_terms
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.shapes import TimelineOut, moment, state_out, timeline_out, verbs_out
from jiandao.kernel.api.terms import term_out
from jiandao.kernel.api.writing import do, write
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.kernel.pages.rows import LARGEST_TABLE
from jiandao.kernel.pages.timeline import timeline
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange import policy, queries
from jiandao.stages.exchange.api.matches import kinds_of, matches_of, overlaps_of
from jiandao.stages.exchange.api.router import router
from jiandao.stages.exchange.api.shapes import (
    IndicatorOut,
    MatchesOut,
    NeedOut,
    NeedPage,
    NeedRow,
    OverlapsOut,
    ResultOut,
    ResultPage,
    ResultRow,
)
from jiandao.stages.exchange.api.units import unit_out
from jiandao.stages.exchange.forms import IndicatorForm, NeedForm, ResultForm
from jiandao.stages.exchange.knowers import NEED_KNOWERS, RESULT_KNOWERS
from jiandao.stages.exchange.models import Need, ResearchResult, plain_number
from jiandao.stages.exchange.models.common import Indicator
from jiandao.stages.exchange.views.lists import NEEDS, RESULTS
from jiandao.stages.exchange.views.need_editor import editor as need_editor
from jiandao.stages.exchange.views.results import editor as result_editor

INDICATOR_TABLE = {"indicators": (IndicatorForm, LARGEST_TABLE)}
NewNeed = body_of("NewNeed", NeedForm, rows=INDICATOR_TABLE)
ChangedNeed = body_of("ChangedNeed", NeedForm, rows=INDICATOR_TABLE, version=True)
NewResult = body_of("NewResult", ResultForm)
ChangedResult = body_of("ChangedResult", ResultForm, version=True)


_COLUMNS = (
    "public_id", "version", "title", "language", "state_now", "secrecy", "published_at", "changed_at",
    "organisation__public_id", "organisation__name",
)  # fmt: skip


_NEED_ROW = Light(*_COLUMNS, "budget_fen", "deadline", *of_terms("direction", "field"))
_RESULT_ROW = Light(*_COLUMNS, "terms", "price_fen", *of_terms("field", "trl"))


def searched(request: HttpRequest) -> bool:
    """Whether the list is asked for words."""
    return bool(request.GET.get("q"))


# Needs


@endpoint(router, "GET", "/needs", policy.SEE_NEEDS, name="needs", answer=NeedPage, parameters=list_parameters(NEEDS))
@quota("search", when=searched)
def needs(request: Request) -> Any:
    """The needs that the caller may see, filtered, searched and sorted as in the list of the pages."""
    return listed(request, NEEDS, queries.needs(request.actor), need_row, _NEED_ROW)


@endpoint(router, "POST", "/needs", policy.CREATE_NEED, name="need-create", answer=NeedOut, status=201)
def need_create(request: Request, body: NewNeed) -> NeedOut:  # type: ignore[valid-type]
    """Write a draft."""
    return need_again(request, write(request, need_editor, None, body))


@endpoint(
    router, "GET", "/needs/{public_id}", policy.READ_NEED, records=queries.need_records, name="need", answer=NeedOut
)
def need(request: Request, record: Need) -> NeedOut:
    """A need with its indicators, and what the caller may do with it."""
    return need_out(request, record)


@endpoint(
    router, "PATCH", "/needs/{public_id}", policy.EDIT_NEED, see=policy.READ_NEED, records=queries.need_records,
    name="need-change", answer=NeedOut,
)  # fmt: skip
def need_change(request: Request, record: Need, body: ChangedNeed) -> NeedOut:  # type: ignore[valid-type]
    """Change what is sent; another version than the saved one answers 409 with both texts."""
    return need_again(request, write(request, need_editor, record, body))


@endpoint(
    router, "POST", "/needs/{public_id}/do/{verb}", policy.READ_NEED, records=queries.need_records,
    name="need-do", answer=NeedOut,
)  # fmt: skip
def need_do(request: Request, record: Need, verb: str, body: Deed) -> NeedOut:
    """Do a verb of the lifecycle: submit, check, pass, publish, return, reject, withdraw, reopen."""
    return need_again(request, do(request, record, verb, body))


@endpoint(
    router, "POST", "/needs/{public_id}/knowers", policy.ADMIT_TO_NEED, see=policy.READ_NEED,
    records=queries.need_records, name="need-knowers", answer=NeedOut,
)  # fmt: skip
def need_knowers(request: Request, record: Need, body: ListChange) -> NeedOut:
    """Put people on the need-to-know list of a need, or take them off it."""
    change_list(request, record, NEED_KNOWERS, body)
    return need_again(request, record)


@endpoint(
    router, "GET", "/needs/{public_id}/matches", policy.READ_NEED, records=queries.need_records,
    name="need-matches", answer=MatchesOut, faults=(503,), parameters=kinds_of("need"),
)  # fmt: skip
@quota("search")
def need_matches(request: Request, record: Need) -> MatchesOut:
    """The best published results (or capabilities) for a need, with reasons."""
    return matches_of(request, record)


@endpoint(
    router, "GET", "/needs/{public_id}/overlaps", policy.NEED_HISTORY, see=policy.READ_NEED,
    records=queries.need_records, name="need-overlaps", answer=OverlapsOut, faults=(503,),
)  # fmt: skip
@quota("search")
def need_overlaps(request: Request, record: Need) -> OverlapsOut:
    """Published needs and results of which a part stands in a need, most first, with the passages in common."""
    return overlaps_of(request, record)


@endpoint(
    router, "GET", "/needs/{public_id}/timeline", policy.READ_NEED, records=queries.need_records,
    name="need-timeline", answer=TimelineOut,
)  # fmt: skip
def need_timeline(request: Request, record: Need) -> TimelineOut:
    """What happened to a need, newest first."""
    return timeline_out(timeline(record, request.actor, read=policy.READ_NEED, history=policy.NEED_HISTORY))


# Results


@endpoint(
    router, "GET", "/results", policy.SEE_RESULTS, name="results", answer=ResultPage,
    parameters=list_parameters(RESULTS),
)  # fmt: skip
@quota("search", when=searched)
def results(request: Request) -> Any:
    """The results that the caller may see, filtered, searched and sorted as in the list of the pages."""
    return listed(request, RESULTS, queries.results(request.actor), result_row, _RESULT_ROW)


@endpoint(router, "POST", "/results", policy.CREATE_RESULT, name="result-create", answer=ResultOut, status=201)
def result_create(request: Request, body: NewResult) -> ResultOut:  # type: ignore[valid-type]
    """Write a draft."""
    return _result(request, write(request, result_editor, None, body))


@endpoint(
    router, "GET", "/results/{public_id}", policy.READ_RESULT, records=queries.result_records,
    name="result", answer=ResultOut,
)  # fmt: skip
def result(request: Request, record: ResearchResult) -> ResultOut:
    """A result, and what the caller may do with it."""
    return result_out(request, record)


@endpoint(
    router, "PATCH", "/results/{public_id}", policy.EDIT_RESULT, see=policy.READ_RESULT,
    records=queries.result_records, name="result-change", answer=ResultOut,
)  # fmt: skip
def result_change(request: Request, record: ResearchResult, body: ChangedResult) -> ResultOut:  # type: ignore[valid-type]
    """Change what is sent; another version than the saved one answers 409 with both texts."""
    return _result(request, write(request, result_editor, record, body))


@endpoint(
    router, "POST", "/results/{public_id}/do/{verb}", policy.READ_RESULT, records=queries.result_records,
    name="result-do", answer=ResultOut,
)  # fmt: skip
def result_do(request: Request, record: ResearchResult, verb: str, body: Deed) -> ResultOut:
    """Do a verb of the lifecycle: publish, withdraw."""
    return _result(request, do(request, record, verb, body))


@endpoint(
    router, "POST", "/results/{public_id}/knowers", policy.ADMIT_TO_RESULT, see=policy.READ_RESULT,
    records=queries.result_records, name="result-knowers", answer=ResultOut,
)  # fmt: skip
def result_knowers(request: Request, record: ResearchResult, body: ListChange) -> ResultOut:
    """Put people on the need-to-know list of a result, or take them off it."""
    change_list(request, record, RESULT_KNOWERS, body)
    return _result(request, record)


@endpoint(
    router, "GET", "/results/{public_id}/matches", policy.READ_RESULT, records=queries.result_records,
    name="result-matches", answer=MatchesOut, faults=(503,), parameters=kinds_of("result"),
)  # fmt: skip
@quota("search")
def result_matches(request: Request, record: ResearchResult) -> MatchesOut:
    """The best open challenges (or needs) for a result, with reasons."""
    return matches_of(request, record)


@endpoint(
    router, "GET", "/results/{public_id}/overlaps", policy.RESULT_HISTORY, see=policy.READ_RESULT,
    records=queries.result_records, name="result-overlaps", answer=OverlapsOut, faults=(503,),
)  # fmt: skip
@quota("search")
def result_overlaps(request: Request, record: ResearchResult) -> OverlapsOut:
    """Published needs and results of which a part stands in a result, most first, with the passages in common."""
    return overlaps_of(request, record)


@endpoint(
    router, "GET", "/results/{public_id}/timeline", policy.READ_RESULT, records=queries.result_records,
    name="result-timeline", answer=TimelineOut,
)  # fmt: skip
def result_timeline(request: Request, record: ResearchResult) -> TimelineOut:
    """What happened to a result, newest first."""
    return timeline_out(timeline(record, request.actor, read=policy.READ_RESULT, history=policy.RESULT_HISTORY))


# Answers

_NEED, _RESULT = Need.kind, ResearchResult.kind


def need_row(record: Any) -> NeedRow:
    """A need of `queries.needs`, as the list shows it."""
    return NeedRow(
        id=record.public_id,
        version=record.version,
        title=record.title,
        language=record.language,
        organisation=unit_out(record.organisation),
        state=state_out(_NEED, record.state_now),
        secrecy=record.secrecy,
        direction=term_out(record.direction),
        field=term_out(record.field),
        budget_fen=record.budget_fen,
        deadline=record.deadline,
        published_at=moment(record.published_at),
        changed_at=moment(record.changed_at) or "",
    )


def result_row(record: Any) -> ResultRow:
    """A result of `queries.results`, as the list shows it."""
    return ResultRow(
        id=record.public_id,
        version=record.version,
        title=record.title,
        language=record.language,
        organisation=unit_out(record.organisation),
        state=state_out(_RESULT, record.state_now),
        secrecy=record.secrecy,
        field=term_out(record.field),
        trl=term_out(record.trl),
        terms=record.terms,
        price_fen=record.price_fen,
        published_at=moment(record.published_at),
        changed_at=moment(record.changed_at) or "",
    )


def need_again(request: Request, saved: Need) -> NeedOut:
    """After a change: read anew, through the same door, for whoever changed it may not see it any more."""
    return need_out(request, queries.need_records().get(pk=saved.pk))


def _result(request: Request, saved: ResearchResult) -> ResultOut:
    return result_out(request, queries.result_records().get(pk=saved.pk))


def need_out(request: Request, record: Need) -> NeedOut:
    """All of a need that its page shows."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    return NeedOut(
        **need_row(record),
        keywords=list(record.keywords),
        problem=record.problem,
        goal=record.goal,
        conditions=record.conditions,
        intellectual_property=record.intellectual_property or None,
        intellectual_property_note=record.intellectual_property_note,
        activity_type=record.activity_type or None,
        solution_mode=record.solution_mode or None,
        orientation=term_out(record.orientation),
        cluster=term_out(record.cluster),
        discipline=term_out(record.discipline),
        industry=term_out(record.industry),
        needed_by=record.needed_by,
        anonymous=record.anonymous,
        secret_until=record.secret_until,
        knowers=names_on_list(record),
        title_other=record.title_other,
        summary_other=record.summary_other,
        translated_by=record.translated_by,
        source=record.source,
        source_id=record.source_id,
        indicators=[indicator_out(one) for one in record.indicators.all()],
        may_edit=bool(policy.EDIT_NEED.decide(request.actor, record)),
        verbs=verbs_out(request.actor, record),
    )


def indicator_out(one: Indicator) -> IndicatorOut:
    """An indicator of a need or a challenge."""
    return IndicatorOut(
        name=one.name,
        comparator=one.comparator,
        threshold=plain_number(one.threshold),
        tolerance=plain_number(one.tolerance) if one.tolerance is not None else None,
        stretch=plain_number(one.stretch) if one.stretch is not None else None,
        unit=one.unit,
        test_method=one.test_method,
    )


def result_out(request: Request, record: ResearchResult) -> ResultOut:
    """All of a result that its page shows."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    return ResultOut(
        **result_row(record),
        keywords=list(record.keywords),
        text=record.text,
        authors=record.authors,
        trl_evidence=record.trl_evidence,
        may_be_offered=record.may_be_offered,
        secret_until=record.secret_until,
        knowers=names_on_list(record),
        title_other=record.title_other,
        summary_other=record.summary_other,
        translated_by=record.translated_by,
        source=record.source,
        source_id=record.source_id,
        may_edit=bool(policy.EDIT_RESULT.decide(request.actor, record)),
        verbs=verbs_out(request.actor, record),
    )


__all__ = ["ChangedNeed", "ChangedResult", "NewNeed", "NewResult", "need_row", "result_row", "router"]
