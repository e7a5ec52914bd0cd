"""Sameness: two records that are one thing (a university under two names) are merged without re-pointing anything.

Merging sets `canonical` on the losing record; every comparison goes through `same_id`, a column the database keeps as
`coalesce(canonical_id, id)`. The merges in force decide: who is canonical for a record is found by following them from
loser to the winner that was named, so that undoing any of them, in any order, leaves what the others say.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.policy.decisions import NotAllowed, Refused, reasons

if TYPE_CHECKING:
    from jiandao.kernel.accounts.actor import Actor

_KINDS: dict[str, type["Mergeable"]] = {}


class Mergeable(models.Model):
    """A record that may turn out to be the same as another of its kind. A canonical one is never itself merged."""

    kind: str = ""

    canonical = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )
    same_id = models.GeneratedField(
        expression=Coalesce("canonical_id", "id"), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.kind:
            _KINDS[cls.kind] = cls

    @property
    def root_id(self) -> Any:
        """The id of the record that this one stands for, as of now (same_id is what the row said when it was read)."""
        return getattr(self, "canonical_id", None) or self.pk

    def is_same_as(self, other: Self) -> bool:
        """Whether both stand for one thing today."""
        return bool(self.root_id == other.root_id)


def _rows(model: Any) -> Any:
    """All rows of a model; untyped, because the kinds that merge are known only when the rooms are."""
    return model._base_manager


reasons.add(
    {
        "sameness.kinds_differ": _("Only two records of one kind can be the same."),
        "sameness.already_merged": _("“%(loser)s” was merged already; undo that first, or merge its canonical record."),
        "sameness.already_same": _("“%(loser)s” and “%(winner)s” are one already."),
        "sameness.already_undone": _("This merge was undone already."),
        "sameness.reason": _("Say why these two are one: whoever looks at them later will read it."),
    }
)


class MergeRefused(NotAllowed):
    """Two records cannot be merged, or a merge cannot be undone; the refusal says why."""


class Merge(models.Model):
    """A merge, in force until it is undone. A record loses in at most one merge in force, so these are trees."""

    kind = models.CharField(max_length=60)
    loser_id = models.BigIntegerField()
    winner_id = models.BigIntegerField()
    followers = models.JSONField(default=list)  # ids that pointed to the loser before, for the reader
    reason = models.TextField()
    merged_at = models.DateTimeField(default=clock.now)
    merged_by = models.ForeignKey("jd_kernel.Account", on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "jd_kernel"
        constraints = (
            models.CheckConstraint(condition=~Q(loser_id=F("winner_id")), name="merge_two_records"),
            models.UniqueConstraint(
                fields=["kind", "loser_id"], condition=Q(undone_at__isnull=True), name="merge_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.loser_id} -> {self.winner_id}"


def canonical_ids(kind: str, ids: Collection[int]) -> dict[int, int]:
    """id -> canonical id, one query. Unknown kinds and ids are their own canonical."""
    model = _KINDS.get(kind)
    if model is None or not ids:
        return {one: one for one in ids}
    rows = dict(_rows(model).filter(pk__in=ids).values_list("pk", "same_id"))
    return {one: rows.get(one, one) for one in ids}


def hold(kind: str) -> None:
    """Until the end of the transaction nobody else merges records of this kind, or sets one free."""
    transaction_lock(f"sameness {kind}")


@transaction.atomic
def merge(*, actor: "Actor", loser: Mergeable, winner: Mergeable, reason: str) -> Merge:
    """Make `loser` the same as `winner`. The caller journals it.

    A winner that is itself merged is kept by its own name: somebody decided about these two, not about whatever the
    winner stands for today, so when the winner is set free, the loser goes with it.

    One merge of a kind at a time: two that meet in one chain would leave a record canonical that is itself merged.
    """
    assert actor.account is not None, "somebody answers for a merge"
    model: Any = type(loser)
    if type(winner) is not model:
        raise MergeRefused(Refused("sameness.kinds_differ"))
    if not reason.strip():
        raise MergeRefused(Refused("sameness.reason"))
    hold(model.kind)
    locked = {
        row.pk: row for row in _rows(model).select_for_update().filter(pk__in=[loser.pk, winner.pk]).order_by("pk")
    }
    loser, winner = locked[loser.pk], locked[winner.pk]
    target = winner.root_id
    if target == loser.root_id:
        facts = {"loser": str(loser), "winner": str(winner)}
        raise MergeRefused(Refused("sameness.already_same", facts=facts))
    if loser.root_id != loser.pk:
        raise MergeRefused(Refused("sameness.already_merged", facts={"loser": str(loser)}))
    followers = list(_rows(model).filter(canonical_id=loser.pk).order_by("pk").values_list("pk", flat=True))
    _rows(model).filter(pk__in=[loser.pk, *followers]).update(canonical_id=target)
    return Merge.objects.create(
        kind=model.kind,
        loser_id=loser.pk,
        winner_id=winner.pk,
        followers=followers,
        reason=reason.strip(),
        merged_by=actor.account,
    )


@transaction.atomic
def undo(*, merge: Merge) -> None:
    """Take a merge back: what the loser brought along goes with it, whatever happened since. The caller journals it."""
    model: Any = _KINDS[merge.kind]
    hold(merge.kind)
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at:
        raise MergeRefused(Refused("sameness.already_undone"))
    merge.undone_at = clock.now()
    merge.save(update_fields=["undone_at"])
    root = _rows(model).get(pk=merge.loser_id).root_id
    members = dict(
        _rows(model).select_for_update().filter(same_id=root).order_by("pk").values_list("pk", "canonical_id")
    )
    in_force = Merge.objects.filter(kind=merge.kind, loser_id__in=members, undone_at__isnull=True)
    winners = dict(in_force.values_list("loser_id", "winner_id"))
    for member, before in members.items():
        canonical = member
        while canonical in winners:
            canonical = winners[canonical]
        after = canonical if canonical != member else None
        if after != before:
            _rows(model).filter(pk=member).update(canonical_id=after)
