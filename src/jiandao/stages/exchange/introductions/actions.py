"""Proposing introductions, taking part in them, and keeping what came of them."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.lifecycle.edits import values_of
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.kernel.programme import beside
from jiandao.stages.exchange.introductions import gate, policy, queries, states
from jiandao.stages.exchange.introductions.proposing import propose, tell_about_side
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Meeting, Outcome, Paper, Side
from jiandao.stages.people.models import Person

__all__ = ["agree", "consent", "mark_agreement", "meet", "propose", "report", "sign"]

reasons.add({"outcome.not_due": _("An outcome after %(months)s months is not due yet, or was reported.")})
COMMON_VERBS["report"] = _("report the outcome")
COMMON_VERBS["mark-agreement"] = _("mark as the non-disclosure agreement")
name_fact("side", _("side"), lambda code: str(dict(Side.choices).get(code, code)))
name_fact("months", _("after how many months"))
name_fact("use", _("where it stands"), lambda code: str(dict(Outcome.Use.choices).get(code, code)))
name_fact("on", _("on"))
name_fact("how", _("where"), lambda code: str(dict(Meeting.How.choices).get(code, code)))

COOPERATION_FIELDS = ("title", "cooperation_kind", "signed_on", "ends_on", "amount_fen", "contract_number")


@transaction.atomic
def consent(
    *,
    actor: Actor,
    introduction: Introduction,
    expected_version: int | None,
    contact: Person,
    wants_nda: bool = False,
    private: str = "",
) -> Introduction:
    """The actor's side wants the introduction, and says whom the other side may call. Opens it when nothing is missing."""
    with beside(introduction):
        fresh: Introduction = locked(introduction, expected_version)
        decide(actor, policy.TAKE_PART, fresh)
        own = [side for side in gate.sides_of(actor, fresh) if side in gate.missing_consents(fresh)]
        if fresh.state == states.PROPOSED and own:
            side = own[0]
            tell_about_side(fresh, side, contact, wants_nda, private)
            fresh.save(update_fields=[f"{side}_contact", f"{side}_wants_nda", f"{side}_private"])
        facts = {"side": own[0]} if own else {}
        done = perform(actor=actor, record=fresh, verb="consent", expected_version=expected_version, facts=facts)
        return _open_if_ready(actor, done)


@transaction.atomic
def mark_agreement(*, actor: Actor, introduction: Introduction, stored: StoredFile) -> Paper:
    """A paper of the actor's side is the non-disclosure agreement: the other side reads it once both have consented."""
    with beside(introduction):
        fresh: Introduction = locked(introduction)
        role = decide(actor, policy.ATTACH_TO_INTRODUCTION, fresh)
        paper: Paper = Paper.objects.get(introduction=fresh, file=stored)
        if paper.side not in gate.sides_of(actor, fresh):
            raise NotAllowed(Refused("introduction.paper_of_other", Aspect.STATE))
        paper.is_agreement = True
        paper.save(update_fields=["is_agreement"])
        facts = {"file": stored.name, "SHA-256": stored.digest, "side": paper.side}
        rule = policy.ATTACH_TO_INTRODUCTION.code
        journal.record(actor=actor, role=role, verb="mark-agreement", record=fresh, facts=facts, rule=rule)
        return paper


@transaction.atomic
def sign(
    *, actor: Actor, introduction: Introduction, expected_version: int | None, stored: StoredFile | None = None
) -> Introduction:
    """The actor's side has signed the agreement, `stored` or the one that it marked last. Opens the contact when nothing is
    missing. Where the signature is refused, `stored` is not marked and stays hidden from the other side."""
    with beside(introduction):
        if stored is not None:
            mark_agreement(actor=actor, introduction=introduction, stored=stored)
        fresh: Introduction = locked(introduction, expected_version)  # nobody takes the paper away meanwhile
        own = [side for side in gate.sides_of(actor, fresh) if side in gate.missing_signatures(fresh)]
        paper = gate.agreements(fresh).filter(side__in=own).first()
        facts = {}
        if paper is not None:
            facts = {"side": paper.side, "file": paper.file.name, "SHA-256": paper.file.digest}
        done = perform(actor=actor, record=fresh, verb="sign", expected_version=expected_version, facts=facts)
        return _open_if_ready(actor, done)


def _open_if_ready(actor: Actor, introduction: Introduction) -> Introduction:
    if allowed(actor, introduction)["open"]:
        return perform(actor=actor, record=introduction, verb="open")
    return introduction


@transaction.atomic
def meet(
    *, actor: Actor, introduction: Introduction, expected_version: int | None, values: dict[str, Any]
) -> Introduction:
    """Enter a meeting of the two sides; `values`: on, how, note."""
    facts = {"on": values["on"], "how": values["how"]}
    done = perform(actor=actor, record=introduction, verb="meet", expected_version=expected_version, facts=facts)
    assert actor.account is not None
    Meeting.objects.create(programme_id=done.programme_id, introduction=done, by=actor.account, **values)
    return done


@transaction.atomic
def agree(
    *, actor: Actor, introduction: Introduction, expected_version: int | None, values: dict[str, Any]
) -> CooperationRecord:
    """Enter what was agreed; the other side confirms it."""
    unknown = values.keys() - set(COOPERATION_FIELDS)
    if unknown:
        raise TypeError(f"unknown fields: {sorted(unknown)}")
    done = perform(actor=actor, record=introduction, verb="agree", expected_version=expected_version)
    made = CooperationRecord(
        programme_id=done.programme_id,
        created_by=actor.account,
        introduction=done,
        asker=done.asker,
        answerer=done.answerer,
        entered_by=gate.sides_of(actor, done)[0],
        **values,
    )
    made.save()
    after = values_of(made, COOPERATION_FIELDS)
    journal.record(actor=actor, verb="create", record=made, after=after, rule=policy.TAKE_PART.code)
    return made


@transaction.atomic
def report(*, actor: Actor, cooperation: CooperationRecord, months: int, values: dict[str, Any]) -> Outcome:
    """Say what came of a cooperation after so many months; `values`: use, paid_fen, sales_fen, note. Kept for ever."""
    with beside(cooperation):
        fresh: CooperationRecord = locked(cooperation)
        role = decide(actor, policy.REPORT_OUTCOME, fresh)
        reported = set(Outcome.objects.filter(cooperation=fresh).values_list("months", flat=True))
        if months not in queries.due_months(fresh, actor.today, reported):
            raise NotAllowed(Refused("outcome.not_due", Aspect.GUARD, {"months": months}))
        assert actor.account is not None
        made: Outcome = Outcome.objects.create(
            programme_id=fresh.programme_id, cooperation=fresh, months=months, by=actor.account, **values
        )
        facts = {"months": months, "use": made.use, "because": made.note}
        journal.record(
            actor=actor, role=role, verb="report", record=fresh, facts=facts, rule=policy.REPORT_OUTCOME.code
        )
        return made
