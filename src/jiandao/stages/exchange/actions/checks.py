"""The department's check whether the technology that a need asks for exists already."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked, save_version
from jiandao.kernel.policy.access import decide
from jiandao.kernel.programme import beside
from jiandao.stages.exchange import effects, policy
from jiandao.stages.exchange.actions.records import known
from jiandao.stages.exchange.models import Need, ResearchResult, TechnologyCheck

COMMON_VERBS["assess"] = _("technology check")
name_fact(
    "verdict", _("does the technology exist?"), lambda code: str(dict(TechnologyCheck.Verdict.choices).get(code, code))
)
name_fact("where", _("where, at whom"))
name_fact("trl", _("at which readiness level"))
name_fact("note", _("opinion of the department"))
name_fact("answers", _("results that answer it"))

CHECK_FIELDS = ("verdict", "where", "trl", "note")


@transaction.atomic
def assess(
    *, actor: Actor, need: Need, expected_version: int, values: dict[str, Any], results: Sequence[ResearchResult] = ()
) -> TechnologyCheck:
    """Say whether the technology exists, where and how mature, and which results answer the need.

    Earlier answers stay; the newest counts. StaleRecord when the need changed since the caller read it.
    """
    with beside(need):
        fresh: Need = locked(need, expected_version)
        role = decide(actor, policy.ASSESS_NEED, fresh)
        assert actor.account is not None  # the rule lets nobody else through
        check: TechnologyCheck = TechnologyCheck.objects.create(
            programme_id=fresh.programme_id, need=fresh, by=actor.account, **known(values, CHECK_FIELDS)
        )
        check.results.set(results)
        fresh.assessed_at = clock.now()
        save_version(fresh, ["assessed_at"])
        facts = {
            "verdict": check.verdict,
            "where": check.where,
            "trl": str(check.trl) if check.trl else "",
            "note": check.note,
            "answers": [one.public_id for one in results],  # titles may become confidential
        }
        journal.record(actor=actor, role=role, verb="assess", record=fresh, facts=facts, rule=policy.ASSESS_NEED.code)
        effects.tell_assessed(actor, fresh)
        return check
