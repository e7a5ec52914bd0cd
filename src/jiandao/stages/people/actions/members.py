"""Persons, invitations and the roles that a unit administrator gives."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.journal.words import hide_facts, name_fact, role_names
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.stages.people import policy, rules
from jiandao.stages.people.models import UNIT_ROLES, Invitation, Membership, Organisation, Person

reasons.add(
    {
        "invitation.over": _("This invitation was used, withdrawn or is older than %(days)s days. Ask for a new one."),
        "invitation.inviter": _(
            "Whoever invited you is not a unit administrator of %(organisation)s any more. Ask there for a new invitation."
        ),
        "invitation.role": _("A unit administrator cannot give the role “%(role)s”."),
        "membership.last_administrator": _(
            "%(organisation)s would have no unit administrator left. Give somebody else the role first."
        ),
        "membership.last_of_entry": _(
            "The entry “%(organisation)s” is merged with another one, and would have no unit administrator should the merge "
            "be undone. Give somebody else the role on the page of that entry first."
        ),
    }
)
COMMON_VERBS.update(
    {
        "join": _("join"),
        "invite": _("invite"),
        "accept": _("accept the invitation"),
        "withdraw-invitation": _("withdraw the invitation"),
        "end-role": _("end a role"),
    }
)
name_fact("person", _("person"))
name_fact("account", _("account"))
name_fact("roles", _("roles"), role_names)
name_fact("days", _("valid for days"))
name_fact("edition", _("edition of the rule"))
hide_facts("person_id", "invitation")


@transaction.atomic
def create_person(*, actor: Actor, values: dict[str, Any], account: Account | None = None) -> Person:
    """Enter a person, with or without an account."""
    person = Person.objects.create(created_by=actor.account, account=account, **values)
    journal.record(actor=actor, verb="create", record=person, after={"name": person.name})
    return person


@transaction.atomic
def join(*, actor: Actor, person: Person, organisation: Organisation, title: str = "") -> Membership:
    """Record that a person works in an organisation from today; once."""
    Person.objects.select_for_update(of=("self",)).get(pk=person.pk)  # who joins twice in one moment waits
    here = Membership.objects.on(clock.today()).filter(person=person, organisation__same_id=organisation.same_id)
    membership = here.order_by("pk").first()
    if membership is not None:
        return membership
    membership = Membership.objects.create(person=person, organisation=organisation, title=title)
    journal.record(
        actor=actor, verb="join", record=organisation, facts={"person": person.name, "person_id": person.public_id}
    )
    return membership


@transaction.atomic
def invite(
    *, actor: Actor, organisation: Organisation, name: str, email: str, roles: Sequence[Role]
) -> tuple[Invitation, str]:
    """Invite somebody; returns the invitation and the secret of its link, which is shown once and never stored."""
    role = decide(actor, policy.MANAGE_MEMBERS, organisation)
    for one in roles:
        if one not in UNIT_ROLES:
            raise NotAllowed(Refused("invitation.role", facts={"role": Role(one).label}))
    days = rules.INVITATION_DAYS.at()
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organisation=organisation,
        name=name,
        email=email,
        roles=list(roles),
        token_digest=digest_of(secret),
        expires_at=clock.now() + timedelta(days=days.value),
        created_by=actor.account,
    )
    journal.record(
        actor=actor,
        role=role,
        verb="invite",
        record=organisation,
        facts={"person": name, "roles": list(roles), "invitation": invitation.public_id}
        | {"days": days.value, "edition": days.named_edition},
        rule=policy.MANAGE_MEMBERS.code,
    )
    return invitation, secret


def digest_of(secret: str) -> str:
    """What is kept of an invitation's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def accept(*, invitation: Invitation, account: Account) -> Organisation:
    """Take up an invitation with an account: person, membership and grants, once. Locked, so a link works one time."""
    fresh = Invitation.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=invitation.pk)
    if not fresh.is_open:
        raise NotAllowed(Refused("invitation.over", facts={"days": fresh.days}))
    assert fresh.person_id is None  # that is taken up by `accept_entry`
    if not policy.MANAGE_MEMBERS.decide(load_actor(fresh.created_by), fresh.organisation):
        raise NotAllowed(Refused("invitation.inviter", facts={"organisation": fresh.organisation.name}))
    actor = Actor(account=account)
    person = Person.objects.filter(account=account).first()
    if person is None:
        person = create_person(actor=actor, values={"name": fresh.name, "email": fresh.email}, account=account)
    join(actor=actor, person=person, organisation=fresh.organisation)
    for role in fresh.roles:
        granting.grant(
            account=account,
            role=Role(role),
            scope=Scope.ORGANISATION,
            scope_id=fresh.organisation_id,
            by=fresh.created_by,
        )
    fresh.accepted_at, fresh.accepted_by = clock.now(), account
    fresh.save(update_fields=["accepted_at", "accepted_by"])
    journal.record(
        actor=actor,
        verb="accept",
        record=fresh.organisation,
        facts={"invitation": fresh.public_id, "roles": fresh.roles},
        rule=policy.ACCEPT_INVITATION.code,
    )
    return fresh.organisation


@transaction.atomic
def withdraw_invitation(*, actor: Actor, invitation: Invitation) -> None:
    """Make an open invitation useless."""
    role = decide(actor, policy.WITHDRAW_INVITATION, invitation)
    fresh = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if not fresh.is_open:
        raise NotAllowed(Refused("invitation.over", facts={"days": fresh.days}))
    fresh.withdrawn_at = clock.now()
    fresh.save(update_fields=["withdrawn_at"])
    journal.record(
        actor=actor,
        role=role,
        verb="withdraw-invitation",
        record=fresh.organisation,
        facts={"invitation": fresh.public_id},
        rule=policy.WITHDRAW_INVITATION.code,
    )


@transaction.atomic
def grant_role(*, actor: Actor, organisation: Organisation, account: Account, role: Role) -> RoleGrant:
    """Give a colleague a role in the organisation."""
    own = decide(actor, policy.MANAGE_MEMBERS, organisation)
    if role not in UNIT_ROLES:
        raise NotAllowed(Refused("invitation.role", facts={"role": role.label}))
    found = granting.grant(
        account=account, role=role, scope=Scope.ORGANISATION, scope_id=organisation.pk, by=actor.account
    )
    journal.record(
        actor=actor,
        role=own,
        verb="grant",
        record=organisation,
        facts={"account": account.username, "roles": [role]},
        rule=policy.MANAGE_MEMBERS.code,
    )
    return found


@transaction.atomic
def end_role(*, actor: Actor, organisation: Organisation, grant: RoleGrant) -> None:
    """End a role in the organisation. The last unit administrator of each entry stays, so that no unit is left without
    one, after the undoing of a merge either."""
    own = decide(actor, policy.MANAGE_MEMBERS, organisation)
    same = Organisation.objects.filter(same_id=organisation.same_id).order_by("pk")
    ids = list(same.select_for_update(of=("self",)).values_list("pk", flat=True))
    if not RoleGrant.objects.filter(pk=grant.pk).at(clock.now()).exists():
        return
    if grant.role == Role.UNIT_ADMINISTRATOR:
        assert grant.scope_id is not None  # it is for an organisation
        entry = Organisation.objects.get(pk=grant.scope_id)
        if not _others(grant, [entry.pk]):
            code = "membership.last_of_entry" if _others(grant, ids) else "membership.last_administrator"
            raise NotAllowed(Refused(code, facts={"organisation": entry.name}))
    granting.end(grant=grant)
    journal.record(
        actor=actor,
        role=own,
        verb="end-role",
        record=organisation,
        facts={"account": grant.account.username, "roles": [grant.role]},
        rule=policy.MANAGE_MEMBERS.code,
    )


def _others(grant: RoleGrant, entries: list[int]) -> bool:
    """Whether somebody else is unit administrator of one of these entries."""
    found = holders({Role.UNIT_ADMINISTRATOR}, Scope.ORGANISATION, entries)
    return found.exclude(pk=grant.account_id).exists()
