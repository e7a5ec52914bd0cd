"""Needs with their target indicators, and research results."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.programme import ProgrammeRecord
from jiandao.kernel.records import Record
from jiandao.kernel.search.models import Searchable
from jiandao.kernel.secrecy import Classified
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.people.models import Organisation, Person


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


class Comparator(models.TextChoices):
    AT_LEAST = "ge", "≥"
    AT_MOST = "le", "≤"
    MORE_THAN = "gt", ">"
    LESS_THAN = "lt", "<"
    EQUAL = "eq", "="
    WITHIN = "within", _("within ±")


class Language(models.TextChoices):
    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")


class ExchangeRecord(Record, ProgrammeRecord, Classified, Searchable):
    """What needs and results share: title, keywords, where they came from, a title in the other language."""

    state = models.CharField(max_length=20, default="draft", editable=False)
    title = models.CharField(_("title"), max_length=200)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.CHINESE)
    keywords = ArrayField(models.CharField(max_length=40), verbose_name=_("keywords"), default=list, blank=True)
    contact = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    title_other = models.CharField(_("title in the other language"), max_length=300, blank=True)
    summary_other = models.TextField(_("summary in the other language"), max_length=2000, blank=True)
    translated_by = models.CharField(_("translated by"), max_length=100, blank=True)
    source = models.CharField(max_length=80, blank=True, editable=False)  # the register a record was imported from
    source_id = models.CharField(max_length=200, blank=True, editable=False)  # its id there: a repeat import updates

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


class Need(ExchangeRecord):
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
    published_at = models.DateTimeField(null=True, editable=False)

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
                condition=Q(state__in=["draft", "submitted", "checking", "returned", "published", "withdrawn"]),
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


class TargetIndicator(ProgrammeRecord):
    """What the answer must reach (考核指标): name, comparator, threshold, stretch, unit, and how it is tested."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="indicators")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("indicator"), max_length=120)
    comparator = models.CharField(_("comparator"), max_length=10, choices=Comparator.choices)
    threshold = models.DecimalField(_("threshold"), max_digits=20, decimal_places=6)
    tolerance = models.DecimalField("±", max_digits=20, decimal_places=6, null=True, blank=True)
    stretch = models.DecimalField(_("stretch"), max_digits=20, decimal_places=6, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=30, blank=True)
    test_method = models.CharField(_("test method"), max_length=300, blank=True)

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.CheckConstraint(
                condition=(Q(comparator="within") & Q(tolerance__gt=0))
                | (~Q(comparator="within") & Q(tolerance__isnull=True)),
                name="indicator_tolerance_when_within",
            ),
            models.CheckConstraint(
                condition=Q(stretch__isnull=True)
                | (Q(comparator__in=["ge", "gt"]) & Q(stretch__gte=F("threshold")))
                | (Q(comparator__in=["le", "lt"]) & Q(stretch__lte=F("threshold"))),
                name="indicator_stretch_is_harder",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.get_comparator_display()} {plain_number(self.threshold)} {self.shown_unit}".strip()

    @property
    def shown_unit(self) -> str:
        """The unit as people write it: 1, the unit of a pure number, is left out."""
        return "" if self.unit == "1" else self.unit


def plain_number(value: Decimal) -> str:
    """A number without trailing noughts and without an exponent."""
    return f"{value.normalize():f}"


class Terms(models.TextChoices):
    """合作方式: how a result may be had."""

    TRANSFER = "transfer", _("transfer")
    LICENCE = "licence", _("licence")
    INVESTMENT = "investment", _("share in a company")
    JOINT = "joint", _("joint development")
    SERVICE = "service", _("service or consulting")
    NEGOTIABLE = "negotiable", _("to be negotiated")


class ResearchResult(ExchangeRecord):
    """A result of research that can be used (科技成果), with its maturity and the evidence for it."""

    kind = "exchange.result"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="results", verbose_name=_("owner")
    )
    text = models.TextField(_("description"), max_length=8000, blank=True)
    authors = models.CharField(_("authors"), max_length=300, blank=True)
    field = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("technical field")
    )
    trl = models.ForeignKey(
        Term,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("technology readiness level"),
    )
    trl_evidence = models.TextField(_("evidence of the level"), max_length=1000, blank=True)
    terms = models.CharField(_("terms"), max_length=20, choices=Terms.choices, default=Terms.NEGOTIABLE)
    price_fen = models.BigIntegerField(_("price asked"), null=True, blank=True)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-id",)
        indexes = (
            GinIndex(fields=["search"], name="result_search", gin_pending_list_limit=256),
            models.Index(fields=["programme", "state", "-changed_at"], name="result_by_state"),
            models.Index(fields=["programme", "sort_key", "-id"], name="result_by_pinyin"),
            models.Index(fields=["programme", "-changed_at", "-id"], name="result_by_change"),
            models.Index(fields=["organisation", "state"], name="result_by_organisation"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(price_fen__isnull=True) | Q(price_fen__gte=0), name="result_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "withdrawn"]), name="result_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="result_published_when"
            ),
            models.CheckConstraint(condition=Q(trl__isnull=True) | ~Q(trl_evidence=""), name="result_trl_has_evidence"),
            models.UniqueConstraint(
                fields=["programme", "source", "source_id"], condition=~Q(source_id=""), name="result_source_once"
            ),
        )

    def search_texts(self) -> tuple[str, str]:
        return self.title, " ".join([*self.keywords, self.text, self.authors, self.title_other, self.summary_other])


from jiandao.stages.exchange.importing.models import ImportBatch, ImportMapping  # noqa: E402 - Django looks here

__all__ = [
    "ActivityType",
    "Comparator",
    "ExchangeRecord",
    "ImportBatch",
    "ImportMapping",
    "IntellectualProperty",
    "Language",
    "Need",
    "ResearchResult",
    "SolutionMode",
    "TargetIndicator",
    "Terms",
    "plain_number",
]
