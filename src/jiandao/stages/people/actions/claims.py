"""Inviting the very person whom somebody entered as an expert, who then keeps the entry and alone may consent."""

import secrets
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal, sameness
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked, save_version
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.kernel.search.changes import note_change
from jiandao.stages.people import policy, rules
from jiandao.stages.people.actions.members import digest_of
from jiandao.stages.people.models import Expert, Invitation, Organisation, Person
from jiandao.stages.people.queries import units_of

reasons.add(
    {
        "claim.has_account": _("%(name)s has an account already; there is nobody to invite."),
        "claim.none_open": _("No invitation of this expert is open."),
        "claim.inviter": _(
            "Whoever invited you does not keep the entry of %(name)s any more. Ask the organisation or the programme "
            "office for a new invitation."
        ),
        "claim.own": _("You wrote this invitation yourself; only %(name)s accepts it, with an account of the own."),
        "claim.taken": _("This entry has an account already. If that is not yours, tell the programme office."),
        "claim.other_person": _(
            "Your account belongs to another entry of the directory, %(name)s, and an account has one. Nothing was "
            "changed. If both are you, tell the programme office your sign-in name: an officer makes the two one. If it "
            "is not you, sign out, open the link again and choose a new sign-in name."
        ),
        "claim.no_person": _("No account with an entry of its own in the directory has the sign-in name “%(name)s”."),
        "claim.officer": _("This is your own account; another officer decides."),
    }
)
COMMON_VERBS.update(
    {
        "invite-expert": _("invite the expert"),
        "accept-entry": _("take the own entry over"),
        "unite-expert": _("make the entry and an account one"),
        "withdraw-invitation": _("withdraw the invitation"),
    }
)


@transaction.atomic
def invite_expert(*, actor: Actor, expert: Expert, email: str) -> tuple[Invitation, str]:
    """Invite the person of an entry; the invitation, and the secret of its link, which is shown once and never stored.

    An older invitation of the same person stops working.
    """
    role = decide(actor, policy.INVITE_EXPERT, expert)
    person = _locked(expert.person_id)
    if person.account_id is not None:
        raise NotAllowed(Refused("claim.has_account", Aspect.STATE, {"name": person.name}))
    _open(person).update(withdrawn_at=clock.now())
    days = rules.INVITATION_DAYS.at()
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        person=person,
        organisation=_unit(person),
        name=person.name,
        email=email,
        roles=[],
        token_digest=digest_of(secret),
        expires_at=clock.now() + timedelta(days=days.value),
        created_by=actor.account,
    )
    facts = {"invitation": invitation.public_id, "days": days.value, "edition": days.named_edition}
    journal.record(
        actor=actor, role=role, verb="invite-expert", record=expert, facts=facts, rule=policy.INVITE_EXPERT.code
    )
    return invitation, secret


def _locked(pk: Any) -> Person:
    return Person.objects.select_for_update(of=("self",)).get(pk=pk)


def _open(person: Person) -> Any:
    return Invitation.objects.filter(person=person, accepted_at__isnull=True, withdrawn_at__isnull=True)


def _unit(person: Person) -> Organisation:
    """Where the person works today, else worked last: an entry always names a unit."""
    units = units_of(person)
    if units:
        return units[0]
    last = person.memberships.select_related("organisation").order_by("-since", "-pk").first()
    assert last is not None  # whoever enters an expert says where
    return last.organisation


@transaction.atomic
def withdraw_expert_invitation(*, actor: Actor, expert: Expert) -> None:
    """Make the open invitation of an expert useless."""
    role = decide(actor, policy.INVITE_EXPERT, expert)
    person = _locked(expert.person_id)
    invitation = _open(person).filter(expires_at__gt=clock.now()).first()
    if invitation is None:
        raise NotAllowed(Refused("claim.none_open", Aspect.STATE))
    _open(person).update(withdrawn_at=clock.now())
    journal.record(
        actor=actor,
        role=role,
        verb="withdraw-invitation",
        record=expert,
        facts={"invitation": invitation.public_id},
        rule=policy.INVITE_EXPERT.code,
    )


def may_accept(invitation: Invitation, account: Account | None) -> Refused | None:
    """What stands against taking the entry over with this account (none: a new one); None when nothing does."""
    person = invitation.person
    assert person is not None  # the others are taken up by `accept`
    if not invitation.is_open:
        return Refused("invitation.over", Aspect.STATE, {"days": invitation.days})
    if not policy.INVITE_EXPERT.decide(load_actor(invitation.created_by), person.expert):
        return Refused("claim.inviter", Aspect.RELATION, {"name": person.name})
    if person.account_id is not None:
        return Refused("claim.taken", Aspect.STATE)
    if account is None:
        return None
    if account.pk == invitation.created_by_id:
        return Refused("claim.own", Aspect.RELATION, {"name": person.name})
    other = Person.objects.filter(account=account).first()
    return Refused("claim.other_person", Aspect.STATE, {"name": other.name}) if other is not None else None


@transaction.atomic
def accept_entry(*, invitation: Invitation, account: Account) -> Expert:
    """Take one's own entry over with an account: from now on it is that person's. Once; the link works one time."""
    fresh = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    fresh.person = person = _locked(fresh.person_id)
    refusal = may_accept(fresh, account)
    if refusal is not None:
        raise NotAllowed(refusal)
    person.account = account
    try:
        with transaction.atomic():
            person.save(update_fields=["account"])
    except IntegrityError as twice:  # the same account took another entry over in this moment
        other = Person.objects.get(account=account)
        raise NotAllowed(Refused("claim.other_person", Aspect.STATE, {"name": other.name})) from twice
    fresh.accepted_at, fresh.accepted_by = clock.now(), account
    fresh.save(update_fields=["accepted_at", "accepted_by"])
    expert: Expert = person.expert
    journal.record(
        actor=Actor(account=account),
        verb="accept-entry",
        record=expert,
        facts={"invitation": fresh.public_id},
        rule=policy.ACCEPT_INVITATION.code,
    )
    return expert


@transaction.atomic
def unite_expert(*, actor: Actor, expert: Expert, username: str, reason: str) -> Expert:
    """An entry of an expert and the person of an account are one, as an officer has found out.

    The entry becomes that of the account's person, who keeps the own name and contact and takes over the ORCID, where
    there was none, and the affiliations; the person entered twice is merged, so that measures follow.
    """
    fresh: Expert = locked(expert)
    role = decide(actor, policy.UNITE_EXPERT, fresh)
    account = Account.objects.select_for_update().filter(username=username, is_active=True).first()
    found = Person.objects.filter(account=account).first() if account is not None else None
    if account is None or found is None:
        raise NotAllowed(Refused("claim.no_person", Aspect.STATE, {"name": username}))
    if account.pk == actor.account_id:
        raise NotAllowed(Refused("claim.officer", Aspect.RELATION))
    people = {
        one.pk: one
        for one in Person.objects.select_for_update(of=("self",))
        .filter(pk__in=[found.pk, fresh.person_id])
        .order_by("pk")
    }
    old, kept = people[fresh.person_id], people[found.pk]
    if old.account_id is not None:
        raise NotAllowed(Refused("claim.has_account", Aspect.STATE, {"name": old.name}))
    other = Expert.objects.filter(person=kept).first()
    if other is not None:
        raise NotAllowed(Refused("expert.twice", Aspect.STATE, {"id": other.public_id}))
    _open(old).update(withdrawn_at=clock.now())
    sameness.merge(actor=actor, loser=old, winner=kept, reason=reason)
    _hand_over(old, kept)
    fresh.person = kept
    save_version(fresh, ["person"])
    journal.record(
        actor=actor,
        role=role,
        verb="unite-expert",
        record=fresh,
        before={"name": old.name},
        after={"name": kept.name},
        facts={"account": account.username},
        reason=reason,
        rule=policy.UNITE_EXPERT.code,
    )
    note_change(fresh)
    return fresh


def _hand_over(old: Person, kept: Person) -> None:
    if old.orcid and not kept.orcid:
        orcid, old.orcid = old.orcid, None
        old.save(update_fields=["orcid"])
        kept.orcid = orcid
        kept.save(update_fields=["orcid"])
    for one in old.memberships.select_related("organisation"):
        same = kept.memberships.filter(organisation__same_id=one.organisation.same_id).ending_from(one.since)
        if not (same.filter(since__lte=one.until) if one.until is not None else same).exists():
            one.person = kept
            one.save(update_fields=["person"])
