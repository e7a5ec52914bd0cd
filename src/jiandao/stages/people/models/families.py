"""Families of organisations: who belongs to whom, from when to when."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.records import Record
from jiandao.stages.people.models.members import Person
from jiandao.stages.people.models.organisations import Organisation


class TieKind(models.TextChoices):
    """How one organisation hangs on another, or on the person who controls it."""

    SUBSIDIARY = "subsidiary", _("subsidiary")
    BRANCH = "branch", _("branch")
    HOSTED = "hosted", _("unit of a host")
    CONTROLLED = "controlled", _("under the same control")


class FamilyTie(Record):
    """An organisation belongs to another (母公司、依托单位、总部), or is controlled by it or by a person (实际控制人).

    Dated, because recusal and limits ask about a day: a firm sold last year was family when it bid. A tie that was never
    true is void; it is kept, because somebody decided by it.
    """

    kind = "people.family-tie"

    member = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="ties_up", verbose_name=_("organisation")
    )
    head = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="ties_down", null=True, blank=True,
        verbose_name=_("belongs to"),
    )  # fmt: skip
    controller = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        related_name="controls",
        null=True,
        blank=True,
        verbose_name=_("controlled by"),
    )
    tie_kind = models.CharField(_("kind"), max_length=20, choices=TieKind.choices)
    since = models.DateField(_("since"), null=True, blank=True)  # none: for as long as anybody knows
    until = models.DateField(_("until"), null=True, blank=True)
    source = models.CharField(_("known from"), max_length=300)
    voided_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("since", "id")
        indexes = (
            models.Index(fields=["member"], condition=Q(voided_at__isnull=True), name="tie_by_member"),
            models.Index(fields=["head"], condition=Q(voided_at__isnull=True), name="tie_by_head"),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(member=F("head")), name="tie_of_two"),
            models.CheckConstraint(condition=Q(head__isnull=True) ^ Q(controller__isnull=True), name="tie_to_one_head"),
            models.CheckConstraint(
                condition=Q(controller__isnull=True) | Q(tie_kind="controlled"), name="tie_of_persons_is_control"
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=F("since")),
                name="tie_ends_after",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="tie_has_source"),
            models.UniqueConstraint(
                fields=["member", "head", "tie_kind"],
                condition=Q(until__isnull=True, voided_at__isnull=True),
                name="tie_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.member} — {self.head or self.controller}"
