"""What an organisation wants to be offered, what was offered to it, and what either side has set aside."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.programme import ProgrammeRecord
from jiandao.kernel.records import Record
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.capabilities.models import Capability
from jiandao.stages.exchange.introductions.models import Side
from jiandao.stages.exchange.models.challenges import Challenge
from jiandao.stages.exchange.models.needs import Need
from jiandao.stages.exchange.models.results import ResearchResult
from jiandao.stages.people.models import Expert, Organisation


class OfferWish(Record, ProgrammeRecord):
    """An organisation consents to be offered new results, says which, and how often at most."""

    kind = "exchange.offer-wish"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="offer_wishes", verbose_name=_("organisation")
    )
    wanted = models.BooleanField(_("offer us new results that fit"), default=False)
    text = models.TextField(_("what we look for beyond our needs"), max_length=1000, blank=True)
    keywords = ArrayField(models.CharField(max_length=40), verbose_name=_("keywords"), default=list, blank=True)
    fields = models.ManyToManyField(Term, related_name="+", verbose_name=_("only these fields"), blank=True)
    least_level = models.PositiveSmallIntegerField(_("mature from level"), null=True, blank=True)
    most_a_week = models.PositiveSmallIntegerField(_("at most so many a week"), default=3)
    paused_until = models.DateField(_("no offers until"), null=True, blank=True)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["programme", "organisation"], name="offer_wish_once"),
            models.CheckConstraint(condition=Q(most_a_week__range=(1, 20)), name="offer_wish_limit"),
            models.CheckConstraint(
                condition=Q(least_level__isnull=True) | Q(least_level__range=(1, 9)), name="offer_wish_level"
            ),
        )

    def __str__(self) -> str:
        return str(self.organisation)


class Offer(Record, ProgrammeRecord):
    """A result offered to an organisation, for one of its needs or for what it says that it looks for (成果推送)."""

    kind = "exchange.offer"

    state = models.CharField(max_length=20, default="sent", editable=False)
    result = models.ForeignKey(ResearchResult, on_delete=models.PROTECT, related_name="offers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="offers")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, null=True, related_name="offers")
    score = models.FloatField()  # of the engine, for order alone
    terms = models.JSONField(default=list)  # [[shared term, share of the score], …], best first
    answered_at = models.DateTimeField(null=True, editable=False)
    cause = models.CharField(max_length=30, blank=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        indexes = (
            models.Index(fields=["organisation", "state", "-id"], name="offer_by_organisation"),
            models.Index(fields=["programme", "-changed_at", "-id"], name="offer_by_change"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["sent", "taken-up", "refused", "recalled"]), name="offer_state_known"
            ),
            # Offered once, whatever became of it: nobody is bothered twice with the same.
            models.UniqueConstraint(fields=["result", "organisation"], name="offer_once"),
        )

    def __str__(self) -> str:
        return f"{self.result} → {self.organisation}"


class WaitingOffer(ProgrammeRecord):
    """What fits an organisation and was not offered yet: its limit of the week is reached, or it takes none for a while."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    result = models.ForeignKey(ResearchResult, on_delete=models.CASCADE, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.CASCADE, null=True, related_name="+")
    rank = (
        models.PositiveSmallIntegerField()
    )  # of the result among those for this need; scores of two needs say nothing
    score = models.FloatField()
    terms = models.JSONField(default=list)
    since = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("rank", "-score", "id")  # the best comes first when there is room
        constraints = (models.UniqueConstraint(fields=["result", "organisation"], name="offer_waits_once"),)

    def __str__(self) -> str:
        return f"{self.result} → {self.organisation}"


class SetAside(ProgrammeRecord):
    """“Not this, because …”: one side of a match does not want it, and need not see it again. Kept also when taken back."""

    class Why(models.TextChoices):
        OBJECT = "object", _("right words, another thing")
        IMMATURE = "immature", _("not mature enough")
        INDICATORS = "indicators", _("does not reach the indicators")
        KNOWN = "known", _("we know it and tried it")
        PRICE = "price", _("money or terms do not fit")
        PARTNER = "partner", _("we do not want to work with this partner")
        SOLVED = "solved", _("solved in another way")
        OTHER = "other", _("another reason")

    side = models.CharField(max_length=10, choices=Side.choices)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, null=True, related_name="set_aside")
    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, null=True, related_name="set_aside")
    result = models.ForeignKey(ResearchResult, on_delete=models.PROTECT, null=True, related_name="set_aside")
    capability = models.ForeignKey(Capability, on_delete=models.PROTECT, null=True, related_name="set_aside")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, null=True, related_name="set_aside")
    why = models.CharField(_("why not"), max_length=20, choices=Why.choices)
    note = models.CharField(_("in words"), max_length=500, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(need__isnull=False, challenge__isnull=True) | Q(need__isnull=True, challenge__isnull=False),
                name="set_aside_one_question",
            ),
            models.CheckConstraint(
                condition=Q(result__isnull=False, capability__isnull=True, expert__isnull=True)
                | Q(result__isnull=True, capability__isnull=False, expert__isnull=True)
                | Q(result__isnull=True, capability__isnull=True, expert__isnull=False),
                name="set_aside_one_answer",
            ),
            models.UniqueConstraint(
                fields=["need", "challenge", "result", "capability", "expert", "side", "organisation"],
                condition=Q(taken_back_at__isnull=True),
                nulls_distinct=False,
                name="set_aside_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.need or self.challenge} ≠ {self.result or self.capability or self.expert}"
