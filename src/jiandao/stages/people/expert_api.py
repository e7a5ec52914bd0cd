"""The library of experts through the API."""

from datetime import date
from typing import Any

from typing_extensions import TypedDict

from jiandao.kernel.api.bodies import Deed, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.shapes import PageOut, StateOut, VerbOut, moment, state_out, verbs_out
from jiandao.kernel.api.terms import TermOut, term_out
from jiandao.kernel.api.writing import checked, do, overlaid, write
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.kernel.pages.rows import LARGEST_TABLE
from jiandao.stages.people import actions, policy, queries
from jiandao.stages.people.api import router
from jiandao.stages.people.family_api import EntryOfDirectory
from jiandao.stages.people.forms import AffiliationForm, ExpertForm, NewAffiliationForm, WorkRow
from jiandao.stages.people.models import Expert, Membership
from jiandao.stages.people.views.affiliations import affiliation_of
from jiandao.stages.people.views.experts import EXPERTS, editor

WORKS_TABLE = {"works": (WorkRow, LARGEST_TABLE)}
NewExpert = body_of("NewExpert", ExpertForm, rows=WORKS_TABLE)
ChangedExpert = body_of("ChangedExpert", ExpertForm, rows=WORKS_TABLE, version=True)
NewAffiliation = body_of("NewAffiliation", NewAffiliationForm)
Affiliation = body_of("Affiliation", AffiliationForm)


class WorkOut(TypedDict):
    """A work of an expert."""

    work_kind: str
    title: str
    year: int | None
    source: str


class AffiliationOut(TypedDict):
    """Where an expert works or worked; `until` is the last day."""

    number: int
    organisation: EntryOfDirectory
    post: str
    since: date
    until: date | None


class ExpertRow(TypedDict):
    """An expert as the list shows it."""

    id: str
    version: int
    name: str
    organisations: list[str]
    post: str
    state: StateOut
    fields: list[TermOut]
    keywords: list[str]
    changed_at: str


class ExpertPage(PageOut):
    """One page of experts; `total` counts those whom the caller may see."""

    items: list[ExpertRow]


class ExpertOut(ExpertRow):
    """An expert; contact and availability are missing where the caller may not read them."""

    text: str
    orcid: str | None
    disciplines: list[TermOut]
    works: list[WorkOut]
    affiliations: list[AffiliationOut]
    available: bool | None
    away_until: date | None
    days_a_year: int | None
    email: str | None
    phone: str | None
    may_edit: bool
    verbs: list[VerbOut]


@endpoint(
    router, "GET", "/experts", policy.SEE_EXPERTS, programme=False, name="experts", answer=ExpertPage,
    parameters=list_parameters(EXPERTS),
)  # fmt: skip
def experts(request: Request) -> Any:
    """The experts whom the caller may see, filtered and sorted as in the list of the pages."""
    return listed(request, EXPERTS, queries.experts(request.actor), expert_row)


@endpoint(
    router, "POST", "/experts", policy.CREATE_EXPERT, programme=False, name="expert-create", answer=ExpertOut,
    status=201,
)  # fmt: skip
def expert_create(request: Request, body: NewExpert) -> ExpertOut:  # type: ignore[valid-type]
    """Enter an expert; others find the entry only when the expert has consented."""
    return _again(request, write(request, editor, None, body))


@endpoint(
    router, "GET", "/experts/{public_id}", policy.READ_EXPERT, records=queries.expert_records, programme=False,
    name="expert", answer=ExpertOut,
)  # fmt: skip
def expert(request: Request, record: Expert) -> ExpertOut:
    """An expert with the works."""
    return expert_out(request, record)


@endpoint(
    router, "PATCH", "/experts/{public_id}", policy.EDIT_EXPERT, see=policy.READ_EXPERT,
    records=queries.expert_records, programme=False, name="expert-change", answer=ExpertOut,
)  # fmt: skip
def expert_change(request: Request, record: Expert, body: ChangedExpert) -> ExpertOut:  # type: ignore[valid-type]
    """Change what is sent; another version than the saved one answers 409 with both texts."""
    return _again(request, write(request, editor, record, body))


@endpoint(
    router, "POST", "/experts/{public_id}/do/{verb}", policy.READ_EXPERT, records=queries.expert_records,
    programme=False, name="expert-do", answer=ExpertOut,
)  # fmt: skip
def expert_do(request: Request, record: Expert, verb: str, body: Deed) -> ExpertOut:
    """Do a verb of the lifecycle: consent, withdraw."""
    return _again(request, do(request, record, verb, body))


@endpoint(
    router, "POST", "/experts/{public_id}/affiliations", policy.ADD_AFFILIATION, see=policy.READ_EXPERT,
    records=queries.expert_records, programme=False, name="affiliation-create", answer=AffiliationOut, status=201,
)  # fmt: skip
def affiliation_create(request: Request, record: Expert, body: NewAffiliation) -> AffiliationOut:  # type: ignore[valid-type]
    """Enter where an expert works besides, or worked."""
    values = checked(body, NewAffiliationForm).cleaned_data
    return affiliation_out(actions.add_affiliation(actor=request.actor, expert=record, **values))


@endpoint(
    router, "PATCH", "/experts/{public_id}/affiliations/{number}", policy.KEEP_AFFILIATIONS, see=policy.READ_EXPERT,
    records=queries.expert_records, programme=False, name="affiliation-change", answer=AffiliationOut,
)  # fmt: skip
def affiliation_change(request: Request, record: Expert, number: int, body: Affiliation) -> AffiliationOut:  # type: ignore[valid-type]
    """End an affiliation on a day, or mend its days; what is not sent stays. A unit does so for its own."""
    one = affiliation_of(record, number)
    actions.may_change(request.actor, record, one)
    begins = AffiliationForm(initial={"since": one.since, "until": one.until, "title": one.title})
    values = overlaid(body, begins, AffiliationForm).cleaned_data
    return affiliation_out(actions.change_affiliation(actor=request.actor, expert=record, affiliation=one, **values))


def affiliation_out(one: Membership) -> AffiliationOut:
    """An affiliation, as whoever may read the expert reads it."""
    unit = one.organisation
    return AffiliationOut(
        number=one.pk,
        organisation=EntryOfDirectory(id=unit.public_id, name=unit.name),
        post=one.title,
        since=one.since,
        until=one.until,
    )


def expert_row(one: Any) -> ExpertRow:
    """An expert of `queries.experts`, as the list shows it."""
    return ExpertRow(
        id=one.public_id,
        version=one.version,
        name=one.person.name,
        organisations=[unit.name for unit in queries.units_of(one.person)],
        post=one.post,
        state=state_out(Expert.kind, one.state_now),
        fields=_terms(one.fields.all()),
        keywords=list(one.keywords),
        changed_at=moment(one.changed_at) or "",
    )


def expert_out(request: Request, record: Expert) -> ExpertOut:
    """An expert, as much as this caller may read."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    told = bool(policy.EXPERT_DETAILS.decide(request.actor, record))
    return ExpertOut(
        **expert_row(record),
        text=record.text,
        orcid=record.person.orcid,
        disciplines=_terms(record.disciplines.all()),
        works=[
            WorkOut(work_kind=one.work_kind, title=one.title, year=one.year, source=one.source)
            for one in record.works.all()
        ],
        affiliations=[
            affiliation_out(one) for one in sorted(record.person.memberships.all(), key=lambda one: (one.since, one.pk))
        ],
        available=record.available if told else None,
        away_until=record.away_until if told else None,
        days_a_year=record.days_a_year if told else None,
        email=record.person.email if told else None,
        phone=record.person.phone if told else None,
        may_edit=bool(policy.EDIT_EXPERT.decide(request.actor, record)),
        verbs=verbs_out(request.actor, record),
    )


def _terms(terms: Any) -> list[TermOut]:
    return [out for out in map(term_out, terms) if out is not None]


def _again(request: Request, saved: Expert) -> ExpertOut:
    return expert_out(request, queries.expert_records().get(pk=saved.pk))


__all__ = ["expert_row", "router"]
