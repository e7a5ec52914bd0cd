"""Guards: what must be there before an introduction or a cooperation goes on."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.policy import Allowed, Decision, Refused, reasons
from jiandao.kernel.policy.decisions import Aspect
from jiandao.stages.exchange import states as exchange_states
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Paper, Side
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS
from jiandao.stages.people.queries import ids_same_as

NAMED = 5  # so many colleagues a refusal names

reasons.add(
    {
        "introduction.consented": _("Your side has consented already."),
        "introduction.no_nda": _("Neither side asked for a non-disclosure agreement."),
        "introduction.signed": _("Your side has signed already."),
        "introduction.no_paper": _("Attach the non-disclosure agreement that your own side has signed first."),
        "introduction.one_person": _(
            "You have spoken for the other side already; for %(organisation)s somebody else does: %(who)s."
        ),
        "introduction.question_over": _("The question takes no answers any more."),
        "introduction.answer_gone": _("The answer is not offered any more."),
        "introduction.waits_for": _("It waits for the consent of %(sides)s."),
        "introduction.waits_for_paper": _("It waits for the signature of %(sides)s."),
        "cooperation.not_over": _("It ends on %(day)s; give it up if it does not go on."),
    }
)


# Under which roles somebody speaks for a side: those of the clauses of `policy.TAKE_PART`.
ROLES = {Side.ASKER: ASKERS, Side.ANSWERER: ANSWERERS}


def roles_for(actor: Actor, introduction: Introduction) -> list[Side]:
    """The sides for which the actor holds a role that speaks for them; one person may hold one on either side."""
    units = {Side.ASKER: introduction.asker.same_id, Side.ANSWERER: introduction.answerer.same_id}
    return [
        side
        for side, roles in ROLES.items()
        if any(units[side] in actor.scopes(Role(role), Scope.ORGANISATION) for role in roles)
    ]


def sides_of(actor: Actor, introduction: Introduction) -> list[Side]:
    """The sides that the actor acts for: whoever has spoken for one of them does not speak for the other."""
    sides = roles_for(actor, introduction)
    spoken = [
        side
        for side in sides
        if actor.account_id is not None and getattr(introduction, f"{side}_consented_by_id") == actor.account_id
    ]
    return spoken or sides


def missing_consents(introduction: Introduction) -> list[Side]:
    """The sides that have not consented."""
    return [side for side in (Side.ASKER, Side.ANSWERER) if getattr(introduction, f"{side}_consented_at") is None]


def missing_signatures(introduction: Introduction) -> list[Side]:
    """The sides that have not signed; none when no agreement is wanted."""
    if not introduction.wants_nda:
        return []
    return [side for side in (Side.ASKER, Side.ANSWERER) if getattr(introduction, f"{side}_signed_at") is None]


def may_consent(actor: Actor, introduction: Introduction, at: datetime) -> Decision:
    missing = missing_consents(introduction)
    return _for_own_side(actor, introduction, missing, Refused("introduction.consented"))


def _for_own_side(actor: Actor, introduction: Introduction, missing: list[Side], done: Refused) -> Decision:
    """Allowed for a missing side that the actor acts for; `done` when none of its sides is missing."""
    if set(sides_of(actor, introduction)) & set(missing):
        return Allowed()
    for side in roles_for(actor, introduction):
        if side in missing:
            return one_person(actor, introduction, side)
    return done


def one_person(actor: Actor, introduction: Introduction, side: Side) -> Refused:
    """Nobody speaks for both sides; who else can for this one."""
    unit = introduction.asker if side == Side.ASKER else introduction.answerer
    found = holders({Role(role) for role in ROLES[side]}, Scope.ORGANISATION, ids_same_as(unit.pk))
    names = names_of(set(found.exclude(pk=actor.account_id or 0).order_by("pk").values_list("pk", flat=True)[:NAMED]))
    who: list[Any] = sorted(names.values()) or [_("nobody yet; its administrator can give somebody a role")]
    return Refused("introduction.one_person", facts={"organisation": unit.name, "who": who})


def another_person(actor: Actor, cooperation: CooperationRecord, at: datetime) -> Decision:
    """Whoever entered an agreement, or has spoken for the side that did, does not confirm it for the other side."""
    introduction, entered = cooperation.introduction, Side(cooperation.entered_by)
    spoke = {cooperation.created_by_id, getattr(introduction, f"{entered}_consented_by_id")}
    if actor.account_id not in spoke:
        return Allowed()
    return one_person(actor, introduction, Side.ANSWERER if entered == Side.ASKER else Side.ASKER)


def is_live(actor: Actor, introduction: Introduction, at: datetime) -> Decision:
    """What it is about is still asked and still offered."""
    need, challenge = introduction.need, introduction.challenge
    if need is not None:
        joined = challenge is not None and need.state == exchange_states.MERGED
        if not joined and exchange_states.need_reader.of(need, at) != exchange_states.PUBLISHED:
            return Refused("introduction.question_over")
    if challenge is not None and exchange_states.challenge_reader.of(challenge, at) != exchange_states.PUBLISHED:
        return Refused("introduction.question_over")
    answer = introduction.result or introduction.capability
    if answer is not None and answer.state != exchange_states.PUBLISHED:
        return Refused("introduction.answer_gone")
    return Allowed()


def live(at: datetime) -> Q:
    """The twin of `is_live`."""
    today = clock.local(at).date()
    in_time = Q(need__deadline__isnull=True) | Q(need__deadline__gte=today)
    asked = Q(need__isnull=True) | Q(need__state=exchange_states.PUBLISHED) & in_time
    joined = Q(need__state=exchange_states.MERGED, challenge__isnull=False)
    takes = Q(challenge__state=exchange_states.PUBLISHED, challenge__deadline__gte=today)
    offered = Q(result__isnull=True) | Q(result__state=exchange_states.PUBLISHED)
    lent = Q(capability__isnull=True) | Q(capability__state=exchange_states.PUBLISHED)
    return (asked | joined) & (Q(challenge__isnull=True) | takes) & offered & lent


def may_sign(actor: Actor, introduction: Introduction, at: datetime) -> Decision:
    if not introduction.wants_nda:
        return Refused("introduction.no_nda")
    if missing_consents(introduction):
        return both_consented(actor, introduction, at)
    missing = missing_signatures(introduction)
    answer = _for_own_side(actor, introduction, missing, Refused("introduction.signed"))
    if not answer:
        return answer
    own = set(sides_of(actor, introduction)) & set(missing)
    if not agreements(introduction).filter(side__in=own).exists():
        return Refused("introduction.no_paper")
    return Allowed()


def agreements(introduction: Introduction) -> QuerySet[Paper]:
    """The files that a side has marked as the non-disclosure agreement and not removed, newest first."""
    found = Paper.everywhere().filter(introduction=introduction, is_agreement=True, file__removed_at__isnull=True)
    return found.select_related("file").order_by("-pk")


def both_consented(actor: Actor, introduction: Introduction, at: datetime) -> Decision:
    missing = missing_consents(introduction)
    if missing:
        return Refused("introduction.waits_for", Aspect.GUARD, {"sides": [side.label for side in missing]})
    return Allowed()


def both_signed(actor: Actor, introduction: Introduction, at: datetime) -> Decision:
    missing = missing_signatures(introduction)
    if missing:
        return Refused("introduction.waits_for_paper", Aspect.GUARD, {"sides": [side.label for side in missing]})
    return Allowed()


def is_over(actor: Actor, cooperation: CooperationRecord, at: datetime) -> Decision:
    ends = cooperation.ends_on
    if ends is not None and ends > clock.local(at).date():
        return Refused("cooperation.not_over", facts={"day": ends})
    return Allowed()
