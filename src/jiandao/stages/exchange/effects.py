"""What follows from a transition, in the same transaction."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal, secrecy
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle.classifying import TOLD_WITH
from jiandao.kernel.lifecycle.perform import Event, perform, save_version
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.kernel.search.changes import note_change
from jiandao.stages.exchange import policy, states
from jiandao.stages.exchange.actions import challenges, following
from jiandao.stages.exchange.introductions.effects import end_waiting
from jiandao.stages.exchange.models import (
    Challenge,
    ChallengeSource,
    CooperationRecord,
    Introduction,
    Need,
    Offer,
    ResearchResult,
)  # fmt: skip
from jiandao.stages.exchange.offers.recalling import recall, renew
from jiandao.stages.people.queries import ids_same_as

reasons.add(
    {
        "need.no_challenge": _("Choose the challenge that asks for the same; a withdrawn one takes no needs."),
        "need.own_challenge": _("This challenge was made from the need itself: publish it, or choose another one."),
    }
)
MESSAGES.update(
    {
        "need.submit": _("A need was submitted and waits for the form check: %(title)s"),
        "need.pass": _("A need passed the form check and waits for the technology check: %(title)s"),
        "need.assess": _("The department has looked at a need: %(title)s"),
        "need.publish": _("Your need was published: %(title)s"),
        "need.merge": _("Your need became part of a challenge that asks for the same: %(title)s. Reason: %(reason)s"),
        "need.reject": _("Your need was not taken up: %(title)s. Reason: %(reason)s"),
        "need.return": _("Your need was returned: %(title)s. Reason: %(reason)s"),
        "challenge.withdraw": _("A challenge that your need is part of was withdrawn: %(title)s. Reason: %(reason)s"),
        "challenge.solve": _("A challenge that your need is part of is solved: %(title)s. Reason: %(reason)s"),
        "need.withdraw": _("A need was withdrawn: %(title)s. Reason: %(reason)s"),
    }
)


# Under which rule a need goes, and its challenge with it.
RULES_OF_DROP = {"withdraw": policy.WITHDRAW_NEED, "reject": policy.CHECK_NEED, "merge": policy.CHECK_NEED}


def refresh_index(event: Event) -> None:
    """Ask the followers to look at the record again."""
    note_change(event.record)


def forget_cause(event: Event) -> None:
    """Why it was returned once is not why it is withdrawn or taken up; the journal keeps every cause."""
    Need.everywhere().filter(pk=event.record.pk).update(drop_cause="")


def keep_first_publication(event: Event) -> None:
    """A need that is taken up again and published anew was asked since its first publication: figures count from there."""
    first = Need.everywhere().filter(pk=event.record.pk, published_at__isnull=False, first_published_at__isnull=True)
    first.update(first_published_at=F("published_at"))


def recall_offers(event: Event) -> None:
    """Who has not answered what was offered of a result, or for a need, need not when that is withdrawn."""
    need = isinstance(event.record, Need)
    rule = RULES_OF_DROP[event.verb] if need else policy.OWN_RESULT
    recall(actor=event.actor, about=event.record, rule=rule.code)


def renew_offers(event: Event) -> None:
    """What was recalled stands again with the need or the result; and a result is looked at anew: it may fit others now."""
    if isinstance(event.record, ResearchResult):
        ResearchResult.everywhere().filter(pk=event.record.pk).update(offered_at=None)
        renew(actor=event.actor, about=event.record, rule=policy.OWN_RESULT.code)
    else:
        renew(actor=event.actor, about=event.record, rule=policy.CHECK_NEED.code)


def _tell_of_result(actor: Actor, result: ResearchResult) -> Iterable[Any]:
    """A result that became need-to-know is offered to nobody any more."""
    recall(actor=actor, about=result, rule=policy.EDIT_RESULT.code)
    return [*Offer.everywhere().filter(result=result), *_introduced(Q(result=result))]


def _tell_of_need(actor: Actor, need: Need) -> Iterable[Any]:
    """A need that became need-to-know takes the challenge with it that says the same to everybody."""
    for challenge in challenges.made_from(need).exclude(state__in=[states.WITHDRAWN, states.SOLVED]):
        _withdraw(challenge, actor=actor, need=need, rule=policy.EDIT_NEED.code)
    recall(actor=actor, about=need, rule=policy.EDIT_NEED.code)
    return [*Offer.everywhere().filter(need=need), *_introduced(Q(need=need))]


def _introduced(about: Q) -> Iterable[Any]:
    found = list(Introduction.everywhere().filter(about))
    return [*found, *CooperationRecord.everywhere().filter(introduction__in=found)]


TOLD_WITH.update({ResearchResult.kind: _tell_of_result, Need.kind: _tell_of_need})


def tell_officers(event: Event) -> None:
    """The officers of the programme; of a need-to-know record only those on its list."""
    officers = list(holders({Role.PROGRAMME_OFFICER}, Scope.PROGRAMME, [event.record.programme_id]))
    _tell(event, officers)


def tell_department(event: Event) -> None:
    """The departments of the programme."""
    _tell(event, list(holders({Role.DEPARTMENT}, Scope.PROGRAMME, [event.record.programme_id])))


def tell_assessed(actor: Actor, need: Need) -> None:
    """The officers of the programme: the need waits for their decision again."""
    event = Event(actor, need, "assess", need.state, need.state, "", clock.now())
    tell_officers(event)


def make_challenge(event: Event) -> None:
    """A published need becomes a challenge in its own words, unless one was condensed from it, or it is need-to-know.

    One that outlived the need, because others had joined it, keeps the wishes with which the need comes back.
    """
    need = event.record
    following.follow_need(actor=event.actor, need=need, before={}, rule=policy.CHECK_NEED.code)
    if not need.is_need_to_know and challenges.open_origin_of(need, event.at) is None:
        made = challenges.publish_from(actor=event.actor, need=need, at=event.at, rule=policy.CHECK_NEED.code)
        note_change(made)


def join_challenge(event: Event) -> None:
    """The need joins the challenge that `facts["challenge"]` names; one that is withdrawn takes none."""
    need = event.record
    found = Challenge.everywhere().filter(programme=need.programme_id, public_id=event.facts.get("challenge", ""))
    challenge = found.exclude(state=states.WITHDRAWN).select_for_update(of=("self",)).first()
    if challenge is None:
        raise NotAllowed(Refused("need.no_challenge"))
    if challenges.made_from(need).filter(pk=challenge.pk).exists():
        raise NotAllowed(Refused("need.own_challenge"))
    withdraw_challenge(event)
    ChallengeSource.objects.create(
        programme_id=need.programme_id,
        challenge=challenge,
        need=need,
        how=ChallengeSource.How.MERGED,
        by=event.actor.account,
    )
    Need.everywhere().filter(pk=need.pk).update(drop_cause="merged")
    journal.record(
        actor=event.actor,
        verb="join",
        record=challenge,
        facts={"need": need.public_id} if not need.is_need_to_know else {},
        reason=event.reason if not need.is_need_to_know else "",
        rule=policy.CHECK_NEED.code,
    )


def withdraw_challenge(event: Event) -> None:
    """With a need goes what was made from it alone, and is not solved; a challenge that others joined stays."""
    made = challenges.made_from(event.record).exclude(state__in=[states.WITHDRAWN, states.SOLVED])
    for challenge in made.select_for_update(of=("self",)):
        if challenge.sources.count() == 1:
            rule = RULES_OF_DROP[event.verb].code
            _withdraw(challenge, actor=event.actor, need=event.record, rule=rule, reason=event.reason)


def _withdraw(challenge: Challenge, *, actor: Actor, need: Need, rule: str, reason: str = "") -> None:
    before = challenge.state
    challenge.state = states.WITHDRAWN
    save_version(challenge, ["state"])
    journal.record(
        actor=actor,
        verb="withdraw",
        record=challenge,
        before={"state": before},
        after={"state": states.WITHDRAWN},
        facts={"need": need.public_id} if not need.is_need_to_know else {},
        reason=reason,
        rule=rule,
    )
    end_waiting(record=challenge, actor=actor, reason=reason)
    note_change(challenge)
    _tell_askers(actor, challenge, "challenge.withdraw", reason, leave_out=need)


def tell_askers(event: Event) -> None:
    """Those whose needs are in the challenge: its issuer, and those that joined."""
    _tell_askers(event.actor, event.record, f"challenge.{event.verb}", event.reason)


def _tell_askers(actor: Actor, challenge: Challenge, code: str, reason: str, leave_out: Need | None = None) -> None:
    inside = challenge.sources.exclude(need=leave_out).select_related("need")
    units = {one.need.organisation_id for one in inside if one.need.state in {states.PUBLISHED, states.MERGED}}
    told = holders({Role.NEED_OWNER}, Scope.ORGANISATION, {same for unit in units for same in ids_same_as(unit)})
    facts = {"title": challenge.title, "reason": reason}
    tell(accounts=list(told), code=code, record=challenge, actor=actor, facts=facts)


def publish_sources(event: Event) -> None:
    """The need that a challenge was condensed from is published with it, as by a press of its own button."""
    for source in ChallengeSource.objects.filter(challenge=event.record, how=ChallengeSource.How.ORIGIN).select_related(
        "need"
    ):
        if source.need.state == states.ASSESSING:
            perform(actor=event.actor, record=source.need, verb="publish")


def tell_owners(event: Event) -> None:
    """The need owners of the organisation that asks."""
    ids = ids_same_as(event.record.organisation_id)
    _tell(event, list(holders({Role.NEED_OWNER}, Scope.ORGANISATION, ids)))


def _tell(event: Event, accounts: list[Account]) -> None:
    record = event.record
    if record.is_need_to_know:
        on_list = set(secrecy.knowers(record.kind, record.pk).values_list("pk", flat=True))
        accounts = [account for account in accounts if account.pk in on_list]
    # The title of a confidential record does not leave the record, not even to those on its list.
    title = record.public_id if record.is_need_to_know else record.title
    tell(
        accounts=accounts,
        code=f"need.{event.verb}",
        record=record,
        actor=event.actor,
        facts={"title": title, "reason": "" if record.is_need_to_know else event.reason},
    )
