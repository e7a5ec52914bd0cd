"""Writing needs and results: creating and changing them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal, secrecy
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.edits import save_edit, values_of
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import Programme
from jiandao.kernel.search.changes import note_change
from jiandao.stages.exchange import gate, policy, states
from jiandao.stages.exchange.models import Need, ResearchResult, TargetIndicator, plain_number
from jiandao.stages.exchange.models.common import Indicator
from jiandao.stages.people.writing import role_for

name_fact("indicators", _("indicators"))

NEED_FIELDS = (
    "organisation", "title", "language", "keywords", "contact", "problem", "goal", "conditions",
    "intellectual_property", "intellectual_property_note", "activity_type", "solution_mode", "direction",
    "orientation", "cluster", "discipline", "field", "industry", "budget_fen", "deadline", "needed_by", "anonymous",
    "secrecy", "secret_until", "title_other", "summary_other", "translated_by",
)  # fmt: skip
RESULT_FIELDS = (
    "organisation", "title", "language", "keywords", "contact", "text", "authors", "field", "trl", "trl_evidence",
    "terms", "price_fen", "may_be_offered", "secrecy", "secret_until", "title_other", "summary_other", "translated_by",
)  # fmt: skip
INDICATOR_FIELDS = ("name", "comparator", "threshold", "tolerance", "stretch", "unit", "test_method")


@transaction.atomic
def create_need(
    *, actor: Actor, programme: Programme, values: dict[str, Any], indicators: Sequence[dict[str, Any]] = ()
) -> Need:
    """A new draft of the actor's organisation. The writer stands on its need-to-know list from the beginning."""
    role = role_for(actor, policy.CREATE_NEED, values["organisation"])
    need = Need(programme=programme, created_by=actor.account, **known(values, NEED_FIELDS))
    need.save()
    _set_indicators(need, indicators)
    secrecy.admit_self(actor=actor, kind=need.kind, record_id=need.pk)
    journal.record(
        actor=actor, role=role, verb="create", record=need, after=_need_values(need), rule=policy.CREATE_NEED.code
    )
    return need


@transaction.atomic
def edit_need(
    *,
    actor: Actor,
    need: Need,
    expected_version: int,
    values: dict[str, Any],
    indicators: Sequence[dict[str, Any]] | None = None,
) -> Need:
    """Change a draft or a returned need. StaleRecord when somebody saved it in between; nothing changes then."""
    fresh: Need = locked(need, expected_version)
    role = decide(actor, policy.EDIT_NEED, fresh)
    if "organisation" in values and values["organisation"].same_id != fresh.organisation.same_id:
        role_for(actor, policy.CREATE_NEED, values["organisation"])
    before = _need_values(fresh)
    assign(fresh, values, NEED_FIELDS)
    if indicators is not None:
        _set_indicators(fresh, indicators)
    after = _need_values(fresh)
    save_edit(actor=actor, role=role, record=fresh, before=before, after=after, rule=policy.EDIT_NEED)
    return fresh


@transaction.atomic
def create_result(*, actor: Actor, programme: Programme, values: dict[str, Any]) -> ResearchResult:
    """A new draft of a result of the actor's organisation."""
    role = role_for(actor, policy.CREATE_RESULT, values["organisation"])
    result = ResearchResult(programme=programme, created_by=actor.account, **known(values, RESULT_FIELDS))
    result.save()
    secrecy.admit_self(actor=actor, kind=result.kind, record_id=result.pk)
    after = values_of(result, RESULT_FIELDS)
    journal.record(actor=actor, role=role, verb="create", record=result, after=after, rule=policy.CREATE_RESULT.code)
    return result


@transaction.atomic
def edit_result(
    *, actor: Actor, result: ResearchResult, expected_version: int, values: dict[str, Any]
) -> ResearchResult:
    """Change a draft or a published result. StaleRecord when somebody saved it in between."""
    fresh: ResearchResult = locked(result, expected_version)
    role = decide(actor, policy.EDIT_RESULT, fresh)
    if "organisation" in values and values["organisation"].same_id != fresh.organisation.same_id:
        role_for(actor, policy.CREATE_RESULT, values["organisation"])
    before = values_of(fresh, RESULT_FIELDS)
    assign(fresh, values, RESULT_FIELDS)
    described = gate.result_is_described(actor, fresh, actor.at)
    if fresh.state == states.PUBLISHED and isinstance(described, Refused):
        raise NotAllowed(described)
    after = values_of(fresh, RESULT_FIELDS)
    save_edit(actor=actor, role=role, record=fresh, before=before, after=after, rule=policy.EDIT_RESULT)
    note_change(fresh)
    return fresh


def known(values: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """`values`, if all of them are among `fields`."""
    unknown = values.keys() - set(fields)
    if unknown:
        raise TypeError(f"unknown fields: {sorted(unknown)}")
    return values


def assign(record: Any, values: dict[str, Any], fields: tuple[str, ...]) -> None:
    """Set the values on the record."""
    for name, value in known(values, fields).items():
        setattr(record, name, value)


def indicator_lines(indicators: Iterable[Indicator]) -> list[str]:
    """Indicators as the journal keeps them, a line each."""
    return [
        " ".join(
            part
            for part in (
                str(one),
                f"(→ {plain_number(one.stretch)})" if one.stretch is not None else "",
                f"[{one.test_method}]" if one.test_method else "",
            )
            if part
        )
        for one in indicators
    ]


def _need_values(need: Need) -> dict[str, Any]:
    values = values_of(need, NEED_FIELDS)
    values["indicators"] = indicator_lines(_indicators(need))
    return values


def _indicators(need: Need) -> "QuerySet[TargetIndicator]":
    return TargetIndicator.objects.with_scopes_disabled().filter(need=need)  # type: ignore[attr-defined,no-any-return]


def _set_indicators(need: Need, rows: Sequence[dict[str, Any]]) -> None:
    """The indicators of a need become exactly `rows`, in their order."""
    _indicators(need).delete()
    TargetIndicator.objects.with_scopes_disabled().bulk_create(  # type: ignore[attr-defined]
        TargetIndicator(programme_id=need.programme_id, need=need, position=position, **known(row, INDICATOR_FIELDS))
        for position, row in enumerate(rows)
    )
    need._prefetched_objects_cache = {}  # type: ignore[attr-defined]
