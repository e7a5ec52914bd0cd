"""Introductions, cooperations and their figures through the API."""

from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field, StrictBool

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.api.bodies import STRICT, Deed, Text, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.problems import Where, mend
from jiandao.kernel.api.shapes import moment, state_out, verbs_out
from jiandao.kernel.api.writing import checked, do
from jiandao.kernel.files import holding
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.kernel.search import index
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import matching
from jiandao.stages.exchange.api.router import router
from jiandao.stages.exchange.api.units import unit_out
from jiandao.stages.exchange.introductions import actions, effects, figures, gate, policy, proposing, queries
from jiandao.stages.exchange.introductions.api_shapes import (
    CooperationOut,
    CooperationPage,
    CooperationRow,
    FigureOut,
    FiguresOut,
    IntroductionOut,
    IntroductionPage,
    IntroductionRow,
    OutcomeOut,
    PlacesOut,
    RefusedOut,
    SideOut,
    WeightOut,
)
from jiandao.stages.exchange.introductions.forms import CooperationForm, MeetingForm, OutcomeForm
from jiandao.stages.exchange.introductions.views.cooperations import COOPERATIONS
from jiandao.stages.exchange.introductions.views.introductions import INTRODUCTIONS, knows_asker, side_to_consent
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Side
from jiandao.stages.exchange.offers import setting_aside
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS
from jiandao.stages.people.models import Person
from jiandao.stages.people.queries import members_of, organisations_of, units_of

MeetingIn = body_of("MeetingIn", MeetingForm, version=True)
CooperationIn = body_of("CooperationIn", CooperationForm, version=True)
OutcomeIn = body_of("OutcomeIn", OutcomeForm)


class Consent(Deed):
    """The own side wants the introduction; whom the other side may call (an id of a member; default: the caller)."""

    model_config = STRICT
    contact: Text = Field("", max_length=20, description="Id of a person who works in your organisation.")
    wants_nda: StrictBool = False
    private: Text = Field("", max_length=4000, description="What the other side may read only then.")


class Signature(Deed):
    """The own side has signed; which of the attached files it has signed."""

    model_config = STRICT
    file: Text = Field("", max_length=20, description="Id of the agreement; left out: the one that was named last.")


class Proposal(Consent):
    """Why who asks should meet who answers. Name a question, an answer, or both; what is left out is your own."""

    model_config = STRICT
    version: int = Field(1, ge=1, le=1, description="Always 1.")
    need: Text = Field("", max_length=20)
    challenge: Text = Field("", max_length=20)
    result: Text = Field("", max_length=20)
    capability: Text = Field("", max_length=20)
    message: Text = Field(min_length=1, max_length=2000)


@endpoint(
    router, "GET", "/introductions", policy.SEE_INTRODUCTIONS, name="introductions", answer=IntroductionPage,
    parameters=list_parameters(INTRODUCTIONS),
)  # fmt: skip
def introductions(request: Request) -> Any:
    """The introductions that the caller may see."""
    return listed(request, INTRODUCTIONS, queries.introductions(request.actor), lambda one: _row(request, one))


@endpoint(
    router, "POST", "/introductions", policy.PROPOSE, name="introduction-create", answer=IntroductionOut, status=201
)
def introduction_create(request: Request, body: Proposal) -> IntroductionOut:
    """Propose that who asks meets who answers."""
    question, answer = _named(request, body, matching.QUESTIONS), _named(request, body, matching.ANSWERS)
    about = question if question is not None else answer
    if about is None:
        raise mend([Where(where="need", code="required", sentence=_("Name a question or an answer."))])
    source = next(iter(proposing.live_sources(question, request.actor)), None) if hasattr(question, "issuer") else None
    if question is not None:
        asker = source.organisation if source is not None else setting_aside.unit_of(question)
    else:
        asker = _own_unit(request, ASKERS, answer.organisation)
    answerer = answer.organisation if answer is not None else _own_unit(request, ANSWERERS, asker)
    if asker is None:
        raise mend([Where(where="need", code="required", sentence=_("Name a need or a challenge."))])
    if answerer is None:
        raise mend([Where(where="result", code="required", sentence=_("Name a result or a capability."))])
    side = proposing.side_of(request.actor, asker, answerer)
    unit = {Side.ASKER: asker, Side.ANSWERER: answerer}.get(side)
    made = actions.propose(
        actor=request.actor,
        programme=about.programme,
        question=question,
        source=source,
        answer=answer,
        asker=asker,
        answerer=answerer,
        message=body.message,
        contact=_contact(request, body.contact, unit) if unit is not None else None,
        wants_nda=body.wants_nda,
        private=body.private,
    )
    return _again(request, made)


def _named(request: Request, body: Proposal, codes: tuple[str, ...]) -> Any:
    for code in codes:
        public_id = getattr(body, code, "")  # an introduction names no expert
        if public_id:
            kind = matching.BY_CODE[code]
            found = kind.records().filter(kind.see.q(request.actor), public_id=public_id.replace("\0", "")).first()
            if found is None:
                raise mend([Where(where=code, code="unknown", sentence=_("There is no record of that id."))])
            return found
    return None


def _unit(person: Person | None) -> Any:
    return next(iter(units_of(person)), None) if person else None


def _own_unit(request: Request, roles: frozenset[Role], other: Any) -> Any:
    """The organisation for which the caller asks or answers, where the proposal names none."""
    own = organisations_of(request.actor, roles)
    return own.exclude(pk=other.root_id).order_by("pk").first() if other is not None else None


def _contact(request: Request, public_id: str, unit: Any) -> Person:
    """The member that is named; without a name the caller."""
    members = members_of(unit)
    named = (
        members.filter(public_id=public_id.replace("\0", ""))
        if public_id
        else members.filter(account=request.actor.account_id)
    )
    found = named.first()
    if found is None:
        sentence = _("Name somebody who works in your organisation.")
        raise mend([Where(where="contact", code="unknown", sentence=sentence)])
    return found


@endpoint(
    router, "GET", "/introductions/{public_id}", policy.READ_INTRODUCTION, records=queries.introduction_records,
    name="introduction", answer=IntroductionOut,
)  # fmt: skip
def introduction(request: Request, record: Introduction) -> IntroductionOut:
    """An introduction, and what the caller may do with it."""
    return introduction_out(request, record)


@endpoint(
    router, "POST", "/introductions/{public_id}/consent", policy.TAKE_PART, see=policy.READ_INTRODUCTION,
    records=queries.introduction_records, name="introduction-consent", answer=IntroductionOut,
)  # fmt: skip
def introduction_consent(request: Request, record: Introduction, body: Consent) -> IntroductionOut:
    """The own side wants the introduction. When nothing is missing, the contact opens."""
    side = side_to_consent(request.actor, record)
    unit = record.asker if side == Side.ASKER else record.answerer
    done = actions.consent(
        actor=request.actor,
        introduction=record,
        expected_version=body.version,
        contact=_contact(request, body.contact, unit),
        wants_nda=body.wants_nda,
        private=body.private,
    )
    return _again(request, done)


@endpoint(
    router, "POST", "/introductions/{public_id}/sign", policy.TAKE_PART, see=policy.READ_INTRODUCTION,
    records=queries.introduction_records, name="introduction-sign", answer=IntroductionOut,
)  # fmt: skip
def introduction_sign(request: Request, record: Introduction, body: Signature) -> IntroductionOut:
    """The own side has signed the non-disclosure agreement that it has attached to the introduction."""
    stored = None
    if body.file:
        stored = holding.readable(request.actor, record).filter(public_id=body.file).first()
        if stored is None:
            raise mend([Where(where="file", code="unknown", sentence=_("No file of this id is attached."))])
    done = actions.sign(actor=request.actor, introduction=record, expected_version=body.version, stored=stored)
    return _again(request, done)


@endpoint(
    router, "POST", "/introductions/{public_id}/meetings", policy.TAKE_PART, see=policy.READ_INTRODUCTION,
    records=queries.introduction_records, name="introduction-meet", answer=IntroductionOut,
)  # fmt: skip
def introduction_meet(request: Request, record: Introduction, body: MeetingIn) -> IntroductionOut:  # type: ignore[valid-type]
    """Enter a meeting."""
    form = checked(body, MeetingForm)
    version = body.version  # type: ignore[attr-defined]
    done = actions.meet(
        actor=request.actor, introduction=record, expected_version=version, values=dict(form.cleaned_data)
    )
    return _again(request, done)


@endpoint(
    router, "POST", "/introductions/{public_id}/agreement", policy.TAKE_PART, see=policy.READ_INTRODUCTION,
    records=queries.introduction_records, name="introduction-agree", answer=CooperationOut, status=201,
)  # fmt: skip
def introduction_agree(request: Request, record: Introduction, body: CooperationIn) -> CooperationOut:  # type: ignore[valid-type]
    """Enter what was agreed; the other side confirms it."""
    form = checked(body, CooperationForm)
    version = body.version  # type: ignore[attr-defined]
    made = actions.agree(
        actor=request.actor, introduction=record, expected_version=version, values=dict(form.cleaned_data)
    )
    return _cooperated(request, made)


@endpoint(
    router, "POST", "/introductions/{public_id}/do/{verb}", policy.READ_INTRODUCTION,
    records=queries.introduction_records, name="introduction-do", answer=IntroductionOut,
)  # fmt: skip
def introduction_do(request: Request, record: Introduction, verb: str, body: Deed) -> IntroductionOut:
    """Do a verb of the lifecycle: decline, close. Consent, signature, meeting and agreement have addresses of their own."""
    return _again(request, do(request, record, verb, body))


@endpoint(
    router, "GET", "/cooperations", policy.SEE_COOPERATIONS, name="cooperations", answer=CooperationPage,
    parameters=list_parameters(COOPERATIONS),
)  # fmt: skip
def cooperations(request: Request) -> Any:
    """The cooperations that the caller may see."""
    return listed(request, COOPERATIONS, queries.cooperations(request.actor), _cooperation_row)


@endpoint(
    router, "GET", "/cooperations/{public_id}", policy.READ_COOPERATION, records=queries.cooperation_records,
    name="cooperation", answer=CooperationOut,
)  # fmt: skip
def cooperation(request: Request, record: CooperationRecord) -> CooperationOut:
    """A cooperation with its outcomes."""
    return cooperation_out(request, record)


@endpoint(
    router, "POST", "/cooperations/{public_id}/do/{verb}", policy.READ_COOPERATION,
    records=queries.cooperation_records, name="cooperation-do", answer=CooperationOut,
)  # fmt: skip
def cooperation_do(request: Request, record: CooperationRecord, verb: str, body: Deed) -> CooperationOut:
    """Do a verb of the lifecycle: confirm, dispute, take-back, finish, stop."""
    return _cooperated(request, do(request, record, verb, body))


@endpoint(
    router, "POST", "/cooperations/{public_id}/outcomes/{months}", policy.REPORT_OUTCOME, see=policy.READ_COOPERATION,
    records=queries.cooperation_records, name="cooperation-report", answer=CooperationOut, status=201,
)  # fmt: skip
def cooperation_report(
    request: Request,
    record: CooperationRecord,
    months: int,
    body: OutcomeIn,  # type: ignore[valid-type]
) -> CooperationOut:
    """Say what came of it after as many months as the rulebook names (6, 12 and 36 unless it says otherwise)."""
    form = checked(body, OutcomeForm)
    actions.report(actor=request.actor, cooperation=record, months=months, values=dict(form.cleaned_data))
    return _cooperated(request, record)


_CUT = {
    "name": "cut",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": list(figures.KEYS), "default": "field"},
}


@endpoint(router, "GET", "/figures", policy.SEE_FIGURES, name="figures", answer=FiguresOut, parameters=[_CUT])
def figures_of_introductions(request: Request) -> FiguresOut:
    """Matching rate, times to the first answer, proposal and contact, success, refusals; by field, prefecture, year or month."""
    cut = request.GET.get("cut", "field")
    if cut not in figures.KEYS:
        sentence = _("The figures are cut by one of these: %(cuts)s.") % {"cuts": _(", ").join(figures.KEYS)}
        raise mend([Where(where="cut", code="invalid_choice", sentence=sentence)])
    whole, lines = figures.lines(request.actor, cut)
    dated = cut in {"year", "month"}
    codes = {} if dated else Term.objects.in_bulk([line.key for line in lines if line.key is not None])
    money = figures.money(request.actor)
    return FiguresOut(
        whole=_figure(whole, None),
        cut=cut,
        by=[
            _figure(line, None if line.key is None else _time(line.key) if dated else codes[line.key].code)
            for line in lines
        ],
        cooperations=money.cooperations,
        amount_fen=money.amount_fen,
        given_up=money.given_up,
        given_up_fen=money.given_up_fen,
        sales_fen=money.sales_fen,
        outcomes=money.outcomes,
        refusals=[
            RefusedOut(cause=one.code, set_aside=one.set_aside, declined=one.declined, offers=one.offers)
            for one in figures.refusals(request.actor)
        ],
        places=_places(figures.shown(request.actor)),
        weights=_weights(request),
    )


def _places(shown: figures.Shown) -> PlacesOut:
    return PlacesOut(
        accepted=shown.accepted,
        shown=len(shown.ranks),
        first=shown.within(1),
        first_three=shown.within(3),
        median=shown.half,
    )


def _weights(request: Request) -> list[WeightOut]:
    """None while the index is being built."""
    assert request.programme is not None
    try:
        used, defaults = index.channels(request.actor, request.programme.pk), index.channels(request.actor)
    except index.MatchIndexError:
        return []
    return [WeightOut(channel=name, set=defaults[name].weight, in_use=one.weight) for name, one in sorted(used.items())]


def _time(key: Any) -> str:
    return str(key) if isinstance(key, int) else f"{key:%Y-%m}"


def _figure(line: figures.Line, key: str | None) -> FigureOut:
    return FigureOut(
        key=key,
        published=line.published,
        introduced=line.introduced,
        in_contact=line.in_contact,
        cooperating=line.cooperating,
        given_up=line.given_up,
        matching_rate=line.matching_rate,
        conversion=line.conversion,
        success=line.success,
        days_to_first=line.days_to_first,
        days_to_proposal=line.proposal.half,
        days_to_proposal_80=line.proposal.most,
        days_to_contact=line.contact.half,
        days_to_contact_80=line.contact.most,
    )


def _row(request: Request, one: Any) -> IntroductionRow:
    return IntroductionRow(
        id=one.public_id,
        version=one.version,
        title=effects.title_of(one),
        state=state_out(Introduction.kind, one.state_now),
        asker=unit_out(one.asker) if knows_asker(request.actor, one) else None,
        answerer=unit_out(one.answerer),
        proposed_by=one.proposed_by,
        proposed_at=moment(one.created_at) or "",
        changed_at=moment(one.changed_at) or "",
    )


def introduction_out(request: Request, record: Introduction) -> IntroductionOut:
    """All of an introduction that this caller may read."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    known = knows_asker(request.actor, record)
    cooperation = record.cooperation
    return IntroductionOut(
        **_row(request, record),
        need=record.need.public_id if record.need is not None and known else None,
        challenge=record.challenge.public_id if record.challenge is not None else None,
        result=record.result.public_id if record.result is not None else None,
        capability=record.capability.public_id if record.capability is not None else None,
        message=record.message,
        sides={side.value: _side(request, record, side, known) for side in (Side.ASKER, Side.ANSWERER)},
        opened_at=moment(record.opened_at),
        cooperation=cooperation.public_id if cooperation is not None else None,
        verbs=verbs_out(request.actor, record),
    )


def _side(request: Request, record: Introduction, side: Side, known: bool) -> SideOut:
    own = side in gate.sides_of(request.actor, record) and bool(policy.TAKE_PART.decide(request.actor, record))
    shown = own or bool(policy.READ_OPENED.decide(request.actor, record))
    contact = getattr(record, f"{side}_contact")
    unit = record.asker if side == Side.ASKER else record.answerer
    return SideOut(
        organisation=unit_out(unit) if side == Side.ANSWERER or known else None,
        consented_at=moment(getattr(record, f"{side}_consented_at")),
        wants_nda=getattr(record, f"{side}_wants_nda"),
        signed_at=moment(getattr(record, f"{side}_signed_at")),
        contact=contact.name if shown and contact is not None else None,
        private=getattr(record, f"{side}_private") if shown else None,
    )


def _cooperation_row(one: Any) -> CooperationRow:
    return CooperationRow(
        id=one.public_id,
        version=one.version,
        title=one.title,
        kind=one.cooperation_kind,
        state=state_out(CooperationRecord.kind, one.state_now),
        asker=unit_out(one.asker),
        answerer=unit_out(one.answerer),
        signed_on=one.signed_on,
        amount_fen=one.amount_fen,
        changed_at=moment(one.changed_at) or "",
    )


def cooperation_out(request: Request, record: CooperationRecord) -> CooperationOut:
    """A cooperation with its outcomes."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    return CooperationOut(
        **_cooperation_row(record),
        introduction=record.introduction.public_id,
        ends_on=record.ends_on,
        contract_number=record.contract_number,
        confirmed_at=moment(record.confirmed_at),
        outcomes=[
            OutcomeOut(
                months=one.months,
                use=one.use,
                paid_fen=one.paid_fen,
                sales_fen=one.sales_fen,
                note=one.note,
                at=moment(one.at) or "",
            )
            for one in record.outcomes.all()
        ],
        verbs=verbs_out(request.actor, record),
    )


def _again(request: Request, saved: Introduction) -> IntroductionOut:
    return introduction_out(request, queries.introduction_records().get(pk=saved.pk))


def _cooperated(request: Request, saved: CooperationRecord) -> CooperationOut:
    return cooperation_out(request, queries.cooperation_records().get(pk=saved.pk))
