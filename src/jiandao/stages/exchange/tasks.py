"""What needs wait for, and from whom: my desk shows it, and the list of needs filters by it."""

from dataclasses import dataclass

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy import Rule
from jiandao.kernel.policy.rules import EVERYTHING
from jiandao.stages.exchange import policy, states


@dataclass(frozen=True)
class Task:
    """Needs in these states wait for somebody with this role, who may do it by this rule."""

    code: str
    title: str | Promise
    what: str | Promise
    role: Role
    states: frozenset[str]
    rule: Rule
    more: Q = EVERYTHING

    def q(self, actor: Actor) -> Q:
        """The needs that wait for this actor."""
        return self.rule.q(actor) & states.need_reader.q(self.states, actor.at) & self.more


TASKS = (
    Task(
        "check", _("Needs to be checked"), _("Check the form"), Role.PROGRAMME_OFFICER, states.NEED_IN_FORM_CHECK,
        policy.CHECK_NEED,
    ),
    Task(
        "assess", _("Technology to be checked"), _("Say whether it exists"), Role.DEPARTMENT,
        frozenset({states.ASSESSING}), policy.ASSESS_NEED, Q(assessed_at__isnull=True) | Q(assessed_at__lt=F("form_passed_at")),
    ),
    Task(
        "decide", _("Needs to be decided"), _("Publish, merge, return or reject"), Role.PROGRAMME_OFFICER,
        frozenset({states.ASSESSING}), policy.CHECK_NEED, Q(assessed_at__gte=F("form_passed_at")),
    ),
    Task(
        "mend", _("Returned needs"), _("Mend and submit again"), Role.NEED_OWNER, frozenset({states.RETURNED}),
        policy.EDIT_NEED,
    ),
    Task(
        "complete", _("Drafts"), _("Complete and submit"), Role.NEED_OWNER, frozenset({states.DRAFT}),
        policy.EDIT_NEED,
    ),
)  # fmt: skip
