"""A challenge follows the need that it was made from: what its asker closes is closed, what is corrected is corrected."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.edits import values_of
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, save_version
from jiandao.kernel.search.changes import note_change
from jiandao.stages.exchange import states
from jiandao.stages.exchange.actions.challenges import made_from, text_of
from jiandao.stages.exchange.gate import wishes_overridden
from jiandao.stages.exchange.models import Challenge, Need

COMMON_VERBS["follow"] = _("follow its need")
SAME = (
    "title", "language", "keywords", "conditions", "intellectual_property", "direction", "cluster", "field", "budget_fen",
    "deadline", "title_other", "summary_other",
)  # fmt: skip
_KEPT = (*SAME, "text", "issuer_shown", "prefecture", "secrecy")


def follow_need(*, actor: Actor, need: Need, before: dict[str, Any], rule: str) -> None:
    """Bring the open challenges of a need up to what the need says now. `before`: what was changed in the need, as it was.

    What officers have worded anew stays theirs; what they left in the words of the need is changed with it. Whatever was
    worded, a challenge never names an organisation that does not want to be named, nor opens what is closed.
    """
    open_ones = made_from(need).filter(state__in=[states.DRAFT, states.PUBLISHED]).select_for_update(of=("self",))
    for challenge in open_ones:
        was = values_of(challenge, _KEPT)
        _take_over(challenge, need, before)
        _close(challenge, need)
        now = values_of(challenge, _KEPT)
        changed = [name for name in _KEPT if was[name] != now[name]]
        if not changed:
            continue
        save_version(challenge, changed)
        journal.record(
            actor=actor,
            verb="follow",
            record=challenge,
            before={name: was[name] for name in changed},
            after={name: now[name] for name in changed},
            rule=rule,
        )
        note_change(challenge)


def _take_over(challenge: Challenge, need: Need, before: dict[str, Any]) -> None:
    for name in SAME:
        attribute = need._meta.get_field(name).attname  # type: ignore[union-attr]  # a term by its id, as in `before`
        if getattr(challenge, attribute) == before.get(name, getattr(need, attribute)):
            setattr(challenge, attribute, getattr(need, attribute))
    if challenge.text == text_of(before.get("problem", need.problem), before.get("goal", need.goal)):
        challenge.text = text_of(need.problem, need.goal)


def _close(challenge: Challenge, need: Need) -> None:
    overridden = {field for field, _refused in wishes_overridden(challenge)}
    if "issuer_shown" in overridden:
        challenge.issuer_shown, challenge.prefecture = False, None  # the place might name it
    if "secrecy" in overridden and not need.is_need_to_know:
        challenge.secrecy = need.secrecy
