"""What the records of the exchange share."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.programme import ProgrammeRecord
from jiandao.kernel.records import Record
from jiandao.kernel.search.models import Searchable
from jiandao.kernel.secrecy import Classified
from jiandao.stages.people.models import Person


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

    @property
    def came_from(self) -> str:
        """The register that it was imported from, and its number there; a number that we had to make says nothing."""
        if not self.source or not self.source_id or self.source_id.startswith("~"):
            return self.source
        return gettext("%(register)s, no. %(number)s") % {"register": self.source, "number": self.source_id}


class Indicator(ProgrammeRecord):
    """What an answer must reach (考核指标): name, comparator, threshold, stretch, unit, and how it is tested."""

    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("indicator"), max_length=120)
    comparator = models.CharField(_("comparator"), max_length=10, choices=Comparator.choices)
    threshold = models.DecimalField(_("threshold"), max_digits=20, decimal_places=6)
    tolerance = models.DecimalField("±", max_digits=20, decimal_places=6, null=True, blank=True)
    stretch = models.DecimalField(_("stretch"), max_digits=20, decimal_places=6, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=30, blank=True)
    test_method = models.CharField(_("test method"), max_length=300, blank=True)

    class Meta:
        abstract = True
        ordering = ("position", "id")

    def __str__(self) -> str:
        return f"{self.name} {self.get_comparator_display()} {plain_number(self.threshold)} {self.shown_unit}".strip()

    @property
    def shown_unit(self) -> str:
        """The unit as people write it: 1, the unit of a pure number, is left out."""
        return "" if self.unit == "1" else self.unit


def indicator_checks(prefix: str) -> tuple[models.CheckConstraint, ...]:
    """The promises of a table of indicators; names of constraints differ from table to table."""
    return (
        models.CheckConstraint(
            condition=(Q(comparator="within") & Q(tolerance__gt=0))
            | (~Q(comparator="within") & Q(tolerance__isnull=True)),
            name=f"{prefix}_tolerance_when_within",
        ),
        models.CheckConstraint(
            condition=Q(stretch__isnull=True)
            | (Q(comparator__in=["ge", "gt"]) & Q(stretch__gte=F("threshold")))
            | (Q(comparator__in=["le", "lt"]) & Q(stretch__lte=F("threshold"))),
            name=f"{prefix}_stretch_is_harder",
        ),
    )


def plain_number(value: Decimal) -> str:
    """A number without trailing noughts and without an exponent."""
    return f"{value.normalize():f}"
