"""What can be asked of the directory of people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Scope
from jiandao.stages.people import policy, states
from jiandao.stages.people.models import (
    Certificate,
    Expert,
    ExpertWork,
    FamilyTie,
    IntegrityRecord,
    Invitation,
    Membership,
    MergeProposal,
    Organisation,
    OrganisationName,
    Person,
)


def ids_same_as(organisation_id: int) -> list[int]:
    """Ids of all organisations that are the same as this one, itself included."""
    return ids_same_as_any([organisation_id])


def ids_same_as_any(organisation_ids: Collection[int]) -> list[int]:
    """Ids of all organisations that are the same as one of these, themselves included."""
    same = Organisation.objects.filter(pk__in=organisation_ids).values("same_id")
    return list(Organisation.objects.filter(same_id__in=same).values_list("pk", flat=True))


def names_of_accounts(account_ids: Collection[int]) -> dict[int, str]:
    """account id -> the name of its person. Answers the kernel's question."""
    return dict(Person.objects.filter(account__in=account_ids).values_list("account_id", "name"))


def organisations_of(actor: Actor, roles: Collection[str]) -> QuerySet[Organisation]:
    """Canonical organisations for which the actor holds one of `roles`."""
    return Organisation.objects.filter(pk__in=_ids_of(actor, roles))


def organisations_offered(actor: Actor, roles: Collection[str], own: int | None) -> QuerySet[Organisation]:
    """What a form offers as the organisation of a record: those of the actor, and the one that the record has (`own`)
    in place of its canonical one, so that an edit says nothing about whose a record is."""
    ids = _ids_of(actor, roles)
    if own is None:
        return Organisation.objects.filter(pk__in=ids)
    same = Organisation.objects.filter(pk=own).values("same_id")
    return Organisation.objects.filter(Q(pk=own) | (Q(pk__in=ids) & ~Q(pk__in=same)))


def _ids_of(actor: Actor, roles: Collection[str]) -> set[int]:
    return {
        grant.scope_id
        for grant in actor.grants
        if grant.role in roles and grant.scope == Scope.ORGANISATION and grant.scope_id is not None
    }


def members_of(organisation: Organisation) -> QuerySet[Person]:
    """Persons who work in the organisation, or in one that is the same, today."""
    here = Membership.objects.on(clock.today()).filter(organisation__same_id=organisation.same_id)
    return Person.objects.filter(pk__in=here.values("person"))


@dataclass(frozen=True)
class MemberLine:
    """A person of an organisation with the roles held in it."""

    person: Person
    title: str
    since: date
    grants: list[RoleGrant]


def members_with_roles(organisation: Organisation) -> list[MemberLine]:
    """Who works there today, with roles: a line a person, in whichever entries of a merged organisation. Three queries."""
    rows = (
        Membership.objects.on(clock.today())
        .filter(organisation__same_id=organisation.same_id)
        .select_related("person")
        .order_by("since", "id")
    )
    grants = (
        RoleGrant.objects.filter(scope=Scope.ORGANISATION, scope_id__in=ids_same_as(organisation.pk))
        .at(clock.now())
        .order_by("id")
    )
    by_account: dict[int, list[RoleGrant]] = {}
    for grant in grants:
        by_account.setdefault(grant.account_id, []).append(grant)
    lines: dict[int, MemberLine] = {}
    for row in rows:
        first = lines.get(row.person_id)
        title = (first.title if first else "") or row.title
        since = first.since if first else row.since
        lines[row.person_id] = MemberLine(row.person, title, since, by_account.get(row.person.account_id or 0, []))
    return list(lines.values())


def accounts_of_members(organisation: Organisation) -> QuerySet[Account]:
    """Accounts of those who work there today."""
    return Account.objects.filter(person__in=members_of(organisation), is_active=True).order_by("username")


def open_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    """Invitations to join that can still be taken up."""
    return _open_ones().filter(organisation__same_id=organisation.same_id, person__isnull=True)


def open_invitation_of(person: Person) -> Invitation | None:
    """The invitation by which somebody may still take the own entry over."""
    return _open_ones().filter(person=person).first()


def _open_ones() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=clock.now())


def organisations(actor: Actor) -> QuerySet[Organisation]:
    """The directory: one line for each organisation, whatever the number of its entries."""
    found = Organisation.objects.filter(policy.READ_ORGANISATION.q(actor), canonical__isnull=True)
    return _with_code(found).select_related("prefecture")


def _with_code(organisations: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """With `known_code`: the own social credit code, else that of an entry that is the same organisation."""
    same = Organisation.objects.filter(same_id=OuterRef("same_id"), credit_code__isnull=False).order_by("pk")
    code = Coalesce("credit_code", Subquery(same.values("credit_code")[:1]))
    return organisations.annotate(known_code=code)


def organisation_records() -> QuerySet[Organisation]:
    """Organisations for `access`, with what a page of one shows."""
    found = Organisation.objects.select_related("prefecture", "canonical")
    found = found.prefetch_related("clusters", "names", "merged", "canonical__merged")
    return _with_code(found)


def known_as(text: str) -> Q:
    """Canonical organisations one of whose names, or of the names of those that are the same, contains `text`."""
    own = Q(name__icontains=text) | Q(name_en__icontains=text) | Q(credit_code__iexact=text)
    by_name = OrganisationName.objects.filter(name__icontains=text).values("organisation__same_id")
    merged = Organisation.objects.filter(own, canonical__isnull=False).values("same_id")
    return own | Q(pk__in=by_name) | Q(pk__in=merged)


def named(text: str) -> list[Organisation]:
    """Canonical organisations that go exactly by this: public id, credit code, name or one of the other names. The
    best kind of match alone: an id before a code before a name before another name."""
    text = " ".join(text.split())
    for condition in (
        Q(public_id=text),
        Q(credit_code=text.upper()),
        Q(name=text),
        Q(pk__in=OrganisationName.objects.filter(name=text).values("organisation")),
    ):
        found = Organisation.objects.filter(condition).values("same_id")
        organisations = list(Organisation.objects.filter(pk__in=found).order_by("pk")[:6])
        if organisations:
            return organisations
    return []


def suggested(text: str, limit: int = 8) -> list[Organisation]:
    """Canonical organisations that somebody who typed this may mean, in the order of their names."""
    text = " ".join(text.split())
    if len(text) < 2 or "\0" in text:
        return []
    found = Organisation.objects.filter(known_as(text), canonical__isnull=True)
    return list(found.select_related("prefecture").order_by("sort_key", "pk")[:limit])


def entries_of(organisation: Organisation) -> list[Organisation]:
    """The other entries of the directory that are this organisation."""
    return [one for one in organisation.entries if one.pk != organisation.pk]


def ties_of(actor: Actor, organisation: Organisation) -> list[FamilyTie]:
    """The ties of an organisation in both directions that the actor may see, with `state_now`, those in force first; void
    ones are left out."""
    of_it = Q(member__same_id=organisation.root_id) | Q(head__same_id=organisation.root_id)
    found = ties().filter(policy.READ_TIE.q(actor), of_it, voided_at__isnull=True)
    found = states.tie_reader.annotate(found, actor.at)
    return sorted(found, key=lambda tie: (tie.until is not None, tie.since or date.min, tie.pk))


def ties() -> QuerySet[FamilyTie]:
    return FamilyTie.objects.select_related("member", "head", "controller", "entered_for")


def persons_seen(actor: Actor) -> QuerySet[Person]:
    """Persons whom the actor may name: experts whom the actor reads, colleagues, and whoever is known to control a firm."""
    experts = Expert.objects.filter(policy.READ_EXPERT.q(actor)).values("person")
    colleagues = Membership.objects.filter(organisation__same_id__in=actor.organisations).values("person")
    controllers = FamilyTie.objects.filter(policy.READ_TIE.q(actor), controller__isnull=False).values("controller")
    seen = Q(pk__in=experts) | Q(pk__in=colleagues) | Q(pk__in=controllers)
    return Person.objects.filter(seen, canonical__isnull=True)


def certificates(actor: Actor) -> QuerySet[Certificate]:
    """Certificates that the actor may see, with `state_now`."""
    found = Certificate.objects.filter(policy.READ_CERTIFICATE.q(actor)).select_related("organisation")
    return states.certificate_reader.annotate(found, actor.at)


def certificate_records() -> QuerySet[Certificate]:
    return Certificate.objects.select_related("organisation")


def certificates_in_force(organisation: Organisation, on: date, kinds: Collection[str] = ()) -> QuerySet[Certificate]:
    """Certificates of the organisation that hold on that day: whatever asks for one takes it from here.

    One that an officer has not looked at counts too; its state says so. `kinds`: none means any.
    """
    found = Certificate.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=on),
        Q(issued_on__isnull=True) | Q(issued_on__lte=on),
        organisation__same_id=organisation.root_id,
        state__in=[states.ENTERED, states.CHECKED],
    )
    return found.filter(certificate_kind__in=kinds) if kinds else found


def proposals(actor: Actor) -> QuerySet[MergeProposal]:
    """Proposals to merge that the actor may see, with `state_now`."""
    found = MergeProposal.objects.filter(policy.READ_PROPOSAL.q(actor)).select_related(
        "first", "first__prefecture", "second", "second__prefecture"
    )
    return states.proposal_reader.annotate(found, actor.at)


def proposal_records() -> QuerySet[MergeProposal]:
    sides = ("first", "first__prefecture", "first__canonical", "second", "second__prefecture", "second__canonical")
    return MergeProposal.objects.select_related(*sides, "merge")


def experts(actor: Actor) -> QuerySet[Expert]:
    """Experts that the actor may see, with `state_now` and the memberships of today, which `units_of` reads."""
    now = Membership.objects.on(actor.today).select_related("organisation", "organisation__canonical").order_by("pk")
    found = Expert.objects.filter(policy.READ_EXPERT.q(actor)).select_related("person")
    found = found.prefetch_related(Prefetch("person__memberships", now, to_attr="works_at"), "fields", "works")
    return states.expert_reader.annotate(found, actor.at)


def units_of(person: Person, on: date | None = None) -> list[Organisation]:
    """Where a person works on a day (none: today): each organisation once, by its canonical entry. Reads what was
    prefetched, so that a list may ask it of every row."""
    day = on or clock.today()
    held = getattr(person, "works_at", None)
    if held is None:
        held = sorted(person.memberships.all(), key=lambda one: one.pk)
    found: dict[int, Organisation] = {}
    for one in held:
        if one.holds_on(day):
            unit = one.organisation
            found.setdefault(unit.root_id, unit.canonical or unit)
    return list(found.values())


def expert_known_by(text: str) -> Q:
    """Experts whose name, unit, words or works contain `text`."""
    text = " ".join(text.split())
    works = ExpertWork.objects.filter(title__icontains=text).values("expert")
    units = Membership.objects.on(clock.today()).filter(
        Q(organisation__name__icontains=text) | Q(organisation__canonical__name__icontains=text)
    )
    said = Q(person__name__icontains=text) | Q(text__icontains=text) | Q(keywords__icontains=text)
    return said | Q(pk__in=works) | Q(person__in=units.values("person"))


def expert_records() -> QuerySet[Expert]:
    """Experts for `access`, with what a page of one shows."""
    return Expert.objects.select_related("person", "person__account").prefetch_related(
        "works", "fields", "disciplines", "person__memberships__organisation__canonical"
    )


def measures() -> QuerySet[IntegrityRecord]:
    """All measures, void ones too, with whom they concern."""
    return IntegrityRecord.objects.select_related("person", "organisation")


def measures_in_force(
    on: date, *, person: Person | None = None, organisation: Organisation | None = None
) -> QuerySet[IntegrityRecord]:
    """The measures against a person or an organisation on that day; each says from where it is known. Whatever a measure
    keeps somebody from asks here (科研失信行为处理)."""
    about = Q(pk__in=())
    if person is not None:
        about |= Q(person__same_id=person.root_id)
    if organisation is not None:
        about |= Q(organisation__same_id=organisation.root_id)
    return IntegrityRecord.objects.on(on).filter(about)
