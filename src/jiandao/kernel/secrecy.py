"""Secrecy levels, the need-to-know list, and the veto that both make.

State secrets (国家秘密) are never entered into this system; every input says so. A record that one may not know of
answers like a missing one.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.policy.decisions import Aspect
from jiandao.kernel.policy.rules import Veto


class Level(models.TextChoices):
    PUBLIC = "public", _("public")
    INTERNAL = "internal", _("internal")
    WORK_SECRET = "work-secret", _("work secret")  # 工作秘密
    TRADE_SECRET = "trade-secret", _("trade secret")  # 商业秘密 of a party


NEED_TO_KNOW = frozenset({Level.WORK_SECRET, Level.TRADE_SECRET})
OPEN = frozenset({Level.PUBLIC})
SHARED = frozenset({Level.PUBLIC, Level.INTERNAL})


class Classified(models.Model):
    """A record with a secrecy level and, for the upper two, a term."""

    secrecy = models.CharField(_("secrecy"), max_length=20, choices=Level.choices, default=Level.PUBLIC)
    secret_until = models.DateField(_("secret until"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_need_to_know(self) -> bool:
        return self.secrecy in NEED_TO_KNOW


class KnowerQuerySet(models.QuerySet["Knower"]):
    def in_force(self, kind: str, record_id: int) -> "KnowerQuerySet":
        """The lines of a record's list that count now."""
        now = clock.now()
        return self.filter(Q(until__isnull=True) | Q(until__gt=now), kind=kind, record_id=record_id)


class Knower(models.Model):
    """One account on the need-to-know list of one record, for a time."""

    kind = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True)
    granted_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    objects = KnowerQuerySet.as_manager()

    class Meta:
        app_label = "jd_kernel"
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "record_id", "account"], condition=Q(until__isnull=True), name="knower_once"
            ),
        )
        indexes = (models.Index(fields=["account", "kind"], name="knower_by_account"),)

    def __str__(self) -> str:
        return f"{self.account_id} knows {self.kind} {self.record_id}"


def known_ids(actor: Actor, kind: str) -> frozenset[int]:
    """Ids of the records of `kind` on whose lists the actor stands, as it was loaded; at most one query an actor."""
    if actor.account_id is None:
        return frozenset()
    known: Mapping[str, frozenset[int]] | None = actor.__dict__.get("_knows", actor.known)
    if known is None:
        known = actor.__dict__["_knows"] = _known(actor.account_id, actor.at)
    return known.get(kind, frozenset())


def _known(account_id: int, at: datetime) -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    in_force = Knower.objects.filter(Q(until__isnull=True) | Q(until__gt=at), account_id=account_id)
    for kind, record_id in in_force.values_list("kind", "record_id"):
        found[kind].add(record_id)
    return {kind: frozenset(ids) for kind, ids in found.items()}


@lru_cache
def need_to_know(kind: str) -> Veto:
    """The veto that hides work secrets and trade secrets of `kind` from everybody who is not on their list."""

    def hits(actor: Actor, record: Any, at: datetime) -> bool:
        return record.secrecy in NEED_TO_KNOW and record.pk not in known_ids(actor, kind)

    def q(actor: Actor, at: datetime) -> Q:
        return ~Q(secrecy__in=sorted(NEED_TO_KNOW)) | Q(pk__any_of=known_ids(actor, kind))

    return Veto("policy.level", Aspect.LEVEL, hits, q)


@lru_cache
def about_need_to_know(*related: tuple[str, str]) -> Veto:
    """The veto that hides a record while one that it is about is need-to-know, from everybody not on that one's list.

    related : path from the record to the other one ("need", "introduction__need") and the other's kind. An offer or an
    introduction tells the title of what it is about, and it stays when that is classified afterwards.
    """

    def hits(actor: Actor, record: Any, at: datetime) -> bool:
        for path, kind in related:
            other = record
            for name in path.split("__"):
                other = getattr(other, name) if other is not None else None
            if other is not None and other.is_need_to_know and other.pk not in known_ids(actor, kind):
                return True
        return False

    def q(actor: Actor, at: datetime) -> Q:
        found = Q()
        for path, kind in related:
            found &= ~Q(**{f"{path}__secrecy__in": sorted(NEED_TO_KNOW)}) | Q(**{f"{path}__in": known_ids(actor, kind)})
        return found

    return Veto("policy.level", Aspect.LEVEL, hits, q)


def admit(*, kind: str, record_id: int, accounts: Collection[Account], by: Account | None) -> None:
    """Put accounts on the need-to-know list of a record; those on it already stay. The caller journals it."""
    here = set(
        Knower.objects.filter(kind=kind, record_id=record_id, until__isnull=True).values_list("account", flat=True)
    )
    Knower.objects.bulk_create(
        Knower(kind=kind, record_id=record_id, account=account, granted_by=by)
        for account in accounts
        if account.pk not in here
    )


def admit_self(*, actor: Actor, kind: str, record_id: int) -> None:
    """Whoever writes a confidential record stands on its list, at once."""
    if actor.account is not None:
        admit(kind=kind, record_id=record_id, accounts=[actor.account], by=actor.account)
        actor.__dict__["_knows"] = None  # it is asked anew


def dismiss(*, kind: str, record_id: int, accounts: Collection[Account]) -> None:
    """Take accounts off the list of a record, from now on. The caller journals it."""
    Knower.objects.filter(kind=kind, record_id=record_id, account__in=accounts, until__isnull=True).update(
        until=clock.now()
    )


def knowers(kind: str, record_id: int) -> "models.QuerySet[Account]":
    """The accounts on the list of a record now."""
    return Account.objects.filter(pk__in=Knower.objects.in_force(kind, record_id).values("account_id"))
