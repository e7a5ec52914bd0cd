"""Who may set a match aside, say what an organisation wants to be offered, and answer an offer."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.roles import CIRCLE, Role
from jiandao.kernel.policy import Clause, Rule
from jiandao.kernel.policy.relations import ANYBODY, FOR_SOME_ORGANISATION, IN_ITS_ORGANISATION, IN_PROGRAMME
from jiandao.kernel.recusal import OWN_ORGANISATION, recused_by
from jiandao.kernel.secrecy import about_need_to_know, need_to_know
from jiandao.stages.exchange.offers import states
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS, FOR_ISSUER, OBSERVERS, OFFICERS
from jiandao.stages.people import policy as people_policy

_SETS_ASIDE = _(
    "Whoever acts for the organisation says that a match is not the right one, and why; so do the officers of the programme."
)
_RECUSED = recused_by(OWN_ORGANISATION)

SET_ASIDE_NEED = Rule(
    "exchange.need.set-aside",
    _SETS_ASIDE,
    (Clause(ASKERS, IN_ITS_ORGANISATION), Clause(OFFICERS, IN_PROGRAMME)),
    vetoes=(need_to_know("exchange.need"), _RECUSED),
)
SET_ASIDE_CHALLENGE = Rule(
    "exchange.challenge.set-aside", _SETS_ASIDE, (Clause(ASKERS, FOR_ISSUER), Clause(OFFICERS, IN_PROGRAMME))
)
SET_ASIDE_RESULT = Rule(
    "exchange.result.set-aside",
    _SETS_ASIDE,
    (Clause(ANSWERERS, IN_ITS_ORGANISATION), Clause(OFFICERS, IN_PROGRAMME)),
    vetoes=(need_to_know("exchange.result"), _RECUSED),
)
SET_ASIDE_CAPABILITY = Rule(
    "exchange.capability.set-aside",
    _SETS_ASIDE,
    (Clause(ANSWERERS, IN_ITS_ORGANISATION), Clause(OFFICERS, IN_PROGRAMME)),
)

SET_ASIDE_EXPERT = Rule(
    "exchange.expert.set-aside",
    _("The expert, the own organisation and programme officers say which questions are not for the expert, and why."),
    (
        Clause(frozenset({Role.ACCOUNT}), people_policy.IS_SELF),
        Clause(OFFICERS, ANYBODY),
        Clause(people_policy.UNIT, people_policy.FOR_ITS_UNIT),
    ),
)

# Wishes and offers

# What was offered may become need-to-know afterwards: then only those on its list still see the offer.
_KNOWN = about_need_to_know(("result", "exchange.result"), ("need", "exchange.need"))

SEE_OFFERS = Rule(
    "exchange.offer.list",
    _("Those with a role may open the list of offers; it holds those that each may see."),
    (Clause(CIRCLE, ANYBODY),),
)

CHOOSE_OFFERS = Rule(
    "exchange.offer.choose",
    _("Need owners and unit administrators say what their organisation wants to be offered."),
    (Clause(ASKERS, FOR_SOME_ORGANISATION),),
)

READ_OFFER = Rule(
    "exchange.offer.read",
    _(
        "An offer is for the organisation that it was made to, and for officers and observers of the programme; when what "
        "it is about becomes need-to-know, for those on its list alone."
    ),
    (Clause(ASKERS, IN_ITS_ORGANISATION), Clause(OFFICERS | OBSERVERS, IN_PROGRAMME)),
    vetoes=(_KNOWN,),
    **states.OFFER_READER,
)

ANSWER_OFFER = Rule(
    "exchange.offer.answer",
    _("Need owners and unit administrators take up an offer to their organisation, or refuse it and say why."),
    (Clause(ASKERS, IN_ITS_ORGANISATION),),
    vetoes=(_KNOWN,),
)
