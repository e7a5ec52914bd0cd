"""Building the demonstration programme: organisations, needs, results and experts of a plan, and what came of them.

What visitors meet first is told through the actions that people use; the mass around it is written in bulk, as an
import brings it in, with stamps, checks, lineage and a journal. Nothing of it is of a real organisation or person.
"""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from jiandao.engines.files import BadInputError
from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.programme import Programme, in_programme
from jiandao.stages.people.models import Organisation
from jiandao.web.demonstration import loading, meeting, stories
from jiandao.web.demonstration.composing import SMALL, Plan
from jiandao.web.demonstration.composing.organisations import kind_of, organisation
from jiandao.web.demonstration.loading import Frame, Report
from jiandao.web.demonstration.players import FIRM, INVESTOR, RECOMMENDER, UNIVERSITY, give_roles, make_accounts

SLUG = "demo"


def build(plan: Plan = SMALL, report: Report = lambda what, done, total: None) -> Programme:
    """The demonstration programme; the one that is there is left as it is, of whatever size.

    BadInputError beside anything that is not of a demonstration.
    """
    _refuse_beside_real_records()
    found = Programme.objects.filter(slug=SLUG).first()
    if found is not None:
        return found
    with transaction.atomic():
        programme = Programme.objects.create(
            slug=SLUG,
            name_zh="尖刀技术攻关工程（演示）",
            name_en="Spearhead programme (demonstration)",
            is_demonstration=True,
        )
        frame = Frame(programme, plan, report)
        with clock.frozen(frame.first):
            frame.act_as(make_accounts())
        loading.load_organisations(frame)
        with clock.frozen(frame.first):
            homes = {FIRM: _home(plan, frame), UNIVERSITY: Organisation.objects.get(pk=frame.units[0].pk)}
            homes |= {kind: _first_of(kind, frame) for kind in (INVESTOR, RECOMMENDER)}
            give_roles(programme, frame.accounts, homes)
        with in_programme(programme):
            _fill(frame, homes)
        Notification.objects.filter(created_at__lt=clock.now() - timedelta(days=14)).update(read_at=clock.now())
    return programme


def _refuse_beside_real_records() -> None:
    real = (
        Programme.objects.filter(is_demonstration=False),
        Organisation.objects.filter(is_demonstration=False),
        Account.objects.filter(is_demonstration=False, is_service=False),
    )
    if any(records.exists() for records in real):
        raise BadInputError(
            _(
                "This database holds records that are not of a demonstration; its accounts with known passwords are never "
                "put beside them. Unset DATABASE_URL, or name an empty database and another JIANDAO_DATA."
            )
        )


def _home(plan: Plan, frame: Frame) -> Organisation:
    """The enterprise that visitors sign in as: of the first field, with a register entry of its own, verified."""
    for index, unit in enumerate(frame.units):
        text = organisation(plan, index) if unit.verified and kind_of(index) == "enterprise" else None
        if text is not None and text.field == 0 and text.tie is None and text.same_as is None:
            return Organisation.objects.get(pk=unit.pk)
    raise ValueError(f"a demonstration of {plan.organisations} organisations has no enterprise for its visitors")


def _first_of(kind: str, frame: Frame) -> Organisation:
    """The first organisation of a kind that was verified."""
    return next(
        Organisation.objects.get(pk=unit.pk)
        for index, unit in enumerate(frame.units)
        if unit.verified and kind_of(index) == kind
    )


def _fill(frame: Frame, homes: dict[str, Organisation]) -> None:
    told = stories.tell_needs(frame.programme, frame.plan, homes[FIRM], frame.accounts)
    questions = loading.load_needs(frame, told)
    answers = loading.load_results(frame)
    loading.load_introductions(frame, questions, answers)
    loading.load_experts(frame)
    loading.load_capabilities(frame)
    start = clock.now() - timedelta(days=stories.DAYS)
    meeting.build(frame.programme, homes[UNIVERSITY], homes[FIRM], frame.accounts, start)
