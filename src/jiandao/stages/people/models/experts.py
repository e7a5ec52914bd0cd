"""Experts with what they have done, and what is held against persons and organisations."""

from datetime import date
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.records import Record
from jiandao.kernel.secrecy import Level
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.people.models.members import Person
from jiandao.stages.people.models.organisations import Organisation
from jiandao.stages.people.states import ENTERED


class Expert(Record):  # type: ignore[django-manager-missing]  # of the rooms above
    """A person whom programmes ask for advice (专家). Shown to others only with the person's own consent.

    Where the person works, and since when, is in the memberships of the person; contact data too.
    """

    kind = "people.expert"

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="expert", verbose_name=_("person"))
    state = models.CharField(max_length=20, default=ENTERED, editable=False)
    post = models.CharField(_("professional title"), max_length=80, blank=True)
    fields = models.ManyToManyField(Term, related_name="+", verbose_name=_("technical fields"), blank=True)
    disciplines = models.ManyToManyField(Term, related_name="+", verbose_name=_("disciplines"), blank=True)
    keywords = ArrayField(models.CharField(max_length=40), verbose_name=_("keywords"), default=list, blank=True)
    text = models.TextField(_("what the expert knows"), max_length=2000, blank=True)
    available = models.BooleanField(_("takes requests"), default=True)
    away_until = models.DateField(_("away until"), null=True, blank=True)
    days_a_year = models.PositiveSmallIntegerField(_("at most so many days a year"), null=True, blank=True)
    consented_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("person__name", "id")
        indexes = (models.Index(fields=["state", "-changed_at", "-id"], name="expert_by_state"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["entered", "active", "withdrawn"]), name="expert_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(consented_at__isnull=False), name="expert_active_by_consent"
            ),
            models.CheckConstraint(
                condition=Q(days_a_year__isnull=True) | Q(days_a_year__range=(1, 366)), name="expert_days_in_a_year"
            ),
        )

    def __str__(self) -> str:
        return self.person.name

    @property
    def secrecy(self) -> str:
        """Experts are for those with a role; the index reads it."""
        return Level.INTERNAL


class WorkKind(models.TextChoices):
    PAPER = "paper", _("paper")
    PATENT = "patent", _("patent")
    PROJECT = "project", _("project")
    STANDARD = "standard", _("standard")
    AWARD = "award", _("award")
    OTHER = "other", _("other work")


class ExpertWork(models.Model):
    """Something that an expert has published or done; where it is known from."""

    expert = models.ForeignKey(Expert, on_delete=models.CASCADE, related_name="works")
    work_kind = models.CharField(_("kind"), max_length=20, choices=WorkKind.choices, default=WorkKind.PAPER)
    title = models.CharField(_("title"), max_length=300)
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    source = models.CharField(_("where, or known from"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-year", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["expert", "work_kind", "title", "year"], nulls_distinct=False, name="expert_work_once"
            ),
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=(1900, 2200)), name="expert_work_year"
            ),
        )

    def __str__(self) -> str:
        return self.title


class IntegrityQuerySet(models.QuerySet["IntegrityRecord"]):
    def on(self, day: date) -> "IntegrityQuerySet":
        """Measures in force on that day: from the first to the last, both included; void ones never."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=day), since__lte=day, voided_at__isnull=True)


class IntegrityRecord(Record):
    """A measure for a breach of integrity, with its term and its source (科研失信记录). Never shown without both.

    A measure is of a person or of an organisation. One that was wrong is declared void, with the reason, and stays.
    """

    kind = "people.integrity"

    class Measure(models.TextChoices):
        WARNING = "warning", _("warning")
        NO_FUNDING = "no-funding", _("no application for public money")
        NO_REVIEW = "no-review", _("no work as an expert")
        NO_TITLE = "no-title", _("no titles and awards")
        ALL = "all", _("no part in the programme at all")

    BARS_EXPERTS = (Measure.NO_REVIEW, Measure.ALL)  # nobody under one of these is asked as an expert

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="measures", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="measures",
        verbose_name=_("organisation"),
    )
    measure = models.CharField(_("measure"), max_length=20, choices=Measure.choices)
    since = models.DateField(_("since"))
    until = models.DateField(_("last day"), null=True, blank=True)  # none: without end
    source = models.CharField(_("decided by, in which document"), max_length=300)
    reason = models.TextField(_("reason"), max_length=1000)
    voided_at = models.DateTimeField(null=True, editable=False)
    voided_because = models.CharField(max_length=500, blank=True, editable=False)

    objects = IntegrityQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-since", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation__isnull=True)
                | Q(person__isnull=True, organisation__isnull=False),
                name="integrity_of_one",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="integrity_ends_after"
            ),
            models.CheckConstraint(condition=~Q(source="") & ~Q(reason=""), name="integrity_has_source"),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | ~Q(voided_because=""), name="integrity_void_with_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person or self.organisation}: {self.get_measure_display()}"
