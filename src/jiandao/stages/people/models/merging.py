"""Proposals that two organisations are one."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.records import Record
from jiandao.kernel.sameness import Merge
from jiandao.stages.people.models.organisations import Organisation
from jiandao.stages.people.states import OPEN_PROPOSAL


class MergeProposal(Record):
    """Two entries of the directory may be one organisation. Found by comparing names, or written by a person.

    `first` has the lower id, so that a pair is proposed once. A refused pair stays: it is not proposed again.
    """

    kind = "people.merge-proposal"

    state = models.CharField(max_length=20, default=OPEN_PROPOSAL, editable=False)
    first = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    score = models.FloatField(null=True)  # 0..1, of the comparison of names; none when a person proposes
    reasons = models.JSONField(default=list)  # of the comparison: [[code, {parameter: value}], …]
    note = models.CharField(_("why"), max_length=500, blank=True)
    merge = models.ForeignKey(Merge, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-score", "id")
        indexes = (models.Index(fields=["state", "-score", "id"], name="proposal_by_state"),)
        constraints = (
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="proposal_first_is_lower"),
            models.UniqueConstraint(fields=["first", "second"], name="proposal_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "merged", "refused", "undone"]), name="proposal_state_known"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="proposal_score_is_a_share"
            ),
        )

    def __str__(self) -> str:
        return f"{self.first} = {self.second}?"
