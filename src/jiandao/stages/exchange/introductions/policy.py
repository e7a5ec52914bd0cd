"""Who may propose introductions, consent to them, and say what came of them."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import CIRCLE, Role, Scope
from jiandao.kernel.policy import Clause, Relation, Rule
from jiandao.kernel.policy.relations import ANYBODY, FOR_SOME_ORGANISATION, IN_PROGRAMME
from jiandao.kernel.secrecy import about_need_to_know
from jiandao.stages.exchange import states as need_states
from jiandao.stages.exchange.introductions import states
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS, OBSERVERS, OFFICERS, READ_NEED

# An enterprise answers too: its unit administrator speaks for it on either side. Need owners answer where what is
# offered is a capability of their plant.
SIDES = ASKERS | ANSWERERS
BROKERS = OFFICERS | {Role.TECHNOLOGY_MANAGER}


def _its(actor: Actor, role: Role) -> frozenset[int]:
    return actor.scopes(role, Scope.ORGANISATION)


FOR_ASKER = Relation(
    "for-asker",
    _("a role in the organisation that asks"),
    lambda actor, role, record: record.asker.same_id in _its(actor, role),
    lambda actor, role: Q(asker__same_id__in=_its(actor, role)),
)
FOR_ANSWERER = Relation(
    "for-answerer",
    _("a role in the organisation that answers"),
    lambda actor, role, record: record.answerer.same_id in _its(actor, role),
    lambda actor, role: Q(answerer__same_id__in=_its(actor, role)),
)


def _entered_by(code: str, sentence: Any, entered_by: str, side: str) -> Relation:
    """The role is held for that side of a cooperation, which that side has entered."""
    return Relation(
        code,
        sentence,
        lambda actor, role, record: (
            record.entered_by == entered_by and getattr(record, side).same_id in _its(actor, role)
        ),
        lambda actor, role: Q(entered_by=entered_by, **{f"{side}__same_id__in": _its(actor, role)}),
    )


_OTHER_SIDE = _("a role in the organisation that did not enter it")
_OWN_SIDE = _("a role in the organisation that entered it")
ASKER_OF_OTHERS = _entered_by("asker-of-others", _OTHER_SIDE, "answerer", "asker")
ANSWERER_OF_OTHERS = _entered_by("answerer-of-others", _OTHER_SIDE, "asker", "answerer")
ASKER_OF_ITS_OWN = _entered_by("asker-of-its-own", _OWN_SIDE, "asker", "asker")
ANSWERER_OF_ITS_OWN = _entered_by("answerer-of-its-own", _OWN_SIDE, "answerer", "answerer")

# A need or a result may become need-to-know when it is introduced already: then only those on its list still see what
# came of it; whoever keeps the list can put the people of the other side on it.
_SECRET_KINDS = (("need", "exchange.need"), ("result", "exchange.result"))
_KNOWN = about_need_to_know(*_SECRET_KINDS)
_KNOWN_OF_COOPERATION = about_need_to_know(*((f"introduction__{path}", kind) for path, kind in _SECRET_KINDS))

SEE_INTRODUCTIONS = Rule(
    "exchange.introduction.list",
    _("Those with a role may open the list of introductions; it holds those that each may see."),
    (Clause(CIRCLE, ANYBODY),),
)

READ_INTRODUCTION = Rule(
    "exchange.introduction.read",
    _(
        "An introduction is for those who act for one of its two organisations, and for officers, technology managers and "
        "observers of the programme; when what it is about becomes need-to-know, for those on its list alone."
    ),
    (
        Clause(ASKERS, FOR_ASKER),
        Clause(ANSWERERS, FOR_ANSWERER),
        Clause(BROKERS | OBSERVERS, IN_PROGRAMME),
    ),
    vetoes=(_KNOWN,),
    **states.INTRODUCTION_READER,
)

PROPOSE = Rule(
    "exchange.introduction.propose",
    _(
        "Whoever acts for an organisation proposes introductions for it; officers and technology managers of the programme "
        "propose them for both."
    ),
    (Clause(SIDES, FOR_SOME_ORGANISATION), Clause(BROKERS, IN_PROGRAMME)),
)

TAKE_PART = Rule(
    "exchange.introduction.take-part",
    _("Each side consents, signs, meets and closes for itself; nobody does so in its place."),
    (Clause(ASKERS, FOR_ASKER), Clause(ANSWERERS, FOR_ANSWERER)),
    vetoes=(_KNOWN,),
)

# What opens with the introduction: names, telephone numbers, and the text that each side kept for later.
READ_OPENED = Rule(
    "exchange.introduction.opened",
    _(
        "People, certificates in force and confidential texts of both sides are for these two sides alone, once both have "
        "consented and signed."
    ),
    (Clause(ASKERS, FOR_ASKER, states.OPENED), Clause(ANSWERERS, FOR_ANSWERER, states.OPENED)),
    vetoes=(_KNOWN,),
    **states.INTRODUCTION_READER,
)

ATTACH_TO_INTRODUCTION = Rule(
    "exchange.introduction.attach",
    _("Each side adds papers, as the signed non-disclosure agreement, until the introduction is over."),
    (
        Clause(ASKERS, FOR_ASKER, states.IN_TALKS | {states.PROPOSED}),
        Clause(ANSWERERS, FOR_ANSWERER, states.IN_TALKS | {states.PROPOSED}),
    ),
    vetoes=(_KNOWN,),
    **states.INTRODUCTION_READER,
)

READ_PAPERS = Rule(
    "exchange.introduction.papers",
    _(
        "Until the contact is open each side reads its own papers, and the non-disclosure agreement of the other one once both "
        "have consented; then the papers are for both sides."
    ),
    (Clause(ASKERS, FOR_ASKER), Clause(ANSWERERS, FOR_ANSWERER)),
    vetoes=(_KNOWN,),
)

INTRODUCTION_HISTORY = Rule(
    "exchange.introduction.history",
    _(
        "Who did what in an introduction is for officers and observers, and for the two sides once they know each other."
    ),
    (
        Clause(OFFICERS | OBSERVERS, IN_PROGRAMME),
        Clause(ASKERS, FOR_ASKER, states.OPENED | {states.CLOSED}),
        Clause(ANSWERERS, FOR_ANSWERER, states.OPENED | {states.CLOSED}),
    ),
    vetoes=(_KNOWN,),
    **states.INTRODUCTION_READER,
)

# A need that its owner takes up again as a draft is no longer read by the office, but it has not become uncounted: what it
# reached stays in the figures and in the funnel.
COUNT_NEED = Rule(
    "exchange.need.count",
    _(
        "Figures and funnel count the needs that their reader may read; officers and observers count those too that were "
        "submitted once and are a draft again."
    ),
    (*READ_NEED.clauses, Clause(OFFICERS | OBSERVERS, IN_PROGRAMME)),
    vetoes=READ_NEED.vetoes,
    **need_states.NEED_READER,
)

LOOK_AFTER = Rule(
    "exchange.introduction.look-after",
    _("Officers of the programme look after introductions that stand still."),
    (Clause(OFFICERS, IN_PROGRAMME),),
)

SEE_FIGURES = Rule(
    "exchange.introduction.figures",
    _("Officers and observers see how many needs met an answer, how fast, and what came of it."),
    (Clause(OFFICERS | OBSERVERS, IN_PROGRAMME),),
)

USE_WEIGHTS = Rule(
    "exchange.matching.weights",
    _("Officers of the programme put learnt weights of its matching to use, and the set ones back."),
    (Clause(OFFICERS, IN_PROGRAMME),),
)

# Cooperations

SEE_COOPERATIONS = Rule(
    "exchange.cooperation.list",
    _("Those with a role may open the list of cooperations; it holds those that each may see."),
    (Clause(CIRCLE, ANYBODY),),
)

READ_COOPERATION = Rule(
    "exchange.cooperation.read",
    _(
        "A cooperation is for those who act for one of its two organisations, and for officers and observers; when what it "
        "is about becomes need-to-know, for those on its list alone."
    ),
    (Clause(ASKERS, FOR_ASKER), Clause(ANSWERERS, FOR_ANSWERER), Clause(OFFICERS | OBSERVERS, IN_PROGRAMME)),
    vetoes=(_KNOWN_OF_COOPERATION,),
    **states.COOPERATION_READER,
)

RUN_COOPERATION = Rule(
    "exchange.cooperation.run",
    _("Either side says that a cooperation was finished or given up."),
    (Clause(ASKERS, FOR_ASKER), Clause(ANSWERERS, FOR_ANSWERER)),
    vetoes=(_KNOWN_OF_COOPERATION,),
)

CONFIRM_COOPERATION = Rule(
    "exchange.cooperation.confirm",
    _("The side that did not enter a cooperation confirms or disputes it; only what is confirmed counts."),
    (Clause(ASKERS, ASKER_OF_OTHERS), Clause(ANSWERERS, ANSWERER_OF_OTHERS)),
    vetoes=(_KNOWN_OF_COOPERATION,),
)

TAKE_BACK_COOPERATION = Rule(
    "exchange.cooperation.take-back",
    _("The side that entered a cooperation takes it back until the other one has confirmed it."),
    (Clause(ASKERS, ASKER_OF_ITS_OWN), Clause(ANSWERERS, ANSWERER_OF_ITS_OWN)),
    vetoes=(_KNOWN_OF_COOPERATION,),
)

REPORT_OUTCOME = Rule(
    "exchange.cooperation.report",
    _("The side that asked says what came of it, after as many months as the rulebook names."),
    (Clause(ASKERS, FOR_ASKER, states.CONFIRMED),),
    vetoes=(_KNOWN_OF_COOPERATION,),
    **states.COOPERATION_READER,
)
