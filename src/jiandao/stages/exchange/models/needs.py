"""Needs: problems that enterprises cannot solve themselves, with measurable indicators."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.models.common import ExchangeRecord, Indicator, indicator_checks
from jiandao.stages.people.models import Organisation


class ActivityType(models.TextChoices):
    """科技活动类型, as the provinces' need forms have them."""

    BASIC = "basic-research", _("basic research")
    APPLIED = "applied-research", _("applied research")
    DEVELOPMENT = "experimental-development", _("experimental development")
    APPLICATION = "application-of-results", _("development and application of results")
    EXTENSION = "extension-and-services", _("technology extension and services")
    PRODUCTION = "production", _("production activity")


class SolutionMode(models.TextChoices):
    """技术需求解决方式."""

    OWN = "own", _("own development")
    COMMISSIONED = "commissioned", _("commissioned development")
    JOINT = "joint", _("joint development")
    OTHER = "other", _("other")


class IntellectualProperty(models.TextChoices):
    """知识产权归属."""

    ASKER = "asker", _("belongs to the enterprise that asks")
    ANSWERER = "answerer", _("belongs to the team that answers")
    SHARED = "shared", _("is shared")
    AGREED = "agreed", _("as the agreement says")


class Need(ExchangeRecord):  # type: ignore[django-manager-missing]
    """A problem that an enterprise cannot solve itself (技术需求), with measurable indicators."""

    kind = "exchange.need"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="needs", verbose_name=_("organisation that asks")
    )
    problem = models.TextField(_("problem"), max_length=4000, blank=True)
    goal = models.TextField(_("expected result"), max_length=4000, blank=True)
    conditions = models.TextField(_("conditions on those who answer"), max_length=2000, blank=True)
    intellectual_property = models.CharField(
        _("intellectual property"), max_length=20, choices=IntellectualProperty.choices, blank=True
    )
    intellectual_property_note = models.CharField(_("note on intellectual property"), max_length=500, blank=True)
    activity_type = models.CharField(_("type of activity"), max_length=30, choices=ActivityType.choices, blank=True)
    solution_mode = models.CharField(_("way of solving"), max_length=20, choices=SolutionMode.choices, blank=True)
    direction = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("direction")
    )
    orientation = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("orientation")
    )
    cluster = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cluster")
    )
    discipline = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("discipline")
    )
    field = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("technical field")
    )
    industry = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("industry of use")
    )
    budget_fen = models.BigIntegerField(_("money to be spent"), null=True, blank=True)
    deadline = models.DateField(_("answers until"), null=True, blank=True)
    needed_by = models.DateField(_("solution needed by"), null=True, blank=True)
    anonymous = models.BooleanField(_("do not name us in public"), default=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    form_passed_at = models.DateTimeField(null=True, editable=False)
    assessed_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    # The day from which answers are counted, once it was taken up again; none while `published_at` is the first one.
    first_published_at = models.DateTimeField(null=True, editable=False)
    dropped_at = models.DateTimeField(null=True, editable=False)  # the last time it was returned, rejected or merged
    drop_cause = models.CharField(max_length=30, blank=True, editable=False)

    class Meta:
        ordering = ("-id",)
        indexes = (
            GinIndex(fields=["search"], name="need_search", gin_pending_list_limit=256),
            models.Index(fields=["programme", "state", "-changed_at"], name="need_by_state"),
            models.Index(fields=["programme", "sort_key", "-id"], name="need_by_pinyin"),
            models.Index(fields=["programme", "-changed_at", "-id"], name="need_by_change"),
            models.Index(fields=["programme", "deadline"], name="need_by_deadline"),
            models.Index(fields=["organisation", "state"], name="need_by_organisation"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(budget_fen__isnull=True) | Q(budget_fen__gt=0), name="need_budget_positive"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "draft",
                        "submitted",
                        "checking",
                        "assessing",
                        "returned",
                        "published",
                        "merged",
                        "rejected",
                        "withdrawn",
                    ]
                ),
                name="need_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="need_published_when"
            ),
            models.UniqueConstraint(
                fields=["programme", "source", "source_id"], condition=~Q(source_id=""), name="need_source_once"
            ),
        )

    def search_texts(self) -> tuple[str, str]:
        return self.title, " ".join([*self.keywords, self.problem, self.goal, self.title_other, self.summary_other])


class TargetIndicator(Indicator):
    """An indicator of a need."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="indicators")

    class Meta(Indicator.Meta):
        constraints = indicator_checks("indicator")
