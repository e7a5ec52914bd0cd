"""Guards: what a need or a result must hold before it may go on.

The six elements of a need are those of a real call for needs (Changsha 2023): the problem, core indicators, time limit,
ownership of intellectual property, money, and conditions on those who answer.
"""

from datetime import datetime
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, secrecy
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle import allowed
from jiandao.kernel.policy import Allowed, Decision, Refused, reasons
from jiandao.kernel.secrecy import Level
from jiandao.stages.exchange import policy, rules, states
from jiandao.stages.exchange.models import ActivityType, Challenge, ChallengeSource, Need, ResearchResult
from jiandao.stages.people.models import Organisation
from jiandao.stages.people.states import VERIFIED

reasons.add(
    {
        "need.incomplete": _("Still missing: %(missing)s."),
        "need.too_long": _("Too long: %(long)s. At most %(limit)s characters each (edition %(edition)s of the rule)."),
        "need.deadline_over": _("The deadline for answers, %(deadline)s, is over; set a later one."),
        "need.not_assessed": _("The department has not said yet whether the technology exists."),
        "need.unit_not_verified": _("%(organisation)s was not verified yet; verify its entry in the directory first."),
        "need.in_a_challenge": _(
            "It is part of the challenge “%(challenge)s”; take it up again when that is withdrawn."
        ),
        "need.being_worded": _(
            "The challenge “%(challenge)s” is being worded from it; publish that, and this need is published with it, or "
            "withdraw it."
        ),
        "challenge.incomplete": _("Still missing: %(missing)s."),
        "challenge.not_named": _(
            "The organisation that asks does not want to be named; only it can change that, in its need."
        ),
        "challenge.too_open": _(
            "The need behind it is %(level)s; only the organisation that asks can open it further, in its need."
        ),
        "challenge.source": _("The need “%(need)s” cannot be published: %(why)s"),
        "need.no_officer": _(
            "A need-to-know need must have a programme officer on its list who does not act for the organisation; "
            "otherwise nobody can check it."
        ),
        "result.no_text": _("Describe the result in at least %(least)s characters before you publish it."),
    }
)


LONG_TEXTS = ("problem", "goal", "conditions")


def missing_elements(need: Need) -> list[Any]:
    """What a need must state and does not yet, as labels in the order of the form."""
    missing: list[Any] = [
        label
        for value, label in (
            (need.problem.strip(), _("the problem")),
            (need.deadline, _("the deadline for answers")),
            (need.needed_by, _("the date by which the solution is needed")),
            (need.intellectual_property, _("who owns the intellectual property")),
            (need.budget_fen, _("the money to be spent")),
            (need.conditions.strip(), _("the conditions on those who answer")),
            (need.activity_type, _("the type of activity")),
            (need.direction_id, _("the direction")),
        )
        if not value
    ]
    if need.activity_type == ActivityType.BASIC:
        if not need.discipline_id:
            missing.append(_("the discipline (basic research names one)"))
    elif need.activity_type:
        if not need.field_id:
            missing.append(_("the technical field"))
        if not need.industry_id:
            missing.append(_("the industry of use"))
    indicators = list(need.indicators.all())
    if not indicators:
        missing.append(_("at least one indicator"))
    for number, indicator in enumerate(indicators, start=1):
        if not indicator.unit.strip():
            missing.append(_("unit of indicator %(number)s") % {"number": number})
        if not indicator.test_method.strip():
            missing.append(_("test method of indicator %(number)s") % {"number": number})
    return missing


def need_is_complete(actor: Actor, need: Need, at: datetime) -> Decision:
    missing = missing_elements(need)
    return Refused("need.incomplete", facts={"missing": missing}) if missing else Allowed()


def texts_are_short(actor: Actor, need: Need, at: datetime) -> Decision:
    """Asked when the need is handed in, not when it is published: a rule that changes between takes nothing back."""
    limit = rules.TEXT_LIMIT.at(at, need.programme_id)
    long = [
        _("%(field)s (%(count)s)") % {"field": need._meta.get_field(name).verbose_name, "count": count}  # type: ignore[union-attr]
        for name, count in ((one, len(getattr(need, one).strip())) for one in LONG_TEXTS)
        if count > limit.value
    ]
    if long:
        return Refused("need.too_long", facts={"long": long, "limit": limit.value, "edition": limit.named_edition})
    return Allowed()


def deadline_lies_ahead(actor: Actor, need: Need, at: datetime) -> Decision:
    if need.deadline is not None and need.deadline < clock.local(at).date():
        return Refused("need.deadline_over", facts={"deadline": need.deadline})
    return Allowed()


def an_officer_may_read_it(actor: Actor, need: Need, at: datetime) -> Decision:
    if not need.is_need_to_know:
        return Allowed()
    officers = holders({Role.PROGRAMME_OFFICER}, Scope.PROGRAMME, [need.programme_id])
    known = officers.filter(pk__in=secrecy.knowers(need.kind, need.pk).values("pk"))
    may = any(policy.CHECK_NEED.decide(load_actor(one), need, at) for one in known)
    return Allowed() if may else Refused("need.no_officer")


def result_is_described(actor: Actor, result: ResearchResult, at: datetime) -> Decision:
    least = rules.LEAST_DESCRIPTION.at(at, result.programme_id).value
    if len(result.text.strip()) < least:
        return Refused("result.no_text", facts={"least": least})
    return Allowed()


def was_assessed(actor: Actor, need: Need, at: datetime) -> Decision:
    """After the last form check, not only before it: what was returned and mended is looked at again."""
    passed, assessed = need.form_passed_at, need.assessed_at
    done = assessed is not None and (passed is None or assessed >= passed)
    return Allowed() if done else Refused("need.not_assessed")


def unit_is_verified(actor: Actor, need: Need, at: datetime) -> Decision:
    """Its own entry, or the one that stands for it."""
    unit = need.organisation
    stands_for_it = cast(Organisation | None, unit.canonical)
    known = VERIFIED in {unit.state, stands_for_it.state if stands_for_it is not None else ""}
    return Allowed() if known else Refused("need.unit_not_verified", facts={"organisation": unit.name})


def challenge_is_gone(actor: Actor, need: Need, at: datetime) -> Decision:
    """A need that joined a challenge comes back only when that was withdrawn."""
    if need.state != states.MERGED:
        return Allowed()
    joined = ChallengeSource.objects.filter(need=need, how=ChallengeSource.How.MERGED).select_related("challenge")
    for source in joined:
        if source.challenge.state != states.WITHDRAWN:
            return Refused("need.in_a_challenge", facts={"challenge": source.challenge.title})
    return Allowed()


def challenge_is_complete(actor: Actor, challenge: Challenge, at: datetime) -> Decision:
    missing: list[Any] = []
    if not challenge.text.strip():
        missing.append(_("the problem"))
    if not list(challenge.indicators.all()):
        missing.append(_("at least one indicator"))
    if missing:
        return Refused("challenge.incomplete", facts={"missing": missing})
    if challenge.deadline < clock.local(at).date():
        return Refused("need.deadline_over", facts={"deadline": challenge.deadline})
    return Allowed()


def sources_may_be_published(actor: Actor, challenge: Challenge, at: datetime) -> Decision:
    """The need that it was condensed from passes its own guards, or was published before."""
    origins = ChallengeSource.objects.filter(challenge=challenge, how=ChallengeSource.How.ORIGIN)
    for source in origins.select_related("need__organisation__canonical"):
        if source.need.state == states.PUBLISHED:
            continue
        answer = allowed(actor, source.need)["publish"]
        if isinstance(answer, Refused) and answer.code != "need.being_worded":  # it is this one that is worded
            return Refused("challenge.source", facts={"need": source.need.title, "why": answer.sentence})
    return Allowed()


def nothing_is_worded(actor: Actor, need: Need, at: datetime) -> Decision:
    """While a challenge is worded from it, the need is not published in its own words beside that."""
    drafts = ChallengeSource.objects.filter(need=need, how=ChallengeSource.How.ORIGIN, challenge__state=states.DRAFT)
    draft = drafts.select_related("challenge").first()
    return Refused("need.being_worded", facts={"challenge": draft.challenge.title}) if draft is not None else Allowed()


_HOW_CLOSED: dict[str, int] = {level: place for place, level in enumerate((Level.PUBLIC, Level.INTERNAL))}


def wishes_overridden(challenge: Challenge) -> list[tuple[str, Refused]]:
    """Where a challenge tells more than the organisation wished whose need it was made from: field and refusal."""
    found: dict[str, Refused] = {}
    made = ChallengeSource.objects.with_scopes_disabled().filter(  # type: ignore[attr-defined]
        challenge=challenge, how=ChallengeSource.How.ORIGIN
    )
    for source in made.select_related("need"):
        need = source.need
        if need.anonymous and challenge.issuer_shown:
            found["issuer_shown"] = Refused("challenge.not_named")
        closed = _HOW_CLOSED.get(need.secrecy, len(_HOW_CLOSED))
        if _HOW_CLOSED.get(challenge.secrecy, len(_HOW_CLOSED)) < closed:
            found["secrecy"] = Refused("challenge.too_open", facts={"level": need.get_secrecy_display()})
    return list(found.items())


def wishes_are_kept(actor: Actor, challenge: Challenge, at: datetime) -> Decision:
    """Asked again when it is published: the need may have been returned and closed further in between."""
    return next((refused for _field, refused in wishes_overridden(challenge)), Allowed())
