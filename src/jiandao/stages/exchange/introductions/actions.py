"""Proposing introductions, taking part in them, and keeping what came of them."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.lifecycle.edits import values_of
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.kernel.programme import Programme, beside
from jiandao.kernel.secrecy import SHARED
from jiandao.stages.exchange import refusals, rules
from jiandao.stages.exchange.introductions import effects, gate, policy, queries, states
from jiandao.stages.exchange.models import (
    Capability,
    Challenge,
    ChallengeSource,
    CooperationRecord,
    Introduction,
    Meeting,
    Need,
    Offer,
    Outcome,
    ResearchResult,
    SetAside,
    Side,
)
from jiandao.stages.exchange.offers import policy as policy_of_offers
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS
from jiandao.stages.people.models import Organisation, Person
from jiandao.stages.people.queries import members_of

reasons.add(
    {
        "introduction.not_a_side": _("You act for neither of the two organisations."),
        "introduction.same_unit": _("Both are of one organisation; they need no introduction."),
        "introduction.question_over": _("The question takes no answers any more."),
        "introduction.answer_gone": _("The answer is not offered any more."),
        "introduction.secret": _(
            "What is need-to-know is shown by putting people on its list, not by an introduction."
        ),
        "introduction.hidden": _("A need without the name of its organisation is reached by its challenge."),
        "introduction.exists": _("These two were introduced over it already; see %(id)s."),
        "introduction.set_aside": _("One side has said that this is not the right one: %(why)s."),
        "introduction.no_partner": _(
            "The other side has said that it does not want to work with this partner over it."
        ),
        "introduction.too_many": _("%(most)s proposals of yours wait for an answer; more are too many."),
        "introduction.not_a_member": _("The contact must work in your organisation."),
        "outcome.not_due": _("An outcome after %(months)s months is not due yet, or was reported."),
    }
)
COMMON_VERBS["report"] = _("report the outcome")
name_fact("side", _("side"), lambda code: str(dict(Side.choices).get(code, code)))
name_fact("months", _("after how many months"))
name_fact("use", _("where it stands"), lambda code: str(dict(Outcome.Use.choices).get(code, code)))
name_fact("on", _("on"))
name_fact("how", _("where"), lambda code: str(dict(Meeting.How.choices).get(code, code)))

Question = Need | Challenge
Answer = ResearchResult | Capability
COOPERATION_FIELDS = ("title", "cooperation_kind", "signed_on", "ends_on", "amount_fen", "contract_number")


@transaction.atomic
def propose(
    *,
    actor: Actor,
    programme: Programme,
    question: Question | None = None,
    answer: Answer | None = None,
    message: str,
    contact: Person | None = None,
    wants_nda: bool = False,
    private: str = "",
    asker: Organisation | None = None,
    answerer: Organisation | None = None,
) -> Introduction:
    """Propose that who asks meets who answers.

    Without an answer, `answerer` says which organisation has one; without a question, `asker` says who wants to know
    more of the answer.

    A side that proposes consents with it and says whom to call; the office and technology managers propose for both.
    """
    role = decide(actor, policy.PROPOSE, programme)
    need, challenge = _question(actor, question) if question is not None else (None, None)
    asker = _asker(need, challenge) or asker
    answerer = _offered(programme, answer).organisation if answer is not None else answerer
    assert asker is not None
    assert answerer is not None
    if asker.same_id == answerer.same_id:
        raise NotAllowed(Refused("introduction.same_unit", Aspect.STATE))
    made = Introduction(
        programme=programme,
        created_by=actor.account,
        need=need,
        challenge=challenge,
        result=answer if isinstance(answer, ResearchResult) else None,
        capability=answer if isinstance(answer, Capability) else None,
        asker=asker,
        answerer=answerer,
        message=message.strip(),
        proposed_by=_proposer(actor, asker, answerer),
    )
    _refuse_what_was_refused(made)
    _refuse_too_many(actor, made)
    if made.proposed_by != Side.OFFICE:
        side = Side(made.proposed_by)
        _tell_about_side(made, side, contact, wants_nda, private)
        setattr(made, f"{side}_consented_at", clock.now())
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as twice:
        raise NotAllowed(Refused("introduction.exists", Aspect.STATE, {"id": _same_as(made)})) from twice
    facts = {"side": made.proposed_by}
    after = {"message": made.message}
    journal.record(
        actor=actor, role=role, verb="create", record=made, after=after, facts=facts, rule=policy.PROPOSE.code
    )
    effects.tell_sides(actor, made, gate.missing_consents(made), "introduction.propose")
    _take_up_offers(actor, made)
    return made


def _asker(need: Need | None, challenge: Challenge | None) -> Organisation | None:
    if need is not None:
        return need.organisation
    return challenge.issuer if challenge is not None else None


def _offered(programme: Programme, answer: Answer) -> Answer:
    """The answer, if it is offered to those who are not on a list."""
    if answer.programme_id != programme.pk or answer.state != "published":
        raise NotAllowed(Refused("introduction.answer_gone", Aspect.STATE))
    if answer.secrecy not in SHARED:
        raise NotAllowed(Refused("introduction.secret", Aspect.STATE))
    return answer


def _take_up_offers(actor: Actor, made: Introduction) -> None:
    """An offer of the same result to the side that asks is answered by the proposal."""
    if made.result is None:
        return
    for offer in Offer.objects.filter(result=made.result, organisation__same_id=made.asker.same_id, state="sent"):
        if policy_of_offers.ANSWER_OFFER.decide(actor, offer):
            perform(actor=actor, record=offer, verb="take-up")


def _question(actor: Actor, question: Question) -> tuple[Need | None, Challenge | None]:
    """The need and the challenge of a question that is open; the one is found from the other where there is one."""
    at = actor.at
    if question.secrecy not in SHARED:
        raise NotAllowed(Refused("introduction.secret", Aspect.STATE))
    over = question.deadline is not None and question.deadline < clock.local(at).date()
    if question.state != "published" or over:
        raise NotAllowed(Refused("introduction.question_over", Aspect.STATE))
    origin = ChallengeSource.objects.filter(how=ChallengeSource.How.ORIGIN)
    if isinstance(question, Need):
        source = origin.filter(need=question, challenge__state="published").select_related("challenge").first()
        challenge = source.challenge if source is not None else None
        if challenge is None and question.anonymous:
            raise NotAllowed(Refused("introduction.hidden", Aspect.STATE))
        return question, challenge
    source = origin.filter(challenge=question).select_related("need__organisation").first()
    need = source.need if source is not None and not source.need.is_need_to_know else None
    return need, question


def _proposer(actor: Actor, asker: Organisation, answerer: Organisation) -> Side:
    """In whose name the actor proposes: a side that the actor acts for, else the office."""
    for side, unit, roles in (
        (Side.ASKER, asker, ASKERS),
        (Side.ANSWERER, answerer, ANSWERERS),
    ):
        if any(unit.same_id in actor.scopes(Role(role), Scope.ORGANISATION) for role in roles):
            return side
    if not actor.roles & policy.BROKERS:
        raise NotAllowed(Refused("introduction.not_a_side", Aspect.RELATION))
    return Side.OFFICE


def _refuse_what_was_refused(made: Introduction) -> None:
    """A no of the other side stands until that side takes it back; the own one is taken back by proposing."""
    question, answer = made.need or made.challenge, made.result or made.capability
    noes = refusals.noes_of(question=question, answer=answer, owner=made.answerer, asker=made.asker)
    if made.need is not None and made.challenge is not None:
        noes += refusals.noes_of(question=made.challenge, answer=answer, owner=made.answerer, asker=made.asker)
    for no in noes:
        if no.side != made.proposed_by:
            code = "introduction.no_partner" if no.of_partner else "introduction.set_aside"
            raise NotAllowed(Refused(code, Aspect.STATE, {} if no.of_partner else {"why": str(no.words)}))
    if noes and answer is not None:
        of_question = Q(need=made.need) & Q(need__isnull=False) | Q(challenge=made.challenge, challenge__isnull=False)
        own = SetAside.objects.filter(of_question, result=made.result, capability=made.capability)
        own.filter(side=made.proposed_by, taken_back_at__isnull=True).update(taken_back_at=clock.now())


def _refuse_too_many(actor: Actor, made: Introduction) -> None:
    if made.proposed_by == Side.OFFICE:
        return
    side = Side(made.proposed_by)
    unit = made.asker if side == Side.ASKER else made.answerer
    most = rules.WAITING_MOST.at(actor.at, made.programme_id).value
    waiting = Introduction.objects.filter(
        state=states.PROPOSED, proposed_by=side, **{f"{side}__same_id": unit.same_id}
    ).count()
    if waiting >= most:
        raise NotAllowed(Refused("introduction.too_many", Aspect.STATE, {"most": most}))


def _same_as(made: Introduction) -> str:
    pair = {name: getattr(made, name) for name in ("need", "challenge", "result", "capability", "asker", "answerer")}
    found = Introduction.objects.filter(**pair, state__in=[states.PROPOSED, *states.IN_TALKS]).first()
    return found.public_id if found is not None else ""


def _tell_about_side(
    introduction: Introduction, side: Side, contact: Person | None, wants_nda: bool, private: str
) -> None:
    unit = introduction.asker if side == Side.ASKER else introduction.answerer
    if contact is None:
        raise NotAllowed(Refused("introduction.no_contact", Aspect.GUARD))
    if not members_of(unit).filter(pk=contact.pk).exists():
        raise NotAllowed(Refused("introduction.not_a_member", Aspect.GUARD))
    setattr(introduction, f"{side}_contact", contact)
    setattr(introduction, f"{side}_wants_nda", wants_nda)
    setattr(introduction, f"{side}_private", private.strip())


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
            _tell_about_side(fresh, side, contact, wants_nda, private)
            fresh.save(update_fields=[f"{side}_contact", f"{side}_wants_nda", f"{side}_private"])
        facts = {"side": own[0]} if own else {}
        done = perform(actor=actor, record=fresh, verb="consent", expected_version=expected_version, facts=facts)
        return _open_if_ready(actor, done)


@transaction.atomic
def sign(*, actor: Actor, introduction: Introduction, expected_version: int | None) -> Introduction:
    """The actor's side has signed the non-disclosure agreement that is attached. Opens it when nothing is missing."""
    done = perform(actor=actor, record=introduction, verb="sign", expected_version=expected_version)
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
