"""Entering experts with their works, and measures for breaches of integrity."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Scope
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.edits import save_edit, values_of
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked, save_version
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.kernel.search.changes import note_change
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.people import policy
from jiandao.stages.people.models import Expert, ExpertWork, IntegrityRecord, Membership, Organisation, Person
from jiandao.stages.people.writing import role_for

reasons.add(
    {
        "expert.twice": _("This person is in the library already, as %(id)s."),
        # Said of every ORCID that the reader may not be told more of: whether the library holds it is nobody's business.
        "expert.orcid": _(
            "No entry can be made with this ORCID here. Check its digits; if they are right, the programme office enters "
            "or invites the expert."
        ),
        "integrity.void": _("It was declared void already."),
    }
)
COMMON_VERBS["void"] = _("declare void")
name_fact("works", _("works"))
name_fact("works_at", _("works at"))
name_fact("name", _("name"))
name_fact("orcid", "ORCID")
name_fact("email_changed", _("e-mail changed"))
name_fact("phone_changed", _("telephone changed"))
EXPERT_FIELDS = ("post", "keywords", "text", "available", "away_until", "days_a_year")
PERSON_FIELDS = ("name", "orcid", "email", "phone")
MEASURE_FIELDS = ("person", "organisation", "measure", "since", "until", "source", "reason")
Rows = Sequence[dict[str, Any]]


@transaction.atomic
def create_expert(
    *,
    actor: Actor,
    organisation: Organisation,
    values: dict[str, Any],
    fields: Sequence[Term] = (),
    disciplines: Sequence[Term] = (),
    works: Rows = (),
) -> Expert:
    """Enter an expert; a person with the same ORCID or account in the directory becomes one, nobody is entered twice."""
    role = decide(actor, policy.CREATE_EXPERT, None)
    if role not in policy.OFFICERS:
        role = role_for(actor, policy.CREATE_EXPERT, organisation)
    person = _person(actor, values)
    here = Membership.objects.on(clock.today()).filter(person=person, organisation__same_id=organisation.same_id)
    if not here.exists():
        Membership.objects.create(person=person, organisation=organisation, title=values.get("post", ""))
    expert = Expert(person=person, created_by=actor.account, **{name: values[name] for name in EXPERT_FIELDS})
    try:
        with transaction.atomic():
            expert.save()
    except IntegrityError as twice:
        raise NotAllowed(_held(actor, person)) from twice
    _set_more(expert, fields, disciplines, works)
    journal.record(
        actor=actor,
        role=role,
        verb="create",
        record=expert,
        after=_values(expert),
        facts={"works_at": organisation.name},
        rule=policy.CREATE_EXPERT.code,
    )
    note_change(expert)
    return expert


def _person(actor: Actor, values: dict[str, Any]) -> Person:
    orcid = values.get("orcid") or None
    refusal = orcid_refusal(actor, orcid)
    if refusal is not None:
        raise NotAllowed(refusal)
    found = Person.objects.filter(orcid=orcid).first() if orcid else None
    if found is not None:
        return found
    made = Person(**{name: values.get(name) or ("" if name != "orcid" else None) for name in PERSON_FIELDS})
    _save_person(actor, made, None)
    return made


def orcid_refusal(actor: Actor, orcid: str | None, of: Person | None = None) -> Refused | None:
    """What stands against giving this ORCID to a person (none: somebody new); None when nothing does.

    Somebody of the directory who is no expert yet becomes one by the own unit or an officer, under the same ORCID.
    """
    found = Person.objects.filter(orcid=orcid).first() if orcid else None
    if found is None or (of is not None and found.pk == of.pk):
        return None
    may_join = of is None and not Expert.objects.filter(person=found).exists() and _may_make_expert(actor, found)
    return None if may_join else _held(actor, found)


def _may_make_expert(actor: Actor, person: Person) -> bool:
    if policy.OFFICERS & actor.roles:
        return True
    units = frozenset().union(*(actor.scopes(role, Scope.ORGANISATION) for role in policy.UNIT))
    here = Membership.objects.on(actor.today).filter(person=person, organisation__same_id__in=units)
    return person.account_id == actor.account_id or here.exists()


def _held(actor: Actor, person: Person) -> Refused:
    """Why there is no second entry of a person; the first is named only to who may read it."""
    known = Expert.objects.select_related("person").filter(person=person).first()
    if known is not None and policy.READ_EXPERT.decide(actor, known):
        return Refused("expert.twice", Aspect.STATE, {"id": known.public_id})
    return Refused("expert.orcid", Aspect.STATE)


def _save_person(actor: Actor, person: Person, fields: Sequence[str] | None) -> None:
    try:
        with transaction.atomic():
            person.save(update_fields=fields)
    except IntegrityError as taken:  # somebody else gave the ORCID away in this moment
        refusal = orcid_refusal(actor, person.orcid, person)
        if refusal is None:
            raise
        raise NotAllowed(refusal) from taken


@transaction.atomic
def edit_expert(
    *,
    actor: Actor,
    expert: Expert,
    expected_version: int,
    values: dict[str, Any],
    fields: Sequence[Term] | None = None,
    disciplines: Sequence[Term] | None = None,
    works: Rows | None = None,
) -> Expert:
    """Change an entry. StaleRecord when somebody saved it in between. Name, ORCID and contact go with it, as far as the
    actor keeps them: once the person has an account, the person does."""
    fresh: Expert = locked(expert, expected_version)
    role = decide(actor, policy.EDIT_EXPERT, fresh)
    before = _values(fresh)
    for name in EXPERT_FIELDS:
        if name in values:
            setattr(fresh, name, values[name])
    contact = _set_person(actor, fresh, values)
    _set_more(fresh, fields, disciplines, works)
    after = _values(fresh) | contact
    save_edit(actor=actor, role=role, record=fresh, before=before, after=after, rule=policy.EDIT_EXPERT)
    note_change(fresh)
    return fresh


def _set_person(actor: Actor, expert: Expert, values: dict[str, Any]) -> dict[str, bool]:
    """Set what changes of the person; the journal keeps that contact data changed, never the data."""
    person = Person.objects.select_for_update(of=("self",)).get(pk=expert.person_id)
    given = {name: values[name] or (None if name == "orcid" else "") for name in PERSON_FIELDS if name in values}
    changed = [name for name, value in given.items() if value != getattr(person, name)]
    expert.person = person
    if not changed:
        return {}
    decide(actor, policy.EDIT_EXPERT_PERSON, expert)
    refusal = orcid_refusal(actor, given["orcid"], person) if "orcid" in changed else None
    if refusal is not None:
        raise NotAllowed(refusal)
    for name in changed:
        setattr(person, name, given[name])
    _save_person(actor, person, changed)
    return {f"{name}_changed": True for name in ("email", "phone") if name in changed}


def _set_more(
    expert: Expert, fields: Sequence[Term] | None, disciplines: Sequence[Term] | None, works: Rows | None
) -> None:
    if fields is not None:
        expert.fields.set(fields)
    if disciplines is not None:
        expert.disciplines.set(disciplines)
    if works is not None:
        expert.works.all().delete()
        ExpertWork.objects.bulk_create([ExpertWork(expert=expert, **row) for row in works], ignore_conflicts=True)


def _values(expert: Expert) -> dict[str, Any]:
    """What the journal keeps; no contact data."""
    shown = values_of(expert, EXPERT_FIELDS)
    shown["name"] = expert.person.name
    shown["orcid"] = expert.person.orcid or ""
    shown["fields"] = [str(term) for term in expert.fields.all()]
    shown["disciplines"] = [str(term) for term in expert.disciplines.all()]
    shown["works"] = [f"{one.title} ({one.year or '–'})" for one in expert.works.all()]
    return shown


@transaction.atomic
def enter_measure(*, actor: Actor, values: dict[str, Any]) -> IntegrityRecord:
    """Enter a measure for a breach of integrity, with its term and source."""
    role = decide(actor, policy.KEEP_INTEGRITY, None)
    made = IntegrityRecord(created_by=actor.account, **{name: values.get(name) for name in MEASURE_FIELDS})
    made.save()
    after = values_of(made, MEASURE_FIELDS)
    journal.record(actor=actor, role=role, verb="create", record=made, after=after, rule=policy.KEEP_INTEGRITY.code)
    return made


@transaction.atomic
def void_measure(*, actor: Actor, measure: IntegrityRecord, reason: str) -> IntegrityRecord:
    """Declare a measure void: it counts for no day, and stays with the reason."""
    fresh: IntegrityRecord = locked(measure)
    role = decide(actor, policy.KEEP_INTEGRITY, None)
    if fresh.voided_at is not None:
        raise NotAllowed(Refused("integrity.void", Aspect.STATE))
    fresh.voided_at, fresh.voided_because = clock.now(), reason.strip()[:500]
    save_version(fresh, ["voided_at", "voided_because"])
    journal.record(actor=actor, role=role, verb="void", record=fresh, reason=reason, rule=policy.KEEP_INTEGRITY.code)
    return fresh
