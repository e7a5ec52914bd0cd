"""The world of the permission matrix: every role, inside and outside, before every state and level."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

import factories
from jiandao.kernel import clock, secrecy
from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import SCOPE_OF, Role, Scope
from jiandao.kernel.programme import Programme
from jiandao.kernel.secrecy import NEED_TO_KNOW, Level
from jiandao.stages.exchange import states
from jiandao.stages.exchange.capabilities import states as capability_states
from jiandao.stages.exchange.importing.models import BatchState, ImportBatch
from jiandao.stages.exchange.introductions import states as meeting_states
from jiandao.stages.exchange.offers import states as offer_states
from jiandao.stages.people import states as people_states
from jiandao.stages.people.models import Organisation

IMPORTER = (Role.NEED_OWNER, "in organisation")
CERTIFICATES = ("entered", "checked", "refused", "withdrawn", "ended")
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
    for made, make in ((needs, factories.need), (results, factories.result)):  # withdrawn before anybody had seen it
        made["thrown away", Level.PUBLIC] = make(
            inside, own, state="withdrawn", secrecy=Level.PUBLIC, published_at=None
        )
    challenges = {
        (state, level): factories.challenge(inside, own, state=state, secrecy=level)
        for state in sorted(states.CHALLENGE_ALL)
        for level in (Level.PUBLIC, Level.INTERNAL)
    }
    for visitor in visitors:
        if visitor.where == "for one record":  # and other records of the same kind are not opened by it
            for record in (needs["submitted", Level.INTERNAL], results["withdrawn", Level.INTERNAL]):
                _for_one(visitor, record)
    batches = {
        (state, level): _batch(inside, visitors, state, level) for state in BatchState.values for level in LEVELS
    }
    records = {"exchange.need": needs, "exchange.result": results, "exchange.import": batches}
    records["exchange.challenge"] = challenges
    records |= _meeting(inside, own, other)
    records |= _directory(own, other)
    return World(inside, outside, own, other, visitors, records)


def _meeting(inside: Programme, own: Organisation, other: Organisation) -> dict[str, dict[tuple[str, str], Any]]:
    """What needs and results come to: `own` asks and `other` answers, so that both sides are among the visitors."""
    capabilities = {
        (state, level): factories.capability(inside, own, state=state, secrecy=level)
        for state in sorted(capability_states.CAPABILITY_ALL)
        for level in (Level.PUBLIC, Level.INTERNAL)
    }
    thrown_away = factories.capability(inside, own, state="withdrawn", secrecy=Level.PUBLIC, published_at=None)
    capabilities["thrown away", Level.PUBLIC] = thrown_away
    lent = factories.capability(inside, other)
    bookings = {
        (state, "-"): factories.booking(lent, own, state=state) for state in sorted(capability_states.BOOKING_ALL)
    }
    introductions = {
        (state, "-"): factories.introduction(inside, own, other, state=state)
        for state in sorted(meeting_states.INTRODUCTION_ALL)
    }
    cooperations = {
        (state, f"by {side}"): factories.cooperation(inside, own, other, state=state, entered_by=side)
        for state in sorted(meeting_states.COOPERATION_ALL)
        for side in ("asker", "answerer")
    }
    offers = {
        (state, "-"): factories.offer(factories.result(inside, other), own, state=state)
        for state in sorted(offer_states.OFFER_ALL)
    }
    return {
        "exchange.capability": capabilities,
        "exchange.booking": bookings,
        "exchange.introduction": introductions,
        "exchange.cooperation": cooperations,
        "exchange.offer": offers,
    }


def _directory(own: Organisation, other: Organisation) -> dict[str, dict[tuple[str, str], Any]]:
    """Records of the directory; they have no levels, and organisations are told apart by whose they are."""
    third = factories.organisation()
    certificates = {(state, "-"): factories.certificate(own, state=state) for state in CERTIFICATES}
    pairs = {("own", "-"): factories.proposal(own, third), ("of others", "-"): factories.proposal(other, third)}
    experts = {(state, "-"): factories.expert(own, state=state) for state in sorted(people_states.EXPERT_ALL)}
    experts["unavailable", "-"] = factories.expert(own, available=False)
    experts["barred", "-"] = factories.expert(own)
    factories.measure(person=experts["barred", "-"].person, measure="no-review")
    fourth, yesterday = factories.organisation(), clock.today() - timedelta(days=1)
    ties = {
        ("own", "-"): factories.tie(own, third),
        ("of others", "-"): factories.tie(third, other),
        ("entered by own", "-"): factories.tie(own, fourth, state="entered", entered_for=own),
        ("entered by the other", "-"): factories.tie(other, own, state="entered", entered_for=other),
        ("contested", "-"): factories.tie(fourth, own, state="contested", entered_for=fourth),
        ("ended", "-"): factories.tie(own, fourth, until=yesterday, tie_kind="branch"),
    }
    return {
        "people.organisation": {("own", "-"): own, ("other", "-"): other},
        "people.certificate": certificates,
        "people.expert": experts,
        "people.integrity": {("in force", "-"): factories.measure(organisation=other)},
        "people.merge-proposal": pairs,
        "people.family-tie": ties,
    }


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


def _visitors(inside: Programme, outside: Programme, own: Organisation, other: Organisation) -> list[Visitor]:
    """Everybody with their roles, made in two statements: the probes build this world some fifty times."""
    wanted = list(_wanted(inside, outside, own, other))
    accounts = Account.objects.bulk_create(
        Account(username=f"visitor{factories.next_number()}", password=UNUSABLE_PASSWORD_PREFIX) for _one in wanted
    )
    RoleGrant.objects.bulk_create(
        RoleGrant(account=account, role=role, scope=scope, scope_id=target.pk if target is not None else None)
        for account, (role, _where, _listed, scope, target) in zip(accounts, wanted, strict=True)
        if scope is not None
    )
    found = [Visitor(Role.PUBLIC, "nowhere", False, None)]
    for account, (role, where, listed, _scope, _target) in zip(accounts, wanted, strict=True):
        found.append(Visitor(role, where, listed, account))
    return found


def _wanted(
    inside: Programme, outside: Programme, own: Organisation, other: Organisation
) -> Iterator[tuple[Role, str, bool, Scope | None, Any]]:
    """Role, where it is held, on the lists or not, and what it is granted for (no scope: nothing yet)."""
    for listed in (False, True):
        yield Role.ACCOUNT, "nowhere", listed, None, None
        for role in (Role.AUDITOR, Role.NEED_OWNER):
            yield role, "for one record", listed, None, None
        for role, scopes in SCOPE_OF.items():
            for scope in sorted(scopes):
                if scope == Scope.SITE:
                    yield role, "site", listed, scope, None
                    continue
                here, elsewhere = (inside, outside) if scope == Scope.PROGRAMME else (own, other)
                yield role, f"in {scope.value}", listed, scope, here
                yield role, f"out {scope.value}", listed, scope, elsewhere


def _for_one(visitor: Visitor, record: Any) -> None:
    granting.grant(
        account=visitor.account, role=Role(visitor.role), scope=Scope.RECORD, scope_id=record.pk,
        scope_kind=record.kind, by=None,
    )  # fmt: skip


def known(kind: str, record: Any) -> set[int]:
    """Accounts on a record's list."""
    return set(secrecy.knowers(kind, record.pk).values_list("pk", flat=True))
