"""What a searchable record carries, the queue that the index of each host follows, and the weights of its channels."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func
from django_scopes import ScopedManager

from jiandao.kernel import clock
from jiandao.kernel.programme import Programme
from jiandao.kernel.search.analysis import pinyin_key, vector


class WithoutVector(models.Manager["Searchable"]):
    """The vector is large and only the database reads it."""

    def get_queryset(self) -> "models.QuerySet[Searchable]":
        return super().get_queryset().defer("search")


class Searchable(models.Model):
    """A record that search finds. `search` is empty for need-to-know records: they are in no shared index."""

    search = SearchVectorField(null=True, editable=False)
    sort_key = models.CharField(max_length=200, editable=False, default="")

    objects: ClassVar[models.Manager[Any]] = ScopedManager(programme="programme", _manager_class=WithoutVector)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or set(fields) - {"state", "version", "changed_at", "published_at"}:
            self.refresh_search()
            if fields is not None:
                kwargs["update_fields"] = {*fields, "sort_key", "search"}
        super().save(*args, **kwargs)

    def search_texts(self) -> tuple[str, str]:
        """(title, the rest), as search should find them."""
        raise NotImplementedError(f"{type(self).__name__} says nothing to search for")

    def refresh_search(self) -> None:
        """Compute the search columns from the texts. Called by `save` and by bulk writers."""
        title, rest = self.search_texts()
        self.sort_key = pinyin_key(title)
        self.search = None if getattr(self, "is_need_to_know", False) else vector(title, rest)


class TransactionId(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's xid8: ever-growing, and comparable with the oldest running transaction."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class IndexChange(models.Model):
    """A record changed in this transaction; the follower of every host reads it and refreshes its index.

    `transaction_id` orders rows by visibility: a follower takes only rows of transactions older than every running one,
    so a late commit with a low id is never skipped.
    """

    kind = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    at = models.DateTimeField(default=clock.now)
    transaction_id = TransactionId(db_default=Func(function="pg_current_xact_id"))

    class Meta:
        app_label = "jd_kernel"
        indexes = (models.Index(fields=["transaction_id", "id"], name="index_change_order"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"


class ChannelWeights(models.Model):
    """The weights by which matching in a programme scores from a moment on; the database refuses to change a row.

    `weights`: by channel; none: those set with the index. `before`: those that counted until then. `encoder`: whose dense
    vectors they were learnt with. `replay`: what was compared on held data before they were put to use.
    """

    kind = "kernel.channel-weights"

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    weights = models.JSONField(null=True)
    before = models.JSONField()
    encoder = models.CharField(max_length=500, blank=True)
    replay = models.JSONField(null=True)
    reason = models.TextField()
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("programme_id", "number")
        constraints = (
            models.UniqueConstraint(fields=["programme", "number"], name="channel_weights_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="channel_weights_count_from_one"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="channel_weights_have_reason"),
            models.CheckConstraint(
                condition=models.Q(weights__isnull=True) | models.Q(replay__isnull=False),
                name="channel_weights_are_replayed",
            ),
        )

    def __str__(self) -> str:
        return f"weights {self.number}"
