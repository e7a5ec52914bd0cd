"""Proposing that two organisations meet: over which question, in whose name, and what stands against it."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.kernel.programme import Programme, beside
from jiandao.kernel.secrecy import SHARED
from jiandao.stages.exchange import refusals, rules
from jiandao.stages.exchange import states as exchange_states
from jiandao.stages.exchange.introductions import effects, gate, policy, states
from jiandao.stages.exchange.models import (
    Capability,
    Challenge,
    ChallengeSource,
    Introduction,
    Need,
    Offer,
    ResearchResult,
    SetAside,
    Side,
)
from jiandao.stages.people.models import Organisation, Person
from jiandao.stages.people.queries import members_of

reasons.add(
    {
        "introduction.not_a_side": _("You act for neither of the two organisations."),
        "introduction.same_unit": _("Both are of one organisation; they need no introduction."),
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
    }
)

Question = Need | Challenge
Answer = ResearchResult | Capability


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
    source: Need | None = None,
    shown_rank: int | None = None,
) -> Introduction:
    """Propose that who asks meets who answers.

    Without an answer, `answerer` says which organisation has one; without a question, `asker` says who wants to know
    more of the answer. Of a challenge that several needs went into, `source` says whose it is about.

    `shown_rank`: its place on the match page that led here.

    A side that proposes consents with it and says whom to call; the office and technology managers propose for both.
    """
    role = decide(actor, policy.PROPOSE, programme)
    with beside(programme):
        need, challenge = _question(actor, question, source) if question is not None else (None, None)
        asker = _asker(need, challenge) or asker
        answerer = answer.organisation if answer is not None else answerer
        assert asker is not None
        assert answerer is not None
        asker, answerer = _locked_units(asker, answerer)
        if asker.same_id == answerer.same_id:
            raise NotAllowed(Refused("introduction.same_unit", Aspect.STATE))
        # Locked in the order in which a withdrawal locks them: then either sees what the other did.
        need = locked(need) if need is not None else None
        challenge = locked(challenge) if challenge is not None else None
        answer = _offered(programme, locked(answer)) if answer is not None else None
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
            shown_rank=shown_rank,
            proposed_by=side_of(actor, asker, answerer),
        )
        live = gate.is_live(actor, made, actor.at)
        if isinstance(live, Refused):
            raise NotAllowed(live)
        _refuse_what_was_refused(made)
        _refuse_twice(made)
        _refuse_too_many(actor, made)
        if made.proposed_by != Side.OFFICE:
            side = Side(made.proposed_by)
            tell_about_side(made, side, contact, wants_nda, private)
            setattr(made, f"{side}_consented_at", clock.now())
            setattr(made, f"{side}_consented_by", actor.account)
        made.save()
        journal.record(
            actor=actor,
            role=role,
            verb="create",
            record=made,
            after={"message": made.message},
            facts={"side": made.proposed_by},
            rule=policy.PROPOSE.code,
        )
        effects.tell_sides(actor, made, gate.missing_consents(made), "introduction.propose")
        _take_up_offers(actor, made)
        return made


def _locked_units(*units: Organisation) -> list[Organisation]:
    """The organisations as they are now. Proposals between the same two wait for each other, so that none is overlooked.

    Rows that point at them may still be written meanwhile.
    """
    ids = sorted({unit.root_id for unit in units})
    list(Organisation.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    found = Organisation.objects.in_bulk([unit.pk for unit in units])
    return [found[unit.pk] for unit in units]


def _asker(need: Need | None, challenge: Challenge | None) -> Organisation | None:
    if need is not None:
        return need.organisation
    return challenge.issuer if challenge is not None else None


def _offered(programme: Programme, answer: Answer) -> Answer:
    """The answer, if it is offered to those who are not on a list."""
    if answer.programme_id != programme.pk or answer.state != exchange_states.PUBLISHED:
        raise NotAllowed(Refused("introduction.answer_gone", Aspect.STATE))
    if answer.secrecy not in SHARED:
        raise NotAllowed(Refused("introduction.secret", Aspect.STATE))
    return answer


def _take_up_offers(actor: Actor, made: Introduction) -> None:
    """An offer of the same result to the side that asks is answered by its proposal, also one that it refused before."""
    if made.result is None:
        return
    for offer in Offer.objects.filter(result=made.result, organisation__same_id=made.asker.same_id):
        if allowed(actor, offer)["take-up"]:
            perform(actor=actor, record=offer, verb="take-up")


def _question(actor: Actor, question: Question, source: Need | None) -> tuple[Need | None, Challenge | None]:
    """The need and the challenge of a question that is open; the one is found from the other where there is one."""
    at = actor.at
    over = NotAllowed(Refused("introduction.question_over", Aspect.STATE))
    if question.secrecy not in SHARED:
        raise NotAllowed(Refused("introduction.secret", Aspect.STATE))
    if isinstance(question, Challenge):
        if exchange_states.challenge_reader.of(question, at) != exchange_states.PUBLISHED:
            raise over
        if not ChallengeSource.objects.filter(challenge=question).exists():
            return None, question
        live = live_sources(question, actor)
        if source is not None:
            live = [one for one in live if one.pk == source.pk]
        if not live:
            raise over
        return live[0], question
    joined = question.state == exchange_states.MERGED
    if not joined and exchange_states.need_reader.of(question, at) != exchange_states.PUBLISHED:
        raise over
    how = ChallengeSource.How.MERGED if joined else ChallengeSource.How.ORIGIN
    takes = exchange_states.challenge_reader.q([exchange_states.PUBLISHED], at)
    found = Challenge.objects.filter(takes, sources__need=question, sources__how=how).order_by("-pk").first()
    if found is None and joined:
        raise over
    if found is None and question.anonymous:
        raise NotAllowed(Refused("introduction.hidden", Aspect.STATE))
    return question, found


def live_sources(challenge: Challenge, actor: Actor) -> list[Need]:
    """The needs of a challenge that are still asked: the actor's own first, then the one that it was made from."""
    own = {one for role in gate.ROLES[Side.ASKER] for one in actor.scopes(Role(role), Scope.ORGANISATION)}
    published = exchange_states.need_reader.q([exchange_states.PUBLISHED], actor.at)
    here = Need.objects.filter(published, secrecy__in=SHARED).values("pk")
    origin = Q(how=ChallengeSource.How.ORIGIN, need__in=here)
    joined = Q(how=ChallengeSource.How.MERGED, need__state=exchange_states.MERGED, need__secrecy__in=SHARED)
    found = ChallengeSource.objects.filter(origin | joined, challenge=challenge).select_related("need__organisation")

    def place(one: ChallengeSource) -> tuple[bool, bool, int]:
        return one.need.organisation.same_id not in own, one.how != ChallengeSource.How.ORIGIN, one.pk

    return [one.need for one in sorted(found, key=place)]


def side_of(actor: Actor, asker: Organisation, answerer: Organisation) -> Side:
    """In whose name the actor proposes: a side that the actor acts for, else the office."""
    for side, unit in ((Side.ASKER, asker), (Side.ANSWERER, answerer)):
        if any(unit.same_id in actor.scopes(Role(role), Scope.ORGANISATION) for role in gate.ROLES[side]):
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


def _refuse_twice(made: Introduction) -> None:
    """The same two over the same, whatever name of theirs was used; the organisations are locked."""
    about: dict[str, Any] = {"result": made.result, "capability": made.capability}
    if made.need is not None:
        about["need"] = made.need
    else:
        about |= {"need": None, "challenge": made.challenge}
    # One with an agreement that is not confirmed goes on when that is disputed.
    goes_on = Q(state__in=[states.PROPOSED, *states.IN_TALKS]) | Q(cooperations__state=states.ENTERED)
    found = Introduction.objects.filter(
        goes_on, asker__same_id=made.asker.same_id, answerer__same_id=made.answerer.same_id, **about
    ).first()
    if found is not None:
        raise NotAllowed(Refused("introduction.exists", Aspect.STATE, {"id": found.public_id}))


def tell_about_side(
    introduction: Introduction, side: Side, contact: Person | None, wants_nda: bool, private: str
) -> None:
    """What a side says of itself when it wants the introduction."""
    unit = introduction.asker if side == Side.ASKER else introduction.answerer
    if contact is None:
        raise NotAllowed(Refused("introduction.no_contact", Aspect.GUARD))
    if not members_of(unit).filter(pk=contact.pk).exists():
        raise NotAllowed(Refused("introduction.not_a_member", Aspect.GUARD))
    setattr(introduction, f"{side}_contact", contact)
    setattr(introduction, f"{side}_wants_nda", wants_nda)
    setattr(introduction, f"{side}_private", private.strip())
