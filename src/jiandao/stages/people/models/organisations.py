"""Organisations and the names that they are known by."""

from typing import ClassVar, cast

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import identifiers
from jiandao.kernel.records import Record
from jiandao.kernel.sameness import Mergeable
from jiandao.kernel.search.analysis import pinyin_key
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.people.states import ENTERED


class OrganisationKind(models.TextChoices):
    ENTERPRISE = "enterprise", _("enterprise")
    UNIVERSITY = "university", _("university")
    INSTITUTE = "institute", _("research institute")
    HOSPITAL = "hospital", _("hospital")
    GOVERNMENT = "government", _("government department")
    INVESTOR = "investor", _("investment institution")
    SERVICE = "service", _("service provider")
    OTHER = "other", _("other organisation")


class Organisation(Record, Mergeable):  # type: ignore[django-manager-missing]  # of the rooms above
    """A legal person or a unit that takes part (单位)."""

    kind = "people.organisation"

    state = models.CharField(max_length=20, default=ENTERED, editable=False)
    name = models.CharField(_("name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    organisation_kind = models.CharField(_("kind"), max_length=20, choices=OrganisationKind.choices)
    credit_code = models.CharField(
        _("unified social credit code"),
        max_length=18,
        null=True,  # none, not empty: the unique constraint must let many organisations have none
        blank=True,
        unique=True,
        validators=[identifiers.validate_credit_code],
    )
    prefecture = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("prefecture")
    )
    clusters = models.ManyToManyField(Term, related_name="+", verbose_name=_("clusters"), blank=True)
    website = models.URLField(_("website"), blank=True)
    introduction = models.TextField(_("what it does"), max_length=2000, blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True, editable=False)
    is_demonstration = models.BooleanField(default=False, editable=False)
    sort_key = models.CharField(max_length=200, default="", editable=False)

    class Meta:
        ordering = ("sort_key", "id")
        indexes = (
            models.Index(fields=["name"], name="organisation_by_name"),
            models.Index(fields=["sort_key", "-id"], name="organisation_by_pinyin"),
            models.Index(fields=["same_id"], name="organisation_by_sameness"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["entered", "verified", "doubted"]), name="organisation_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="verified") | Q(verified_at__isnull=False), name="organisation_verified_when"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def entries(self) -> "list[Organisation]":
        """All entries that are this organisation today, the canonical one first."""
        root = cast("Organisation | None", self.canonical) or self
        return [root, *root.merged.all()]

    @property
    def codes(self) -> list[str]:
        """The social credit codes of all its entries: one at most, because two codes are two legal persons."""
        return sorted({one.credit_code for one in self.entries if one.credit_code})

    def save(self, *args: object, **kwargs: object) -> None:
        self.sort_key = pinyin_key(self.name)
        fields = kwargs.get("update_fields")
        if isinstance(fields, list | set | tuple) and "name" in fields:
            kwargs["update_fields"] = {*fields, "sort_key"}
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class NameKind(models.TextChoices):
    """Why an organisation is known by a further name."""

    FORMER = "former", _("former name")
    SHORT = "short", _("short name")
    SPELLING = "spelling", _("other spelling")
    OTHER = "other", _("other name")


class OrganisationName(models.Model):
    """A further name of an organisation (曾用名、简称): whoever knows it by this one finds it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(_("name"), max_length=200)
    name_kind = models.CharField(_("kind"), max_length=20, choices=NameKind.choices, default=NameKind.OTHER)
    until = models.DateField(_("used until"), null=True, blank=True)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("id",)
        indexes = (models.Index(fields=["name"], name="organisation_name_by_name"),)
        constraints = (
            models.UniqueConstraint(fields=["organisation", "name"], name="organisation_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="organisation_name_given"),
        )

    def __str__(self) -> str:
        return self.name
