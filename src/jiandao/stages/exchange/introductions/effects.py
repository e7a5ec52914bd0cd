"""What follows from the verbs of introductions and cooperations: stamps, and who is told."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle.perform import Event
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.stages.exchange.introductions import gate
from jiandao.stages.exchange.models import (
    Capability,
    CooperationRecord,
    Introduction,
    Need,
    ResearchResult,
    SetAside,
    Side,
)
from jiandao.stages.people.queries import ids_same_as

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


def accounts_of(introduction: Introduction | CooperationRecord, side: Side) -> list[Account]:
    """Whom to tell on a side: whoever made its record while still acting for it, and those who answer for the unit."""
    if isinstance(introduction, CooperationRecord):
        introduction = introduction.introduction
    maker: Need | ResearchResult | Capability | None = introduction.need
    unit, roles = introduction.asker, {Role.NEED_OWNER}
    if side == Side.ANSWERER:
        unit, roles = introduction.answerer, {Role.RESEARCH_OFFICE}
        maker = introduction.result or introduction.capability
    ids = ids_same_as(unit.pk)
    told = list(holders(roles, Scope.ORGANISATION, ids))
    makers = {one for one in (maker.created_by_id if maker else None, introduction.created_by_id) if one is not None}
    everybody = {Role.NEED_OWNER, Role.UNIT_ADMINISTRATOR, Role.RESEARCHER, Role.RESEARCH_OFFICE}
    told += holders(everybody, Scope.ORGANISATION, ids).filter(pk__in=makers)
    return told or list(holders(everybody, Scope.ORGANISATION, ids))


def tell_sides(
    actor: Actor, record: Introduction | CooperationRecord, sides: list[Side], code: str, **facts: object
) -> None:
    """Tell the accounts of these sides, whoever acts excepted."""
    introduction = record.introduction if isinstance(record, CooperationRecord) else record
    for side in sides:
        tell(
            accounts=accounts_of(record, side),
            code=code,
            record=record,
            actor=actor,
            facts={"title": title_of(introduction), **facts},
        )


def _others(event: Event) -> list[Side]:
    """The sides that did not act; of somebody who acts for both, both."""
    record = event.record
    introduction = record.introduction if isinstance(record, CooperationRecord) else record
    own = gate.sides_of(event.actor, introduction)
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
    """Stamp the signature of each side that the actor acts for."""
    for side in set(gate.missing_signatures(event.record)) & set(gate.sides_of(event.actor, event.record)):
        _stamp(event, f"{side}_signed_at")


def _stamp(event: Event, name: str) -> None:
    setattr(event.record, name, event.at)
    event.record.save(update_fields=[name])
