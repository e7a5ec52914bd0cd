"""Results of research that can be used."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.models.common import ExchangeRecord
from jiandao.stages.people.models import Organisation


class Terms(models.TextChoices):
    """合作方式: how a result may be had."""

    TRANSFER = "transfer", _("transfer")
    LICENCE = "licence", _("licence")
    INVESTMENT = "investment", _("share in a company")
    JOINT = "joint", _("joint development")
    SERVICE = "service", _("service or consulting")
    NEGOTIABLE = "negotiable", _("to be negotiated")


class ResearchResult(ExchangeRecord):  # type: ignore[django-manager-missing]
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
    may_be_offered = models.BooleanField(_("offer it to organisations that it fits"), default=True)
    published_at = models.DateTimeField(null=True, editable=False)
    offered_at = models.DateTimeField(null=True, editable=False)  # when it was last looked whom it fits

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
