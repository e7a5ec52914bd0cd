"""Where an expert works, from which day to which: entering an affiliation, ending it, mending its days."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.stages.people import policy
from jiandao.stages.people.models import Expert, Membership, Organisation, Person
from jiandao.stages.people.writing import role_for

reasons.add(
    {
        "affiliation.order": _("The last day (%(until)s) lies before the first (%(since)s)."),
        "affiliation.there": _(
            "%(name)s works at %(organisation)s on some of these days already (from %(since)s); change the days there."
        ),
    }
)
COMMON_VERBS.update({"affiliate": _("enter an affiliation"), "change-affiliation": _("change an affiliation")})


@transaction.atomic
def add_affiliation(
    *, actor: Actor, expert: Expert, organisation: Organisation, since: date, until: date | None = None, title: str = ""
) -> Membership:
    """Enter where an expert works besides, or worked. From the first day to the last that unit reads and keeps the entry."""
    role = decide(actor, policy.ADD_AFFILIATION, expert)
    person = _locked(expert)
    made = Membership(person=person, organisation=organisation, since=since, until=until, title=title)
    _check(made)
    made.save()
    _note(actor, role, "affiliate", expert, made, {}, policy.ADD_AFFILIATION.code)
    return made


@transaction.atomic
def change_affiliation(
    *, actor: Actor, expert: Expert, affiliation: Membership, since: date, until: date | None, title: str
) -> Membership:
    """End an affiliation on a day, or mend its days. A unit does so for its own; the day after the last it reads no more."""
    role = may_change(actor, expert, affiliation)
    _locked(expert)
    fresh = Membership.objects.select_related("organisation", "person").get(pk=affiliation.pk, person=expert.person_id)
    before = _values(fresh)
    fresh.since, fresh.until, fresh.title = since, until, title
    if _values(fresh) == before:
        return fresh
    _check(fresh)
    fresh.save(update_fields=["since", "until", "title"])
    _note(actor, role, "change-affiliation", expert, fresh, before, policy.KEEP_AFFILIATIONS.code)
    return fresh


def may_change(actor: Actor, expert: Expert, affiliation: Membership) -> str:
    """The role under which the actor changes this affiliation; NotAllowed for a unit when it is another unit's."""
    role = decide(actor, policy.KEEP_AFFILIATIONS, expert)
    return role_for(actor, policy.KEEP_AFFILIATIONS, affiliation.organisation) if role in policy.UNIT else role


def _locked(expert: Expert) -> Person:
    return Person.objects.select_for_update(of=("self",)).get(pk=expert.person_id)


def _check(one: Membership) -> None:
    if one.until is not None and one.until < one.since:
        raise NotAllowed(Refused("affiliation.order", facts={"since": one.since, "until": one.until}))
    same = Membership.objects.filter(person=one.person_id, organisation__same_id=one.organisation.same_id)
    others = same.exclude(pk=one.pk).ending_from(one.since).order_by("since", "pk")
    other = (others.filter(since__lte=one.until) if one.until is not None else others).first()
    if other is not None:
        facts = {"name": one.person.name, "organisation": one.organisation.name, "since": other.since}
        raise NotAllowed(Refused("affiliation.there", facts=facts))


def _values(one: Membership) -> dict[str, Any]:
    return {"since": one.since.isoformat(), "until": one.until.isoformat() if one.until else "", "post": one.title}


def _note(
    actor: Actor, role: str, verb: str, expert: Expert, one: Membership, before: dict[str, Any], rule: str
) -> None:
    after = _values(one)
    journal.record(
        actor=actor,
        role=role,
        verb=verb,
        record=expert,
        before={name: value for name, value in before.items() if value != after[name]},
        after={name: value for name, value in after.items() if value != before.get(name, "")},
        facts={"works_at": one.organisation.name},
        rule=rule,
    )
