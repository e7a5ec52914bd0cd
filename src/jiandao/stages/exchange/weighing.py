"""Putting learnt weights of matching to use in a programme, and the set ones back: by its officers, with a reason.

Learnt weights can be put to use only when their replay on held needs was better than chance allows; what was shown is
learnt anew in the same moment and must still be the same. A row says what replaced what and on which replay; the newest counts.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.engines.matching import Channel
from jiandao.engines.matching.learning import BETTER, Proposal
from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, Refused, reasons
from jiandao.kernel.programme import Programme
from jiandao.kernel.search import index
from jiandao.kernel.search.models import ChannelWeights
from jiandao.kernel.search.weights import latest
from jiandao.stages.exchange.introductions import policy
from jiandao.stages.exchange.learnt import learnt

COMMON_VERBS.update(
    {"use-weights": _("learnt weights of matching put to use"), "set-weights": _("set weights of matching put back")}
)
reasons.add(
    {
        "weights.reason": _("Say why the weights change."),
        "weights.not_better": _(
            "The replay does not show that these weights are better, so they cannot be put to use."
        ),
        "weights.other": _("Since you looked, what matches have taught has changed. Look at the new figures first."),
        "weights.stale": _("Somebody else changed the weights after you looked. Look at them first."),
        "weights.set": _("The set weights are in use already."),
    }
)


def told(weights: Mapping[str, Channel]) -> dict[str, float]:
    """Weights by channel, as rows and the journal keep them."""
    return {name: channel.weight for name, channel in sorted(weights.items())}


def replayed(proposal: Proposal) -> dict[str, Any]:
    """What the replay found, as rows and the journal keep it: shares of pairs in the right order on the held needs, and the
    interval of their difference."""
    found = proposal.replay
    values: dict[str, Any] = {"outcomes": proposal.outcomes, "needs": proposal.queries}
    if found is not None:
        values |= {
            "held": found.queries,
            "since": found.since.isoformat(),
            "old": found.old,
            "new": found.new,
            "low": found.low,
            "high": found.high,
            "level": proposal.parameters.get("level"),
        }
    return values


def fingerprint(proposal: Proposal) -> str:
    """What an officer has looked at, as one word of a form."""
    seen = [proposal.verdict, told(proposal.old), told(proposal.new), replayed(proposal)]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:32]


@transaction.atomic
def put_to_use(*, actor: Actor, programme: Programme, reason: str, seen: int, shown: str) -> ChannelWeights:
    """Have matching in `programme`, the current one, score by the learnt weights from now on.

    `seen`: the number of the newest row that the officer looked at (0: none); `shown`: the fingerprint of the proposal.
    Raises NotAllowed, and MatchIndexError while there is no index.
    """
    role = decide(actor, policy.USE_WEIGHTS, programme)
    _says(reason)
    transaction_lock(_lock(programme))
    found = learnt(actor).proposal
    _still(programme, seen)
    if fingerprint(found) != shown:
        raise NotAllowed(Refused("weights.other", Aspect.STATE))
    if found.verdict != BETTER:
        raise NotAllowed(Refused("weights.not_better", Aspect.STATE))
    return _enter(actor, role, programme, "use-weights", reason, told(found.old), told(found.new), replayed(found))


@transaction.atomic
def put_back(*, actor: Actor, programme: Programme, reason: str, seen: int) -> ChannelWeights:
    """Have it score by the set weights again. Raises NotAllowed. Needs no index."""
    role = decide(actor, policy.USE_WEIGHTS, programme)
    _says(reason)
    transaction_lock(_lock(programme))
    last = _still(programme, seen)
    if last is None or last.weights is None:
        raise NotAllowed(Refused("weights.set", Aspect.STATE))
    return _enter(actor, role, programme, "set-weights", reason, last.weights, None, None)


def _says(reason: str) -> None:
    if not reason.strip():
        raise NotAllowed(Refused("weights.reason"))


def _lock(programme: Programme) -> str:
    return f"weights of matching in programme {programme.pk}"


def _still(programme: Programme, seen: int) -> ChannelWeights | None:
    last = latest(programme.pk)
    if (last.number if last else 0) != seen:
        raise NotAllowed(Refused("weights.stale", Aspect.STATE))
    return last


def _enter(
    actor: Actor,
    role: str,
    programme: Programme,
    verb: str,
    reason: str,
    before: dict[str, float],
    weights: dict[str, float] | None,
    replay: dict[str, Any] | None,
) -> ChannelWeights:
    last = latest(programme.pk)
    made = ChannelWeights.objects.create(
        programme=programme,
        number=last.number + 1 if last else 1,
        weights=weights,
        before=before,
        encoder=index.encoder_name() if weights is not None else "",
        replay=replay,
        reason=reason.strip(),
        entered_by=actor.account,
    )
    journal.record(
        actor=actor,
        role=role,
        verb=verb,
        record=made,
        before={"weights": before},
        after={"weights": weights},
        reason=made.reason,
        facts={"number": made.number, "replay": replay},
        rule=policy.USE_WEIGHTS.code,
    )
    return made
