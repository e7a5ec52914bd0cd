"""Families of organisations: who belongs to whom, from when to when."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.records import Record
from jiandao.stages.people.models.members import Person
from jiandao.stages.people.models.organisations import Organisation
from jiandao.stages.people.states import CONFIRMED, CONTESTED, ENTERED


class TieKind(models.TextChoices):
    """How one organisation hangs on another, or on the person who controls it."""

    SUBSIDIARY = "subsidiary", _("subsidiary")
    BRANCH = "branch", _("branch")
    HOSTED = "hosted", _("unit of a host")
    CONTROLLED = "controlled", _("under the same control")


def _once(upper: str, name: str) -> ExclusionConstraint:
    """No two ties of one kind between the same two on the same day."""
    days = Func("since", "until", Value("[]"), function="daterange", output_field=DateRangeField())
    return ExclusionConstraint(
        name=name,
        expressions=[("member", "="), (upper, "="), ("tie_kind", "="), (days, "&&")],
        condition=Q(voided_at__isnull=True),
    )


class FamilyTie(Record):
    """An organisation belongs to another (母公司、依托单位、总部), or is controlled by it or by a person (实际控制人).

    What one side says of another counts when the other side or an officer has confirmed it. Dated, because recusal and
    limits ask about a day: a firm sold last year was family when it bid. A tie that was never true is void; it is kept,
    because somebody decided by it.
    """

    kind = "people.family-tie"

    state = models.CharField(max_length=20, default=CONFIRMED, editable=False)
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
    controller_note = models.CharField(
        _("who is meant"), max_length=200, blank=True
    )  # post, place: there are namesakes
    # The side that entered it and cannot confirm it; none when an officer who acts for neither did.
    entered_for = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
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
            models.CheckConstraint(condition=Q(state__in=[ENTERED, CONFIRMED, CONTESTED]), name="tie_state_known"),
            models.CheckConstraint(
                condition=Q(state=CONFIRMED) | Q(entered_for__isnull=False), name="tie_waits_for_the_other_side"
            ),
            _once("head", "tie_once"),
            _once("controller", "tie_of_person_once"),
        )

    def __str__(self) -> str:
        return f"{self.member} — {self.head or self.controller}"
