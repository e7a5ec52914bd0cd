"""Challenges that are published for answers, where they come from, and the check of the technology before."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.programme import ProgrammeRecord
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.models.common import ExchangeRecord, Indicator, indicator_checks
from jiandao.stages.exchange.models.needs import IntellectualProperty, Need
from jiandao.stages.exchange.models.results import ResearchResult
from jiandao.stages.people.models import Organisation


class Challenge(ExchangeRecord):  # type: ignore[django-manager-missing]
    """A challenge for everybody who can answer (榜题), condensed from one need or from several.

    `issuer` is the organisation whose need it was made from; it is named only where `issuer_shown`.
    """

    kind = "exchange.challenge"

    issuer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("issuer"))
    issuer_shown = models.BooleanField(_("name the issuer in public"), default=True)
    text = models.TextField(_("the challenge"), max_length=8000)
    conditions = models.TextField(_("conditions on those who answer"), max_length=2000, blank=True)
    intellectual_property = models.CharField(
        _("intellectual property"), max_length=20, choices=IntellectualProperty.choices, blank=True
    )
    direction = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("direction")
    )
    cluster = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cluster")
    )
    field = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("technical field")
    )
    prefecture = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("prefecture")
    )
    budget_fen = models.BigIntegerField(_("money to be spent"), null=True, blank=True)
    deadline = models.DateField(_("answers until"))
    published_at = models.DateTimeField(null=True, editable=False)
    solved_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        indexes = (
            GinIndex(fields=["search"], name="challenge_search", gin_pending_list_limit=256),
            models.Index(fields=["programme", "-published_at", "-id"], name="challenge_by_publication"),
            models.Index(fields=["programme", "state", "-changed_at"], name="challenge_by_state"),
            models.Index(fields=["programme", "sort_key", "-id"], name="challenge_by_pinyin"),
            models.Index(fields=["programme", "deadline"], name="challenge_by_deadline"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "solved", "withdrawn"]), name="challenge_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "solved"]) | Q(published_at__isnull=False),
                name="challenge_published_when",
            ),
            models.CheckConstraint(
                condition=Q(budget_fen__isnull=True) | Q(budget_fen__gt=0), name="challenge_budget_positive"
            ),
            # A need-to-know need is matched and introduced as it is; a challenge is for those who are not on its list.
            models.CheckConstraint(condition=Q(secrecy__in=["public", "internal"]), name="challenge_no_secret"),
            models.UniqueConstraint(
                fields=["programme", "source", "source_id"], condition=~Q(source_id=""), name="challenge_source_once"
            ),
        )

    def search_texts(self) -> tuple[str, str]:
        return self.title, " ".join([*self.keywords, self.text, self.title_other, self.summary_other])


class ChallengeIndicator(Indicator):
    """An indicator of a challenge."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="indicators")

    class Meta(Indicator.Meta):
        constraints = indicator_checks("challenge_indicator")


class ChallengeSource(ProgrammeRecord):
    """Which need went into a challenge (来源): each asker is told what became of the own question."""

    class How(models.TextChoices):
        ORIGIN = "origin", _("it was made from this need")
        MERGED = "merged", _("this need asks for the same")

    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, related_name="sources")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="lineage")
    how = models.CharField(max_length=10, choices=How.choices)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("id",)
        constraints = (models.UniqueConstraint(fields=["challenge", "need"], name="challenge_source_of_need_once"),)

    def __str__(self) -> str:
        return f"{self.need} → {self.challenge}"


class TechnologyCheck(ProgrammeRecord):
    """The department's answer whether the technology exists already (查新), kept for ever; the newest one counts."""

    class Verdict(models.TextChoices):
        PROVINCE = "province", _("it exists in the province")
        COUNTRY = "country", _("it exists elsewhere in the country")
        ABROAD = "abroad", _("it exists abroad only")
        PARTLY = "partly", _("it exists in part")
        NOWHERE = "nowhere", _("it does not exist")
        UNKNOWN = "unknown", _("this could not be found out")

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="checks")
    verdict = models.CharField(_("does the technology exist?"), max_length=10, choices=Verdict.choices)
    where = models.CharField(_("where, at whom"), max_length=300, blank=True)
    trl = models.ForeignKey(
        Term,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("at which readiness level"),
    )
    note = models.TextField(_("opinion of the department"), max_length=2000)
    results = models.ManyToManyField(
        ResearchResult, related_name="+", verbose_name=_("results that answer it"), blank=True
    )
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        indexes = (models.Index(fields=["need", "-id"], name="check_by_need"),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(verdict__in=["province", "country", "abroad", "partly"]) | ~Q(where=""),
                name="check_says_where",
            ),
            models.CheckConstraint(condition=~Q(note=""), name="check_has_opinion"),
        )

    def __str__(self) -> str:
        return f"{self.need}: {self.get_verdict_display()}"
