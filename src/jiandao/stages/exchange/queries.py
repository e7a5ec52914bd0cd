"""What can be asked of the exchange: needs and results that an actor may see, filtered, searched and counted."""

from django.db.models import Q, QuerySet

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy.sight import seen
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import policy, states
from jiandao.stages.exchange.models import Challenge, Need, ResearchResult

_NEED_RELATED = (
    "programme", "organisation", "organisation__prefecture", "organisation__canonical",
    "direction", "orientation", "cluster", "field", "discipline", "industry",
    "contact",
)  # fmt: skip
_RESULT_RELATED = ("programme", "organisation", "organisation__prefecture", "field", "trl", "contact")


def needs(actor: Actor) -> QuerySet[Need]:
    """Needs of the current programme that the actor may see, with `state_now`."""

    def ask() -> QuerySet[Need]:
        found = Need.objects.filter(policy.READ_NEED.q(actor))
        found = found.select_related("programme", "organisation", "direction", "field")
        return states.need_reader.annotate(found, actor.at)

    return seen(policy.READ_NEED, actor, "list", ask)


def need_records() -> QuerySet[Need]:
    """Needs of the current programme for `access`, with all that a page of one shows."""
    return Need.objects.select_related(*_NEED_RELATED).prefetch_related("indicators")


def asking_needs() -> QuerySet[Need]:
    """Needs of the current programme for `access`, with what a search for answers reads of one."""
    return Need.objects.select_related("programme", "organisation").prefetch_related("indicators")


_CHALLENGE_RELATED = ("programme", "issuer", "prefecture", "direction", "cluster", "field")


def challenges(actor: Actor) -> QuerySet[Challenge]:
    """Challenges of the current programme that the actor may see, with `state_now`."""

    def ask() -> QuerySet[Challenge]:
        found = Challenge.objects.filter(policy.READ_CHALLENGE.q(actor)).select_related(*_CHALLENGE_RELATED)
        return states.challenge_reader.annotate(found, actor.at)

    return seen(policy.READ_CHALLENGE, actor, "list", ask)


def challenge_records() -> QuerySet[Challenge]:
    """Challenges of the current programme for `access`, with all that a page of one shows."""
    return Challenge.objects.select_related(*_CHALLENGE_RELATED).prefetch_related("indicators")


def results(actor: Actor) -> QuerySet[ResearchResult]:
    """Results of the current programme that the actor may see, with `state_now`."""

    def ask() -> QuerySet[ResearchResult]:
        found = ResearchResult.objects.filter(policy.READ_RESULT.q(actor))
        return states.result_reader.annotate(
            found.select_related("programme", "organisation", "field", "trl"), actor.at
        )

    return seen(policy.READ_RESULT, actor, "list", ask)


def result_records() -> QuerySet[ResearchResult]:
    """Results of the current programme for `access`, with all that a page of one shows."""
    return ResearchResult.objects.select_related(*_RESULT_RELATED)


def lies_in(prefecture: Term) -> Q:
    """Records whose organisation lies there; of entries that are one, where the one that stands for both lies."""
    return Q(organisation__canonical__prefecture=prefecture) | Q(
        organisation__canonical__prefecture__isnull=True, organisation__prefecture=prefecture
    )
