"""The directory of organisations, vocabularies and the caller through the API."""

from typing import Any, cast

from django.http import Http404
from ninja import Router
from typing_extensions import TypedDict

from jiandao.kernel import clock
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.api.bodies import Deed, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.shapes import PageOut, VerbOut, moment, verbs_out
from jiandao.kernel.api.terms import TermOut, term_out
from jiandao.kernel.api.writing import do, write
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.rows import LARGEST_TABLE
from jiandao.kernel.programme import Programme
from jiandao.kernel.quotas import quota
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.people import policy, queries
from jiandao.stages.people.forms import NameRow, OrganisationForm
from jiandao.stages.people.models import Organisation
from jiandao.stages.people.views.organisations import ORGANISATIONS, editor

router = Router(tags=["people"])
NAMES_TABLE = {"names": (NameRow, LARGEST_TABLE)}
NewOrganisation = body_of("NewOrganisation", OrganisationForm, rows=NAMES_TABLE)
ChangedOrganisation = body_of("ChangedOrganisation", OrganisationForm, rows=NAMES_TABLE, version=True)


class RoleOut(TypedDict):
    """A role that the caller holds: site, a programme (by slug), an organisation (by id) or one record."""

    role: str
    label: str
    scope: str
    of: str | None


class TokenOut(TypedDict):
    """The token that the caller used."""

    name: str
    scope: str
    expires_at: str | None


class MeOut(TypedDict):
    """Who the caller is."""

    username: str
    name: str
    roles: list[RoleOut]
    token: TokenOut | None


class ProgrammeOut(TypedDict):
    """A programme; its slug stands in the addresses of its records."""

    slug: str
    name_zh: str
    name_en: str
    is_demonstration: bool


class ProgrammesOut(TypedDict):
    """All programmes, newest first."""

    items: list[ProgrammeOut]


class TermsOut(TypedDict):
    """The terms of a vocabulary that are valid today."""

    items: list[TermOut]


class OrganisationRow(TypedDict):
    """An organisation as the list shows it."""

    id: str
    version: int
    name: str
    name_en: str
    kind: str
    credit_code: str | None
    prefecture: TermOut | None
    state: str


class OrganisationPage(PageOut):
    """One page of organisations."""

    items: list[OrganisationRow]


class MemberOut(TypedDict):
    """Who works there, for those who act for the organisation."""

    name: str
    post: str
    roles: list[str]


class OrganisationOut(OrganisationRow):
    """An organisation; `same_as` is the id of the one that it was merged into."""

    same_as: str | None
    also_entered_as: list[str]
    other_names: list[str]
    clusters: list[TermOut]
    website: str
    introduction: str
    verified_at: str | None
    members: list[MemberOut] | None
    may_edit: bool
    verbs: list[VerbOut]


@endpoint(router, "GET", "/me", policy.OWN_ACCOUNT, programme=False, name="me", answer=MeOut)
def me(request: Request) -> MeOut:
    """Who the caller is, with which roles, and by which token."""
    actor = request.actor
    assert actor.account is not None
    programmes = dict(Programme.objects.values_list("pk", "slug"))
    wanted = {one.scope_id for one in actor.grants if one.scope == Scope.ORGANISATION and one.scope_id}
    units = dict(Organisation.objects.filter(pk__in=wanted).values_list("pk", "public_id"))
    known: dict[Any, dict[int, str]] = {Scope.PROGRAMME: programmes, Scope.ORGANISATION: units}
    token = getattr(request, "token", None)
    return MeOut(
        username=actor.account.username,
        name=names_of({actor.account.pk}).get(actor.account.pk, ""),
        roles=[
            RoleOut(
                role=one.role,
                label=str(Role(one.role).label),
                scope=one.scope,
                of=known.get(one.scope, {}).get(one.scope_id or 0),
            )
            for one in actor.grants
        ],
        token=TokenOut(name=token.name, scope=token.scope, expires_at=moment(token.expires_at)) if token else None,
    )


@endpoint(router, "GET", "/programmes", policy.EVERYBODY, programme=False, name="programmes", answer=ProgrammesOut)
def programmes(request: Request) -> ProgrammesOut:
    """All programmes, newest first."""
    return ProgrammesOut(
        items=[
            ProgrammeOut(slug=one.slug, name_zh=one.name_zh, name_en=one.name_en, is_demonstration=one.is_demonstration)
            for one in Programme.objects.order_by("-id")
        ]
    )


@endpoint(
    router, "GET", "/vocabularies/{vocabulary}", policy.EVERYBODY, programme=False, name="vocabulary", answer=TermsOut
)
def vocabulary(request: Request, vocabulary: str) -> TermsOut:
    """The terms of a vocabulary that are valid today: direction, orientation, cluster, field, industry, trl, …"""
    found = Term.objects.of(vocabulary, clock.today()) if "\0" not in vocabulary else Term.objects.none()
    items = [term for term in map(term_out, found) if term is not None]
    if not items:
        raise Http404
    return TermsOut(items=items)


@endpoint(
    router, "GET", "/organisations", policy.LIST_ORGANISATIONS, programme=False,
    name="organisations", answer=OrganisationPage, parameters=list_parameters(ORGANISATIONS),
)  # fmt: skip
@quota("search", when=lambda request: bool(request.GET.get("name")))
def organisations(request: Request) -> Any:
    """The directory of organisations, filtered and sorted as in the list of the pages."""
    return listed(request, ORGANISATIONS, queries.organisations(request.actor), _row)


@endpoint(
    router, "GET", "/organisations/{public_id}", policy.READ_ORGANISATION, records=queries.organisation_records,
    programme=False, name="organisation", answer=OrganisationOut,
)  # fmt: skip
def organisation(request: Request, record: Organisation) -> OrganisationOut:
    """One organisation; those who act for it also see who else does."""
    return organisation_out(request, record)


@endpoint(
    router, "POST", "/organisations", policy.CREATE_ORGANISATION, programme=False, name="organisation-create",
    answer=OrganisationOut, status=201,
)  # fmt: skip
def organisation_create(request: Request, body: NewOrganisation) -> OrganisationOut:  # type: ignore[valid-type]
    """Enter an organisation in the directory."""
    return _again(request, write(request, editor, None, body))


@endpoint(
    router, "PATCH", "/organisations/{public_id}", policy.EDIT_ORGANISATION, see=policy.READ_ORGANISATION,
    records=queries.organisation_records, programme=False, name="organisation-change", answer=OrganisationOut,
)  # fmt: skip
def organisation_change(request: Request, record: Organisation, body: ChangedOrganisation) -> OrganisationOut:  # type: ignore[valid-type]
    """Change what is sent; another version than the saved one answers 409 with both texts."""
    return _again(request, write(request, editor, record, body))


@endpoint(
    router, "POST", "/organisations/{public_id}/do/{verb}", policy.READ_ORGANISATION,
    records=queries.organisation_records, programme=False, name="organisation-do", answer=OrganisationOut,
)  # fmt: skip
def organisation_do(request: Request, record: Organisation, verb: str, body: Deed) -> OrganisationOut:
    """Do a verb of the lifecycle: verify, doubt."""
    return _again(request, do(request, record, verb, body))


def _again(request: Request, saved: Organisation) -> OrganisationOut:
    return organisation_out(request, queries.organisation_records().get(pk=saved.pk))


def organisation_out(request: Request, record: Organisation) -> OrganisationOut:
    """An organisation, as much as this caller may read."""
    sees = bool(policy.SEE_MEMBERS.decide(request.actor, record))
    members = [
        MemberOut(name=one.person.name, post=one.title, roles=[grant.role for grant in one.grants])
        for one in (queries.members_with_roles(record) if sees else ())
    ]
    canonical = cast(Organisation | None, record.canonical)
    return OrganisationOut(
        **_row(record),
        same_as=canonical.public_id if canonical is not None else None,
        also_entered_as=[one.public_id for one in queries.entries_of(record)],
        other_names=[one.name for one in record.names.all()],
        clusters=[term for term in map(term_out, record.clusters.all()) if term is not None],
        website=record.website,
        introduction=record.introduction,
        verified_at=moment(record.verified_at),
        members=members if sees else None,
        may_edit=bool(policy.EDIT_ORGANISATION.decide(request.actor, record)),
        verbs=verbs_out(request.actor, record),
    )


def _row(one: Any) -> OrganisationRow:
    """An organisation of `queries`, with the code of whichever entry has it."""
    return OrganisationRow(
        id=one.public_id,
        version=one.version,
        name=one.name,
        name_en=one.name_en,
        kind=one.organisation_kind,
        credit_code=one.known_code,
        prefecture=term_out(one.prefecture),
        state=one.state,
    )
