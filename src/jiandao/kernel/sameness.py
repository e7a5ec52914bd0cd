"""Sameness: two records that are one thing (a university under two names) are merged without re-pointing anything.

Merging sets `canonical` on the losing record; every comparison goes through `same_id`, a column the database keeps as
`coalesce(canonical_id, id)`. Undoing clears it again, and everything is as it was.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from jiandao.kernel import clock

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


class MergeRefused(ValueError):
    """Two records cannot be merged; the message is a code of the catalogue of refusals."""


class Merge(models.Model):
    """A merge, with the records that followed the loser, so that it can be undone exactly."""

    kind = models.CharField(max_length=60)
    loser_id = models.BigIntegerField()
    winner_id = models.BigIntegerField()
    followers = models.JSONField(default=list)  # ids that pointed to the loser before
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


@transaction.atomic
def merge(*, actor: "Actor", loser: Mergeable, winner: Mergeable, reason: str) -> Merge:
    """Make `loser` the same as `winner`. Both rows are locked; a merged winner stands for its canonical record."""
    assert actor.account is not None, "somebody answers for a merge"
    model: Any = type(loser)
    if type(winner) is not model:
        raise MergeRefused("sameness.kinds_differ")
    locked = {
        row.pk: row for row in _rows(model).select_for_update().filter(pk__in=[loser.pk, winner.pk]).order_by("pk")
    }
    loser, winner = locked[loser.pk], locked[winner.pk]
    if loser.root_id != loser.pk:
        raise MergeRefused("sameness.already_merged")
    target = winner.root_id
    if target == loser.pk:
        raise MergeRefused("sameness.already_same")
    followers = list(_rows(model).filter(canonical_id=loser.pk).values_list("pk", flat=True))
    _rows(model).filter(pk__in=[loser.pk, *followers]).update(canonical_id=target)
    return Merge.objects.create(
        kind=model.kind,
        loser_id=loser.pk,
        winner_id=target,
        followers=followers,
        reason=reason,
        merged_by=actor.account,
    )


@transaction.atomic
def undo(*, merge: Merge) -> None:
    """Take a merge back: the loser stands for itself again, and what followed it follows it again."""
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at:
        raise MergeRefused("sameness.already_undone")
    model: Any = _KINDS[merge.kind]
    loser = _rows(model).select_for_update().get(pk=merge.loser_id)
    # What followed the loser into the merge follows it out again, wherever the winner has gone since; a follower that
    # was merged elsewhere or set free in between points to something else and stays there.
    _rows(model).filter(pk__in=merge.followers, canonical_id=loser.root_id).update(canonical_id=loser.pk)
    _rows(model).filter(pk=merge.loser_id).update(canonical_id=None)
    merge.undone_at = clock.now()
    merge.save(update_fields=["undone_at"])
