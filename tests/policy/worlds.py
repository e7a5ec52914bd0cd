"""The world of the permission matrix: every role, inside and outside, before every state and level."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import factories
from jiandao.kernel import secrecy
from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import SCOPE_OF, Role, Scope
from jiandao.kernel.programme import Programme
from jiandao.kernel.secrecy import NEED_TO_KNOW, Level
from jiandao.stages.exchange import states
from jiandao.stages.exchange.importing.models import BatchState, ImportBatch
from jiandao.stages.people.models import Organisation

IMPORTER = (Role.NEED_OWNER, "in organisation")
LEVELS = (Level.PUBLIC, Level.INTERNAL, Level.WORK_SECRET)


@dataclass(frozen=True)
class Visitor:
    """An actor with one role: `where` is in (of the record's programme or organisation), out, site, for one
    record, or nowhere."""

    role: str
    where: str
    listed: bool
    account: Account | None

    @cached_property
    def actor(self) -> Actor:
        return load_actor(self.account)


@dataclass(frozen=True)
class World:
    inside: Programme
    outside: Programme
    own: Organisation
    other: Organisation
    visitors: tuple[Visitor, ...]
    records: dict[str, dict[tuple[str, str], Any]]  # kind -> (state, level) -> record


def build() -> World:
    """One programme with a need and a result in every state and level, and everybody who may come along."""
    inside, outside = factories.programme(), factories.programme()
    own, other = factories.organisation(), factories.organisation()
    visitors = tuple(_visitors(inside, outside, own, other))
    known_by = [one.account for one in visitors if one.listed and one.account is not None]
    needs = {
        (state, level): factories.need(inside, own, state=state, secrecy=level, complete=True, knowers=known_by)
        for state in sorted(states.NEED_ALL)
        for level in LEVELS
    }
    results = {
        (state, level): factories.result(inside, own, state=state, secrecy=level, knowers=known_by)
        for state in sorted(states.RESULT_ALL)
        for level in LEVELS
    }
    for visitor in visitors:
        if visitor.where == "for one record":  # and other records of the same kind are not opened by it
            for record in (needs["submitted", Level.INTERNAL], results["withdrawn", Level.INTERNAL]):
                _for_one(visitor, record)
    batches = {
        (state, level): _batch(inside, visitors, state, level) for state in BatchState.values for level in LEVELS
    }
    records = {"exchange.need": needs, "exchange.result": results, "exchange.import": batches}
    return World(inside, outside, own, other, visitors, records)


def _batch(inside: Programme, visitors: tuple[Visitor, ...], state: str, level: Level) -> ImportBatch:
    """An import of the listed need owner. Its level is that of its rows; only need-to-know ones count."""
    by = next(one.account for one in visitors if one.listed and (one.role, one.where) == IMPORTER)
    batch: ImportBatch = ImportBatch.objects.create(
        programme=inside,
        created_by=by,
        imported_kind="needs",
        state=state,
        file_name="需求.csv",
        digest="0" * 64,
        size=1,
        confidential=level in NEED_TO_KNOW,
        options={"source": "需求"},
    )
    return batch


def _visitors(inside: Programme, outside: Programme, own: Organisation, other: Organisation) -> Iterator[Visitor]:
    yield Visitor(Role.PUBLIC, "nowhere", False, None)
    for listed in (False, True):
        yield Visitor(Role.ACCOUNT, "nowhere", listed, factories.account())
        for role in (Role.AUDITOR, Role.NEED_OWNER):
            yield Visitor(role, "for one record", listed, factories.account())
        for role, scopes in SCOPE_OF.items():
            for scope in sorted(scopes):
                if scope == Scope.SITE:
                    yield _with(role, "site", listed, None)
                elif scope == Scope.PROGRAMME:
                    yield _with(role, "in programme", listed, inside)
                    yield _with(role, "out programme", listed, outside)
                else:
                    yield _with(role, "in organisation", listed, own)
                    yield _with(role, "out organisation", listed, other)


def _for_one(visitor: Visitor, record: Any) -> None:
    granting.grant(
        account=visitor.account, role=Role(visitor.role), scope=Scope.RECORD, scope_id=record.pk,
        scope_kind=record.kind, by=None,
    )  # fmt: skip


def _with(role: Role, where: str, listed: bool, scope: Any) -> Visitor:
    account = factories.account()
    factories.grant(account, role, scope)
    return Visitor(role, where, listed, account)


def known(kind: str, record: Any) -> set[int]:
    """Accounts on a record's list."""
    return set(secrecy.knowers(kind, record.pk).values_list("pk", flat=True))
