"""Guards: what a need or a result must hold before it may go on.

The six elements of a need are those of a real call for needs (Changsha 2023): the problem, core indicators, time limit,
ownership of intellectual property, money, and conditions on those who answer.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, secrecy
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.policy import Allowed, Decision, Refused, reasons
from jiandao.stages.exchange import policy, rules
from jiandao.stages.exchange.models import ActivityType, Need, ResearchResult

reasons.add(
    {
        "need.incomplete": _("Still missing: %(missing)s."),
        "need.too_long": _("Too long: %(long)s. At most %(limit)s characters each (edition %(edition)s of the rule)."),
        "need.deadline_over": _("The deadline for answers, %(deadline)s, is over; set a later one."),
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
