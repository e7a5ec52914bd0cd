"""What follows from the verbs of introductions and cooperations: stamps, and who is told."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, Event, locked, save_version
from jiandao.kernel.lifecycle.table import CAUSES
from jiandao.kernel.notifications import MESSAGES, tell_all
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.stages.exchange.introductions import gate, policy, states
from jiandao.stages.exchange.models import (
    Capability,
    Challenge,
    CooperationRecord,
    Introduction,
    Need,
    ResearchResult,
    SetAside,
    Side,
)
from jiandao.stages.people.models import Organisation

ENDED = "end.withdrawn"
CAUSES[ENDED] = _("what it was about is no longer asked or offered")
COMMON_VERBS["resume"] = _("go on with the talks")
name_fact("cooperation", _("cooperation"))
reasons.add(
    {"introduction.no_contact": _("Say whom the other side may call; consent on the page of the introduction.")}
)
MESSAGES.update(
    {
        "introduction.propose": _("An introduction is proposed to you: %(title)s"),
        "introduction.consent": _("The other side wants to be introduced: %(title)s"),
        "introduction.sign": _("The other side has signed the non-disclosure agreement: %(title)s"),
        "introduction.open": _("You can call each other now: %(title)s"),
        "introduction.meet": _("A meeting was entered: %(title)s"),
        "introduction.decline": _("The other side does not want the introduction: %(title)s. Reason: %(reason)s"),
        "introduction.close": _("An introduction was closed: %(title)s. Reason: %(reason)s"),
        "introduction.agree": _("A cooperation was entered; confirm it: %(title)s"),
        "introduction.remind": _("Nothing has happened for %(days)s days; it is your turn: %(title)s"),
        "introduction.end": _("An introduction has ended; what it was about is no longer asked or offered: %(title)s"),
        "cooperation.remind": _("A cooperation waits for your confirmation for %(days)s days: %(title)s"),
        "cooperation.dispute": _("The other side disputes what you entered: %(title)s. Reason: %(reason)s"),
        "cooperation.take-back": _("The other side took back what it had entered: %(title)s. Reason: %(reason)s"),
        "cooperation.confirm": _("The other side has confirmed the cooperation: %(title)s"),
        "cooperation.finish": _("A cooperation was finished: %(title)s"),
        "cooperation.stop": _("A cooperation was given up: %(title)s. Reason: %(reason)s"),
        "cooperation.outcome": _("What came of it after %(months)s months? %(title)s"),
    }
)


def hides_asker(introduction: Introduction) -> bool:
    """The asker did not want to be named, and not both sides have consented. Who signs with whom must be known before."""
    if not gate.missing_consents(introduction):
        return False
    need, challenge = introduction.need, introduction.challenge
    return (need is not None and need.anonymous) or (challenge is not None and not challenge.issuer_shown)


def title_of(introduction: Introduction) -> str:
    """What it is about, in words that both sides may read: those of the challenge where there is one."""
    about = introduction.challenge or introduction.need or introduction.result or introduction.capability
    if about is None or about.is_need_to_know:
        return introduction.public_id
    return str(about.title)


# Who answers for a unit on either side, and who may be told because the record is their own.
_IN_CHARGE = {Side.ASKER: {Role.NEED_OWNER}, Side.ANSWERER: {Role.RESEARCH_OFFICE}}
_ANYBODY = {Role.NEED_OWNER, Role.UNIT_ADMINISTRATOR, Role.RESEARCHER, Role.RESEARCH_OFFICE}


def _about(record: Introduction | CooperationRecord) -> Introduction:
    return record.introduction if isinstance(record, CooperationRecord) else record


def _unit(introduction: Introduction, side: Side) -> Organisation:
    return introduction.asker if side == Side.ASKER else introduction.answerer


def accounts_of(sides: Sequence[tuple[Introduction, Side]]) -> list[list[Account]]:
    """Whom to tell on each side: whoever made its record while still acting for it, and those who answer for the unit.

    Where nobody does, all who act for it. Two queries, however many sides.
    """
    units = {_unit(introduction, side).same_id for introduction, side in sides}
    same = dict(Organisation.objects.filter(same_id__in=units).values_list("pk", "same_id"))
    grants = RoleGrant.objects.filter(
        scope=Scope.ORGANISATION, scope_id__in=list(same), role__in=_ANYBODY,
        account__is_active=True, account__is_service=False,
    ).at(clock.now()).select_related("account").order_by("account", "pk")  # fmt: skip
    acting: dict[int, list[RoleGrant]] = defaultdict(list)
    for grant in grants:
        acting[same[grant.scope_id or 0]].append(grant)
    found = []
    for introduction, side in sides:
        here = acting[_unit(introduction, side).same_id]
        maker: Any = introduction.need if side == Side.ASKER else introduction.result or introduction.capability
        makers = {introduction.created_by_id, maker.created_by_id if maker is not None else None}
        told = [one.account for one in here if one.role in _IN_CHARGE[side] or one.account_id in makers]
        found.append(told or [one.account for one in here])
    return found


Told = tuple[Introduction | CooperationRecord, list[Side], dict[str, object]]


def tell_many(actor: Actor, told: Sequence[Told], code: str) -> None:
    """Tell the accounts of these sides of these records of one programme, whoever acts excepted."""
    pairs = [(_about(record), side) for record, sides, _facts in told for side in sides]
    accounts = iter(accounts_of(pairs))
    tell_all(
        told=[
            (
                [account for _side in sides for account in next(accounts)],
                record,
                {"title": title_of(_about(record)), **facts},
            )
            for record, sides, facts in told
        ],
        code=code,
        actor=actor,
    )


def tell_sides(
    actor: Actor, record: Introduction | CooperationRecord, sides: list[Side], code: str, **facts: object
) -> None:
    """Tell the accounts of these sides, whoever acts excepted."""
    tell_many(actor, [(record, sides, facts)], code)


def _others(event: Event) -> list[Side]:
    """The sides that did not act; of somebody who acts for both, both."""
    own = gate.sides_of(event.actor, _about(event.record))
    return [side for side in (Side.ASKER, Side.ANSWERER) if side not in own] or own


def tell_others(event: Event) -> None:
    """The other side."""
    kind = "cooperation" if isinstance(event.record, CooperationRecord) else "introduction"
    tell_sides(event.actor, event.record, _others(event), f"{kind}.{event.verb}", reason=event.reason)


def tell_both(event: Event) -> None:
    tell_sides(event.actor, event.record, [Side.ASKER, Side.ANSWERER], f"introduction.{event.verb}")


def take_consent(event: Event) -> None:
    """Stamp the consent of the side that `facts["side"]` names, which has said whom the other side may call."""
    record, side = event.record, event.facts.get("side", "")
    if side not in gate.sides_of(event.actor, record) or getattr(record, f"{side}_contact_id") is None:
        raise NotAllowed(Refused("introduction.no_contact"))
    setattr(record, f"{side}_consented_by", event.actor.account)
    record.save(update_fields=[f"{side}_consented_by"])
    _stamp(event, f"{side}_consented_at")


# A no to an introduction in the words in which a match is set aside.
_SET_ASIDE = {"money": SetAside.Why.PRICE, "time": SetAside.Why.OTHER}


def keep_who_closed(event: Event) -> None:
    """Which side did not want it (any more)."""
    event.record.closed_by = next(iter(gate.sides_of(event.actor, event.record)), "")
    event.record.save(update_fields=["closed_by"])


def keep_the_no(event: Event) -> None:
    """The no counts on the match pages, too, and is taken back there."""
    record, actor = event.record, event.actor
    question, answer = record.need or record.challenge, record.result or record.capability
    if question is None or answer is None or actor.account is None or not record.closed_by:
        return
    if record.challenge is not None and hides_asker(record):  # the need might name it
        question = record.challenge
    why = event.facts["cause"].removeprefix("decline.")
    pair = {"need": None, "challenge": None, _field(question): question, _field(answer): answer}
    SetAside.objects.get_or_create(
        side=record.closed_by,
        organisation=record.asker if record.closed_by == Side.ASKER else record.answerer,
        taken_back_at=None,
        **pair,
        defaults={
            "why": _SET_ASIDE.get(why, why),
            "note": event.reason[:500],
            "by": actor.account,
            "programme_id": record.programme_id,
        },
    )


def _field(record: Any) -> str:
    return str(record.kind.rpartition(".")[2])


def take_signature(event: Event) -> None:
    """Stamp the signature of the side that `facts["side"]` names, and the paper that carries it."""
    record, side = event.record, event.facts.get("side", "")
    paper = gate.agreements(record).filter(side=side).first()
    if side not in gate.sides_of(event.actor, record) or paper is None:
        raise NotAllowed(Refused("introduction.no_paper"))
    paper.signed_at = event.at
    paper.save(update_fields=["signed_at"])
    _stamp(event, f"{side}_signed_at")


def _stamp(event: Event, name: str) -> None:
    setattr(event.record, name, event.at)
    event.record.save(update_fields=[name])


def void(event: Event) -> None:
    """What was entered does not stand: the introduction goes on where it was."""
    record = event.record
    introduction: Introduction = locked(record.introduction)
    before = introduction.state
    introduction.state = states.MET if introduction.met_at is not None else states.OPEN
    introduction.agreed_at = None
    save_version(introduction, ["state", "agreed_at"])
    journal.record(
        actor=event.actor,
        verb="resume",
        record=introduction,
        before={"state": before},
        after={"state": introduction.state},
        facts={"cooperation": record.public_id},
        reason=event.reason,
        rule=policy.CONFIRM_COOPERATION.code if event.verb == "dispute" else policy.TAKE_BACK_COOPERATION.code,
    )


def end_waiting_with(event: Event) -> None:
    """As an effect of a verb by which a record is not asked or offered any more."""
    end_waiting(record=event.record, actor=event.actor, reason=event.reason)


def end_waiting(*, record: Need | Challenge | ResearchResult | Capability, actor: Actor, reason: str) -> int:
    """Introductions over a record that is not asked or offered any more end, unless the two know each other already.

    Both sides are told; the reason in words stays in the journal, which the office reads: it is said to nobody who
    could learn from it who asks. How many.
    """
    related = ("need", "challenge", "result", "capability", "asker", "answerer")
    waiting = Introduction.everywhere().filter(**{_field(record): record}, state=states.PROPOSED)
    found = list(waiting.select_for_update(of=("self",)).select_related(*related).order_by("pk"))
    for introduction in found:
        introduction.state, introduction.close_cause = states.DECLINED, ENDED
        introduction.closed_at = clock.now()
        save_version(introduction, ["state", "close_cause", "closed_at"])
        journal.record(
            actor=actor,
            verb="end",
            record=introduction,
            before={"state": states.PROPOSED},
            after={"state": states.DECLINED},
            facts={"cause": ENDED},
            reason="" if getattr(record, "is_need_to_know", False) else reason,
        )
    tell_many(actor, [(one, [Side.ASKER, Side.ANSWERER], {}) for one in found], "introduction.end")
    return len(found)
