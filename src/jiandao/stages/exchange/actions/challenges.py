"""Challenges: condensed from a need, worded, and their lineage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.database.copying import copy_records
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.edits import save_edit, values_of
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import beside
from jiandao.kernel.search.changes import note_changes
from jiandao.stages.exchange import policy, states
from jiandao.stages.exchange.actions.records import INDICATOR_FIELDS, assign, indicator_lines, known
from jiandao.stages.exchange.gate import wishes_overridden
from jiandao.stages.exchange.models import Challenge, ChallengeIndicator, ChallengeSource, Need
from jiandao.stages.people.models import Organisation

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
        found = open_origin_of(fresh, actor.at)
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


def made_from(need: Need) -> QuerySet[Challenge]:
    """The challenges that were made from this need; more than one when it was taken up again after its time."""
    return Challenge.everywhere().filter(sources__need=need, sources__how=ChallengeSource.How.ORIGIN)


def open_origin_of(need: Need, at: datetime) -> Challenge | None:
    """The challenge made from this need that is being worded or takes answers now."""
    return made_from(need).filter(states.challenge_reader.q([states.DRAFT, states.PUBLISHED], at)).first()


def publish_imported(
    *, actor: Actor, needs: Sequence[tuple[Need, Sequence[dict[str, Any]]]], role: str, facts: dict[str, Any], rule: str
) -> list[Challenge]:
    """The challenges of needs that an import brought in as published, each in its own words with its indicators.

    A need-to-know need makes none, nor one without a last day for answers. The caller has decided.
    """
    wanted = [
        (need, rows)
        for need, rows in needs
        if need.state == states.PUBLISHED and not need.is_need_to_know and need.deadline is not None
    ]
    units = Organisation.objects.in_bulk({need.organisation_id for need, _rows in wanted})
    made = [
        _worded_as(need, actor, state=states.PUBLISHED, at=need.published_at, of=units[need.organisation_id])
        for need, _rows in wanted
    ]
    for challenge in made:
        challenge.refresh_search()
    copy_records(Challenge, made)
    pairs = list(zip(made, wanted, strict=True))
    copy_records(
        ChallengeIndicator,
        [
            ChallengeIndicator(
                programme_id=challenge.programme_id,
                challenge=challenge,
                position=position,
                **known(row, INDICATOR_FIELDS),
            )
            for challenge, (_need, rows) in pairs
            for position, row in enumerate(rows)
        ],
    )
    copy_records(ChallengeSource, [_origin(challenge, need, actor) for challenge, (need, _rows) in pairs])
    changes: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
        (one, {}, {"state": one.state, "title": one.title}) for one in made
    ]
    journal.record_many(actor=actor, verb="create", changes=changes, role=role, facts=facts, rule=rule)
    if made:
        note_changes(Challenge.kind, [one.pk for one in made])
    return made


def _origin(challenge: Challenge, need: Need, actor: Actor) -> ChallengeSource:
    how = ChallengeSource.How.ORIGIN
    return ChallengeSource(programme_id=need.programme_id, challenge=challenge, need=need, how=how, by=actor.account)


def _worded_as(need: Need, actor: Actor, *, state: str, at: datetime | None, of: Organisation) -> Challenge:
    """A challenge in the words of a need of that organisation, not saved."""
    return Challenge(
        programme_id=need.programme_id,
        created_by=actor.account,
        state=state,
        published_at=at,
        issuer=of,
        issuer_shown=not need.anonymous,
        text=text_of(need.problem, need.goal),
        prefecture_id=of.prefecture_id if not need.anonymous else None,  # the place might name it
        **{
            name: getattr(need, name)
            for name in (
                "title", "language", "keywords", "conditions", "intellectual_property", "direction", "cluster", "field",
                "budget_fen", "deadline", "secrecy", "title_other", "summary_other", "translated_by",
            )
        },
    )  # fmt: skip


def text_of(problem: str, goal: str) -> str:
    """The text of a challenge in the words of its need."""
    return "\n\n".join(part for part in (problem, goal) if part)


def _from_need(need: Need, actor: Actor, *, state: str, at: datetime | None) -> Challenge:
    challenge = _worded_as(need, actor, state=state, at=at, of=need.organisation)
    challenge.save()
    _set_indicators(
        challenge, [{name: getattr(one, name) for name in INDICATOR_FIELDS} for one in need.indicators.all()]
    )
    _origin(challenge, need, actor).save()
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
    for _field, refused in wishes_overridden(fresh):
        raise NotAllowed(refused)
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
