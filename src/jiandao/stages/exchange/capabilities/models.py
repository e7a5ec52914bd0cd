"""Capabilities and the bookings of them."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.programme import ProgrammeRecord
from jiandao.kernel.records import Record
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.models.common import ExchangeRecord
from jiandao.stages.people.models import Organisation


class CapabilityKind(models.TextChoices):
    TEAM = "team", _("team")
    LABORATORY = "laboratory", _("laboratory")
    INSTRUMENT = "instrument", _("instrument")
    PILOT_LINE = "pilot-line", _("pilot line")


class PriceUnit(models.TextChoices):
    HOUR = "hour", _("an hour")
    DAY = "day", _("a day")
    SAMPLE = "sample", _("a sample")
    BATCH = "batch", _("a batch")
    MONTH = "month", _("a month")


class Capability(ExchangeRecord):
    """A team, laboratory, instrument or pilot line that others may use (科研能力与中试平台)."""

    kind = "exchange.capability"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="capabilities", verbose_name=_("unit that offers it")
    )
    capability_kind = models.CharField(_("kind"), max_length=20, choices=CapabilityKind.choices)
    text = models.TextField(_("what it can do"), max_length=4000)
    field = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("technical field")
    )
    level_from = models.PositiveSmallIntegerField(_("takes work from level"), null=True, blank=True)
    level_to = models.PositiveSmallIntegerField(_("brings it to level"), null=True, blank=True)
    place = models.CharField(_("location"), max_length=200, blank=True)
    opening_hours = models.CharField(_("opening hours"), max_length=200, blank=True)
    price_fen = models.BigIntegerField(_("price"), null=True, blank=True)
    price_unit = models.CharField(_("price for"), max_length=10, choices=PriceUnit.choices, blank=True)
    conditions = models.TextField(_("conditions of use"), max_length=2000, blank=True)
    bookable = models.BooleanField(_("can be booked here"), default=True)
    at_once = models.PositiveSmallIntegerField(_("bookings at the same time"), null=True, blank=True, default=1)
    published_at = models.DateTimeField(null=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        indexes = (
            GinIndex(fields=["search"], name="capability_search", gin_pending_list_limit=256),
            models.Index(fields=["programme", "state", "-changed_at"], name="capability_by_state"),
            models.Index(fields=["programme", "sort_key", "-id"], name="capability_by_pinyin"),
            models.Index(fields=["programme", "-confirmed_at", "-id"], name="capability_by_confirmation"),
            models.Index(fields=["organisation", "state"], name="capability_by_organisation"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "withdrawn"]), name="capability_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | (Q(published_at__isnull=False) & Q(confirmed_at__isnull=False)),
                name="capability_published_when",
            ),
            models.CheckConstraint(
                condition=Q(price_fen__isnull=True) | (Q(price_fen__gte=0) & ~Q(price_unit="")),
                name="capability_price_for_what",
            ),
            models.CheckConstraint(
                condition=(Q(level_from__isnull=True) | Q(level_from__range=(1, 9)))
                & (Q(level_to__isnull=True) | Q(level_to__range=(1, 9)))
                & (Q(level_from__isnull=True) | Q(level_to__isnull=True) | Q(level_to__gte=F("level_from"))),
                name="capability_levels_in_order",
            ),
            models.CheckConstraint(
                condition=Q(at_once__isnull=True) | Q(at_once__gte=1), name="capability_at_once_positive"
            ),
            # An offer that is for those on a list alone is no offer.
            models.CheckConstraint(condition=Q(secrecy__in=["public", "internal"]), name="capability_no_secret"),
            models.UniqueConstraint(
                fields=["programme", "source", "source_id"], condition=~Q(source_id=""), name="capability_source_once"
            ),
        )

    def search_texts(self) -> tuple[str, str]:
        return self.title, " ".join([*self.keywords, self.text, self.title_other, self.summary_other])


class Booking(Record, ProgrammeRecord):
    """A request to use a capability on certain days (预约)."""

    kind = "exchange.booking"

    state = models.CharField(max_length=20, default="asked", editable=False)
    capability = models.ForeignKey(Capability, on_delete=models.PROTECT, related_name="bookings")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="bookings", verbose_name=_("organisation that asks")
    )
    purpose = models.TextField(_("what is to be done"), max_length=1000)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))
    quantity = models.PositiveIntegerField(_("how much"), null=True, blank=True)  # in units of the price
    answered_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        indexes = (
            models.Index(fields=["capability", "state", "first_day"], name="booking_by_capability"),
            models.Index(fields=["organisation", "-id"], name="booking_by_organisation"),
            models.Index(fields=["programme", "-changed_at", "-id"], name="booking_by_change"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["asked", "accepted", "declined", "cancelled", "used"]),
                name="booking_state_known",
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="booking_days_in_order"),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gt=0), name="booking_quantity_positive"
            ),
        )

    def __str__(self) -> str:
        return f"{self.capability.title} {self.first_day}"
