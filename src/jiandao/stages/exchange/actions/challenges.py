"""Challenges: condensed from a need, worded, and their lineage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.edits import save_edit, values_of
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked
from jiandao.kernel.policy.access import decide
from jiandao.kernel.programme import beside
from jiandao.stages.exchange import policy, states
from jiandao.stages.exchange.actions.records import INDICATOR_FIELDS, assign, indicator_lines, known
from jiandao.stages.exchange.models import Challenge, ChallengeIndicator, ChallengeSource, Need

COMMON_VERBS.update({"condense": _("condense into a challenge"), "join": _("join")})
name_fact("challenge", _("challenge"))
name_fact("need", _("need"))

CHALLENGE_FIELDS = (
    "title", "language", "keywords", "text", "conditions", "intellectual_property", "direction", "cluster", "field",
    "prefecture", "budget_fen", "deadline", "issuer_shown", "secrecy", "title_other", "summary_other", "translated_by",
)  # fmt: skip


@transaction.atomic
def condense(*, actor: Actor, need: Need) -> Challenge:
    """A draft of a challenge in the words of the need, to be worded anew; the one that there is, when there is one."""
    with beside(need):
        fresh: Need = locked(need)
        role = decide(actor, policy.CONDENSE, fresh)
        found = origin_of(fresh)
        if found is not None:
            return found
        challenge = _from_need(fresh, actor, state=states.DRAFT, at=None)
        rule = policy.CONDENSE.code
        _note_origin(challenge, fresh, actor=actor, role=role, rule=rule)
        facts = {"challenge": f"{challenge.title} ({challenge.public_id})"}
        journal.record(actor=actor, role=role, verb="condense", record=fresh, facts=facts, rule=rule)
        return challenge


def publish_from(*, actor: Actor, need: Need, at: datetime, rule: str) -> Challenge:
    """The challenge of a need that is published in its own words. The caller holds the lock and has decided."""
    challenge = _from_need(need, actor, state=states.PUBLISHED, at=at)
    _note_origin(challenge, need, actor=actor, role="", rule=rule)
    return challenge


def origin_of(need: Need) -> Challenge | None:
    """The challenge that was made from this need and is not withdrawn."""
    made = Challenge.everywhere().filter(sources__need=need, sources__how=ChallengeSource.How.ORIGIN)
    return made.exclude(state=states.WITHDRAWN).first()


def _from_need(need: Need, actor: Actor, *, state: str, at: datetime | None) -> Challenge:
    challenge = Challenge(
        programme_id=need.programme_id,
        created_by=actor.account,
        state=state,
        published_at=at,
        issuer=need.organisation,
        issuer_shown=not need.anonymous,
        text="\n\n".join(part for part in (need.problem, need.goal) if part),
        prefecture=need.organisation.prefecture if not need.anonymous else None,  # the place might name it
        **{
            name: getattr(need, name)
            for name in (
                "title", "language", "keywords", "conditions", "intellectual_property", "direction", "cluster", "field",
                "budget_fen", "deadline", "secrecy", "title_other", "summary_other", "translated_by",
            )
        },
    )  # fmt: skip
    challenge.save()
    _set_indicators(
        challenge, [{name: getattr(one, name) for name in INDICATOR_FIELDS} for one in need.indicators.all()]
    )
    ChallengeSource.objects.create(
        programme_id=need.programme_id,
        challenge=challenge,
        need=need,
        how=ChallengeSource.How.ORIGIN,
        by=actor.account,
    )
    return challenge


def _note_origin(challenge: Challenge, need: Need, *, actor: Actor, role: str, rule: str) -> None:
    journal.record(
        actor=actor,
        role=role,
        verb="create",
        record=challenge,
        after=_values(challenge) | {"state": challenge.state},
        facts={"need": need.public_id},
        rule=rule,
    )


@transaction.atomic
def edit_challenge(
    *,
    actor: Actor,
    challenge: Challenge,
    expected_version: int,
    values: dict[str, Any],
    indicators: Sequence[dict[str, Any]] | None = None,
) -> Challenge:
    """Word a draft anew. StaleRecord when somebody saved it in between."""
    fresh: Challenge = locked(challenge, expected_version)
    role = decide(actor, policy.EDIT_CHALLENGE, fresh)
    before = _values(fresh)
    assign(fresh, values, CHALLENGE_FIELDS)
    if indicators is not None:
        _set_indicators(fresh, indicators)
    after = _values(fresh)
    save_edit(actor=actor, role=role, record=fresh, before=before, after=after, rule=policy.EDIT_CHALLENGE)
    return fresh


def _values(challenge: Challenge) -> dict[str, Any]:
    values = values_of(challenge, CHALLENGE_FIELDS)
    values["indicators"] = indicator_lines(_indicators(challenge))
    return values


def _indicators(challenge: Challenge) -> Any:
    return ChallengeIndicator.objects.with_scopes_disabled().filter(challenge=challenge)  # type: ignore[attr-defined]


def _set_indicators(challenge: Challenge, rows: Sequence[dict[str, Any]]) -> None:
    _indicators(challenge).delete()
    ChallengeIndicator.objects.with_scopes_disabled().bulk_create(  # type: ignore[attr-defined]
        ChallengeIndicator(
            programme_id=challenge.programme_id, challenge=challenge, position=position, **known(row, INDICATOR_FIELDS)
        )
        for position, row in enumerate(rows)
    )
    challenge._prefetched_objects_cache = {}  # type: ignore[attr-defined]
