"""Guards: what must be there before an introduction or a cooperation goes on."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.policy import Allowed, Decision, Refused, reasons
from jiandao.kernel.policy.decisions import Aspect
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Side
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS

reasons.add(
    {
        "introduction.consented": _("Your side has consented already."),
        "introduction.no_nda": _("Neither side asked for a non-disclosure agreement."),
        "introduction.signed": _("Your side has signed already."),
        "introduction.no_paper": _("Attach the signed non-disclosure agreement first."),
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
    own = set(sides_of(actor, introduction)) & set(missing_consents(introduction))
    return Allowed() if own else Refused("introduction.consented")


def may_sign(actor: Actor, introduction: Introduction, at: datetime) -> Decision:
    if not introduction.wants_nda:
        return Refused("introduction.no_nda")
    if missing_consents(introduction):
        return both_consented(actor, introduction, at)
    if not set(sides_of(actor, introduction)) & set(missing_signatures(introduction)):
        return Refused("introduction.signed")
    papers = StoredFile.objects.filter(about_kind=introduction.kind, about_id=introduction.pk, removed_at__isnull=True)
    if not papers.exists():
        return Refused("introduction.no_paper")
    return Allowed()


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
