"""Entering and changing certificates; the verbs of checking are in the lifecycle."""

from typing import Any

from django.db import transaction

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.edits import save_edit, values_of
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.policy.access import decide
from jiandao.stages.people import policy
from jiandao.stages.people.models import Certificate
from jiandao.stages.people.writing import role_for

CERTIFICATE_FIELDS = ("organisation", "certificate_kind", "title", "number", "issuer", "issued_on", "valid_until")


@transaction.atomic
def create_certificate(*, actor: Actor, values: dict[str, Any]) -> Certificate:
    """Enter a certificate of the actor's organisation."""
    role = role_for(actor, policy.CREATE_CERTIFICATE, values["organisation"])
    certificate = Certificate(created_by=actor.account, **_known(values))
    certificate.save()
    journal.record(
        actor=actor,
        role=role,
        verb="create",
        record=certificate,
        after=values_of(certificate, CERTIFICATE_FIELDS),
        rule=policy.CREATE_CERTIFICATE.code,
    )
    return certificate


@transaction.atomic
def edit_certificate(
    *, actor: Actor, certificate: Certificate, expected_version: int, values: dict[str, Any]
) -> Certificate:
    """Change a certificate that nobody has accepted yet. StaleRecord when somebody saved it in between."""
    fresh: Certificate = locked(certificate, expected_version)
    role = decide(actor, policy.EDIT_CERTIFICATE, fresh)
    if values.get("organisation", fresh.organisation).same_id != fresh.organisation.same_id:
        role_for(actor, policy.CREATE_CERTIFICATE, values["organisation"])
    before = values_of(fresh, CERTIFICATE_FIELDS)
    ended_on = fresh.valid_until  # not that of `certificate`: a form may have filled it already
    for name, value in _known(values).items():
        setattr(fresh, name, value)
    if fresh.valid_until != ended_on:  # one that was prolonged is spoken of again at every step
        fresh.reminded = None
        Certificate.objects.filter(pk=fresh.pk).update(reminded=None)
    after = values_of(fresh, CERTIFICATE_FIELDS)
    save_edit(actor=actor, role=role, record=fresh, before=before, after=after, rule=policy.EDIT_CERTIFICATE)
    return fresh


def _known(values: dict[str, Any]) -> dict[str, Any]:
    unknown = values.keys() - set(CERTIFICATE_FIELDS)
    if unknown:
        raise TypeError(f"unknown fields: {sorted(unknown)}")
    return values
