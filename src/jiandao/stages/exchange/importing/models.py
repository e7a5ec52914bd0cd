"""What is remembered of an import: the file and what became of it, and how somebody mapped such columns before."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.programme import Programme, ProgrammeRecord
from jiandao.kernel.records import Record


class BatchState(models.TextChoices):
    UPLOADED = "uploaded", _("uploaded")
    CHECKED = "checked", _("checked")
    RUNNING = "running", _("being imported")
    DONE = "done", _("imported")
    FAILED = "failed", _("not imported")
    CANCELLED = "cancelled", _("cancelled")


class ImportKind(models.TextChoices):
    NEEDS = "needs", _("needs")
    RESULTS = "results", _("results")
    CAPABILITIES = "capabilities", _("capabilities")
    ORGANISATIONS = "organisations", _("organisations")
    EXPERTS = "experts", _("experts")


class ImportBatch(Record, ProgrammeRecord):
    """One uploaded file on its way into the exchange. The content lies in the data folder under its digest."""

    kind = "exchange.import"

    imported_kind = models.CharField(max_length=20, choices=ImportKind.choices, editable=False)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.UPLOADED, editable=False)
    file_name = models.CharField(_("file"), max_length=200, editable=False)
    digest = models.CharField(max_length=64, editable=False)  # SHA-256 of the content
    size = models.PositiveIntegerField(editable=False)
    confidential = models.BooleanField(default=True, editable=False)  # until the check finds no need-to-know row
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    report = models.JSONField(default=dict, editable=False)
    # Columns, first values and number of rows, so that no page reads the file again; see `actions.Layout`.
    layout = models.JSONField(default=dict, editable=False)
    job = models.CharField(max_length=20, blank=True, editable=False)  # public id of the job that checks or imports

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["programme", "created_by", "-id"], name="import_by_owner"),)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="import_state_known"),
            models.CheckConstraint(condition=Q(imported_kind__in=ImportKind.values), name="import_kind_known"),
        )

    def __str__(self) -> str:
        return self.file_name


class ImportMapping(models.Model):
    """The mapping that an account used last for one kind and one set of headers."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="+")
    imported_kind = models.CharField(max_length=20, choices=ImportKind.choices)
    headers = models.CharField(max_length=64)  # digest of the sorted headers
    mapping: Any = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.UniqueConstraint(
                fields=["account", "programme", "imported_kind", "headers"], name="import_mapping_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.imported_kind} {self.headers[:8]}"
