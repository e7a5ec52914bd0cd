"""What is remembered of a file: its content by digest, its name for display, the record that it belongs to."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.programme import Programme
from jiandao.kernel.records import Record


class StoredFile(Record):
    """A file attached to a record. Who may read it is decided by the room of that record: it has no level of its own."""

    kind = "kernel.file"

    digest = models.CharField(max_length=64)  # SHA-256 of the content, hexadecimal
    name = models.CharField(_("name"), max_length=150)
    caption = models.CharField(_("what it shows"), max_length=200, blank=True)
    size = models.BigIntegerField(_("size"))
    media_type = models.CharField(_("kind"), max_length=100)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, related_name="+")
    about_kind = models.CharField(max_length=60)
    about_id = models.BigIntegerField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="file_digest_is_sha256"),
            models.CheckConstraint(condition=Q(size__gt=0), name="file_not_empty"),
        )
        indexes = (
            models.Index(fields=["about_kind", "about_id"], name="file_by_record"),
            models.Index(fields=["digest"], name="file_by_content"),
        )

    def __str__(self) -> str:
        return self.name
