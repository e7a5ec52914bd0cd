"""Entering experts with their works, and measures for breaches of integrity."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
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
        "integrity.void": _("It was declared void already."),
    }
)
COMMON_VERBS["void"] = _("declare void")
name_fact("works", _("works"))
name_fact("works_at", _("works at"))
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
    person = _person(values)
    here = Membership.objects.on(clock.today()).filter(person=person, organisation__same_id=organisation.same_id)
    if not here.exists():
        Membership.objects.create(person=person, organisation=organisation, title=values.get("post", ""))
    expert = Expert(person=person, created_by=actor.account, **{name: values[name] for name in EXPERT_FIELDS})
    try:
        with transaction.atomic():
            expert.save()
    except IntegrityError as twice:
        known = Expert.objects.get(person=person)
        raise NotAllowed(Refused("expert.twice", Aspect.STATE, {"id": known.public_id})) from twice
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


def _person(values: dict[str, Any]) -> Person:
    orcid = values.get("orcid") or None
    found = Person.objects.filter(orcid=orcid).first() if orcid else None
    if found is not None:
        return found
    return Person.objects.create(
        **{name: values.get(name) or ("" if name != "orcid" else None) for name in PERSON_FIELDS}
    )


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
    """Change an entry. StaleRecord when somebody saved it in between. Name and contact of the person go with it."""
    fresh: Expert = locked(expert, expected_version)
    role = decide(actor, policy.EDIT_EXPERT, fresh)
    before = _values(fresh)
    for name in EXPERT_FIELDS:
        if name in values:
            setattr(fresh, name, values[name])
    person = fresh.person
    for name in PERSON_FIELDS:
        if name in values:
            setattr(person, name, values[name] or (None if name == "orcid" else ""))
    person.save(update_fields=list(PERSON_FIELDS))
    _set_more(fresh, fields, disciplines, works)
    save_edit(actor=actor, role=role, record=fresh, before=before, after=_values(fresh), rule=policy.EDIT_EXPERT)
    note_change(fresh)
    return fresh


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
