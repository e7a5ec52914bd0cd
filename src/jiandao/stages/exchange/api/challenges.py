"""Challenges, the triage of needs, and the funnel."""

from typing import Any

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from jiandao.kernel.api.bodies import STRICT, Deed, Text, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.light import Light, of_terms
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.problems import Where, mend
from jiandao.kernel.api.shapes import TimelineOut, moment, state_out, timeline_out, verbs_out
from jiandao.kernel.api.terms import term_out
from jiandao.kernel.api.writing import do, write
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.kernel.pages.timeline import timeline
from jiandao.kernel.quotas import quota
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import actions, funnel, policy, queries
from jiandao.stages.exchange.api.matches import kinds_of, matches_of
from jiandao.stages.exchange.api.records import INDICATOR_TABLE, indicator_out, need_again, searched
from jiandao.stages.exchange.api.router import router
from jiandao.stages.exchange.api.shapes import (
    CauseOut,
    ChallengeOut,
    ChallengePage,
    ChallengeRow,
    CutOut,
    FunnelOut,
    MatchesOut,
    NeedOut,
    SourceOut,
    StepOut,
)
from jiandao.stages.exchange.forms import ChallengeForm, TechnologyCheckForm
from jiandao.stages.exchange.models import Challenge, ChallengeSource, Need
from jiandao.stages.exchange.views.challenges import CHALLENGES
from jiandao.stages.exchange.views.challenges import editor as challenge_editor
from jiandao.stages.people import policy as people_policy
from jiandao.stages.people.models import Expert
from jiandao.stages.people.queries import expert_records

ChangedChallenge = body_of("ChangedChallenge", ChallengeForm, rows=INDICATOR_TABLE, version=True)


class Merge(Deed):
    """Into which challenge a need goes, and why."""

    model_config = STRICT
    challenge: Text = Field(max_length=10, description="The id of the challenge.")


class Check(BaseModel):
    """The department's answer whether the technology exists."""

    model_config = STRICT
    version: int = Field(ge=1, lt=2**31, description="The version of the need that you read; another one answers 409.")
    verdict: Text = Field(max_length=10, description="province, country, abroad, partly, nowhere or unknown.")
    where: Text = Field("", max_length=300)
    trl: Text = Field("", max_length=60, description="A term of trl: code, or edition:code.")
    note: Text = Field(max_length=2000)
    answers: list[Text] = Field(default_factory=list, max_length=20, description="Ids of results that answer the need.")


_ROW = Light(
    "public_id", "version", "title", "language", "state_now", "secrecy", "published_at", "changed_at", "issuer_shown",
    "issuer__name", "budget_fen", "deadline", *of_terms("direction", "field", "prefecture"),
)  # fmt: skip


@endpoint(
    router, "GET", "/challenges", policy.SEE_CHALLENGES, name="challenges", answer=ChallengePage,
    parameters=list_parameters(CHALLENGES),
)  # fmt: skip
@quota("search", when=searched)
def challenges(request: Request) -> Any:
    """The challenges that the caller may see, filtered, searched and sorted as in the list of the pages."""
    return listed(request, CHALLENGES, queries.challenges(request.actor), challenge_row, _ROW)


@endpoint(
    router, "GET", "/challenges/{public_id}", policy.READ_CHALLENGE, records=queries.challenge_records,
    name="challenge", answer=ChallengeOut,
)  # fmt: skip
def challenge(request: Request, record: Challenge) -> ChallengeOut:
    """A challenge with its indicators."""
    return challenge_out(request, record)


@endpoint(
    router, "PATCH", "/challenges/{public_id}", policy.EDIT_CHALLENGE, see=policy.READ_CHALLENGE,
    records=queries.challenge_records, name="challenge-change", answer=ChallengeOut,
)  # fmt: skip
def challenge_change(request: Request, record: Challenge, body: ChangedChallenge) -> ChallengeOut:  # type: ignore[valid-type]
    """Word a draft anew; another version than the saved one answers 409 with both texts."""
    return _again(request, write(request, challenge_editor, record, body))


@endpoint(
    router, "POST", "/challenges/{public_id}/do/{verb}", policy.READ_CHALLENGE, records=queries.challenge_records,
    name="challenge-do", answer=ChallengeOut,
)  # fmt: skip
def challenge_do(request: Request, record: Challenge, verb: str, body: Deed) -> ChallengeOut:
    """Do a verb of the lifecycle: publish, solve, withdraw."""
    return _again(request, do(request, record, verb, body))


@endpoint(
    router, "GET", "/challenges/{public_id}/timeline", policy.READ_CHALLENGE, records=queries.challenge_records,
    name="challenge-timeline", answer=TimelineOut,
)  # fmt: skip
def challenge_timeline(request: Request, record: Challenge) -> TimelineOut:
    """What happened to a challenge, newest first."""
    return timeline_out(timeline(record, request.actor, read=policy.READ_CHALLENGE, history=policy.CHALLENGE_HISTORY))


@endpoint(
    router, "GET", "/challenges/{public_id}/matches", policy.READ_CHALLENGE, records=queries.challenge_records,
    name="challenge-matches", answer=MatchesOut, faults=(503,), parameters=kinds_of("challenge"),
)  # fmt: skip
@quota("search")
def challenge_matches(request: Request, record: Challenge) -> MatchesOut:
    """The best published results (or capabilities) for a challenge, with reasons."""
    return matches_of(request, record)


@endpoint(
    router, "GET", "/experts/{public_id}/matches", people_policy.READ_EXPERT, records=expert_records,
    name="expert-matches", answer=MatchesOut, faults=(503,), parameters=kinds_of("expert"),
)  # fmt: skip
@quota("search")
def expert_matches(request: Request, record: Expert) -> MatchesOut:
    """The open challenges (or needs) of a programme that an expert knows most of, with reasons."""
    return matches_of(request, record)


@endpoint(
    router, "POST", "/needs/{public_id}/assess", policy.ASSESS_NEED, see=policy.READ_NEED,
    records=queries.need_records, name="need-assess", answer=NeedOut,
)  # fmt: skip
def need_assess(request: Request, record: Need, body: Check) -> NeedOut:
    """Say whether the technology that a need asks for exists, where, and how mature it is."""
    named = list(queries.results(request.actor).filter(public_id__in=[one for one in body.answers if "\0" not in one]))
    term = Term.objects.of("trl", request.actor.today).filter(code=body.trl.rpartition(":")[2]).first()
    sent = {
        "verdict": [body.verdict], "where": [body.where], "note": [body.note], "trl": [str(term.pk)] if term else [],
        "answers": [one.public_id for one in named],
    }  # fmt: skip
    form = TechnologyCheckForm(MultiValueDict(sent), nearest=named)
    faults = [
        Where(where=name, code=str(one["code"] or "invalid"), sentence=str(one["message"]))
        for name, errors in form.errors.get_json_data().items()
        for one in errors
    ]
    if body.trl and term is None:
        faults.append(Where(where="trl", code="invalid_choice", sentence=_("There is no such readiness level.")))
    if faults:
        raise mend(faults)
    values = {name: form.cleaned_data[name] for name in ("verdict", "where", "trl", "note")}
    actions.assess(actor=request.actor, need=record, expected_version=body.version, values=values, results=named)
    return need_again(request, record)


@endpoint(
    router, "POST", "/needs/{public_id}/merge", policy.CHECK_NEED, see=policy.READ_NEED, records=queries.need_records,
    name="need-merge", answer=NeedOut,
)  # fmt: skip
def need_merge(request: Request, record: Need, body: Merge) -> NeedOut:
    """Merge a need into a challenge that asks for the same."""
    facts = {"challenge": body.challenge}
    perform(
        actor=request.actor,
        record=record,
        verb="merge",
        expected_version=body.version,
        reason=body.reason,
        facts=facts,
    )
    return need_again(request, record)


@endpoint(
    router, "POST", "/needs/{public_id}/condense", policy.CONDENSE, see=policy.READ_NEED, records=queries.need_records,
    name="need-condense", answer=ChallengeOut,
)  # fmt: skip
def need_condense(request: Request, record: Need) -> ChallengeOut:
    """Make a draft of a challenge from a need; the one that there is, when it was made before."""
    return _again(request, actions.condense(actor=request.actor, need=record))


_CUT = {
    "name": "cut",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": list(funnel.CUTS), "default": "field"},
}


@endpoint(router, "GET", "/funnel", policy.SEE_FUNNEL, name="funnel", answer=FunnelOut, parameters=[_CUT])
def funnel_of_needs(request: Request) -> FunnelOut:
    """How many needs came through each step; cut by direction, field, prefecture or month."""
    needs = funnel.needs_in(request.actor)
    cut = request.GET.get("cut", "field")
    if cut not in funnel.CUTS:
        sentence = _("The funnel is cut by one of these: %(cuts)s.") % {"cuts": _(", ").join(funnel.CUTS)}
        raise mend([Where(where="cut", code="invalid_choice", sentence=sentence)])
    lines = funnel.by(needs, cut)
    codes = {} if cut == "month" else Term.objects.in_bulk([line.key for line in lines if line.key])
    return FunnelOut(
        steps=[
            StepOut(step=step, needs=count, share=round(share, 4) if share is not None else None)
            for step, count, share in funnel.shares(funnel.counted(needs))
        ],
        causes=[
            CauseOut(state=state, cause=cause, needs=count)
            for state, cause, count in funnel.causes(funnel.drops(needs))
        ],
        cut=cut,
        by=[CutOut(key=_key(line.key, cut, codes), reached=line.counts, dropped=line.dropped) for line in lines],
    )


def _key(key: Any, cut: str, codes: dict[int, Term]) -> str | None:
    if key is None:
        return None
    return key.strftime("%Y-%m") if cut == "month" else codes[key].code


def challenge_row(record: Any) -> ChallengeRow:
    """A challenge of `queries.challenges`, as the list shows it."""
    return ChallengeRow(
        id=record.public_id,
        version=record.version,
        title=record.title,
        language=record.language,
        issuer=record.issuer.name if record.issuer_shown else None,
        state=state_out(Challenge.kind, record.state_now),
        secrecy=record.secrecy,
        direction=term_out(record.direction),
        field=term_out(record.field),
        prefecture=term_out(record.prefecture),
        budget_fen=record.budget_fen,
        deadline=record.deadline,
        published_at=moment(record.published_at),
        changed_at=moment(record.changed_at) or "",
    )


def _again(request: Request, saved: Challenge) -> ChallengeOut:
    return challenge_out(request, queries.challenge_records().get(pk=saved.pk))


def challenge_out(request: Request, record: Challenge) -> ChallengeOut:
    """All of a challenge that its page shows."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    told = bool(policy.CHALLENGE_HISTORY.decide(request.actor, record))
    seen = ChallengeSource.objects.filter(challenge=record, need__in=queries.needs(request.actor)).select_related(
        "need"
    )
    sources = seen if told else ()
    return ChallengeOut(
        **challenge_row(record),
        keywords=list(record.keywords),
        text=record.text,
        conditions=record.conditions,
        intellectual_property=record.intellectual_property or None,
        cluster=term_out(record.cluster),
        title_other=record.title_other,
        summary_other=record.summary_other,
        translated_by=record.translated_by,
        indicators=[indicator_out(one) for one in record.indicators.all()],
        sources=[SourceOut(need=one.need.public_id, how=one.how) for one in sources] if told else None,
        may_edit=bool(policy.EDIT_CHALLENGE.decide(request.actor, record)),
        verbs=verbs_out(request.actor, record),
    )
