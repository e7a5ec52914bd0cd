"""Entering and changing organisations."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal, sameness
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.edits import save_edit, values_of
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed, Refused
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.people import gate, policy, states
from jiandao.stages.people.models import Organisation, OrganisationName

name_fact("names", _("other names"))

ORGANISATION_FIELDS = (
    "name", "name_en", "organisation_kind", "credit_code", "prefecture", "website", "introduction",
)  # fmt: skip
# What an officer compared with the register: a change by the organisation itself has to be compared again.
VERIFIED_FIELDS = frozenset({"name", "credit_code"})
Rows = Sequence[dict[str, Any]]


@transaction.atomic
def enter_organisation(*, actor: Actor, values: dict[str, Any], role: str = "") -> Organisation:
    """Enter an organisation in the directory. Used by imports and the office; the caller has decided that it may."""
    organisation = Organisation(created_by=actor.account, **values)
    organisation.full_clean(exclude=["canonical", "same_id"], validate_constraints=False)
    organisation.save()
    organisation.refresh_from_db(fields=["same_id"])
    journal.record(actor=actor, role=role, verb="create", record=organisation, after=dict(values))
    return organisation


@transaction.atomic
def create_organisation(
    *, actor: Actor, values: dict[str, Any], clusters: Sequence[Term] = (), names: Rows = ()
) -> Organisation:
    """An officer enters an organisation, with its clusters and the other names that it is known by."""
    role = decide(actor, policy.CREATE_ORGANISATION, None)
    organisation = Organisation(created_by=actor.account, **values)
    organisation.save()
    organisation.refresh_from_db(fields=["same_id"])
    _set_more(organisation, clusters, names)
    journal.record(
        actor=actor,
        role=role,
        verb="create",
        record=organisation,
        after=_values(organisation),
        rule=policy.CREATE_ORGANISATION.code,
    )
    return organisation


@transaction.atomic
def edit_organisation(
    *,
    actor: Actor,
    organisation: Organisation,
    expected_version: int,
    values: dict[str, Any],
    clusters: Sequence[Term] | None = None,
    names: Rows | None = None,
) -> Organisation:
    """Change an entry. StaleRecord when somebody saved it in between.

    A verified entry is no longer verified when its own organisation changes what was compared with the register.
    """
    fresh: Organisation = locked(organisation, expected_version)
    role = decide(actor, policy.EDIT_ORGANISATION, fresh)
    before = _values(fresh)
    for name, value in values.items():
        if name not in ORGANISATION_FIELDS:
            raise TypeError(f"unknown field: {name}")
        setattr(fresh, name, value)
    _keep_one_code(fresh, before["credit_code"])
    # Nobody verifies for an organisation that they act for, so nobody keeps it verified while changing it either.
    by_itself = not policy.VERIFY_ORGANISATION.decide(actor, fresh)
    changed = any(getattr(fresh, name) != before[name] for name in VERIFIED_FIELDS)
    if by_itself and changed and fresh.state != states.ENTERED:
        fresh.state = states.ENTERED
    _set_more(fresh, clusters, names)
    after = _values(fresh)
    save_edit(actor=actor, role=role, record=fresh, before=before, after=after, rule=policy.EDIT_ORGANISATION)
    return fresh


def _keep_one_code(organisation: Organisation, before: str | None) -> None:
    """NotAllowed when its new code is not that of the entries it was merged with; no merge comes in between."""
    if organisation.credit_code and organisation.credit_code != before:
        sameness.hold(Organisation.kind)
        saved = Organisation.objects.get(pk=organisation.pk)
        answer = gate.code_fits(saved, organisation.credit_code)
        if isinstance(answer, Refused):
            raise NotAllowed(answer)
        if organisation.credit_code in saved.codes:  # a merged entry has it, and it counts for both
            organisation.credit_code = before


def _set_more(organisation: Organisation, clusters: Sequence[Term] | None, names: Rows | None) -> None:
    if clusters is not None:
        organisation.clusters.set(clusters)
    if names is not None:
        organisation.names.all().delete()
        OrganisationName.objects.bulk_create(OrganisationName(organisation=organisation, **row) for row in names)


def _values(organisation: Organisation) -> dict[str, Any]:
    """What the journal keeps of an entry."""
    values = values_of(organisation, (*ORGANISATION_FIELDS, "state"))
    values["clusters"] = sorted(f"{one.edition}:{one.code}" for one in organisation.clusters.all())
    values["names"] = [
        f"{one.name} ({one.get_name_kind_display()})"
        for one in OrganisationName.objects.filter(organisation=organisation)
    ]
    return values
