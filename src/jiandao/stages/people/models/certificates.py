"""Certificates of organisations: entered once, shown wherever the organisation presents itself, with a day on which they end."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.records import Record
from jiandao.stages.people.models.organisations import Organisation
from jiandao.stages.people.states import ENTERED


class CertificateKind(models.TextChoices):
    """What applications ask organisations for, again and again."""

    LICENCE = "licence", _("business licence")
    HIGH_TECH = "high-tech", _("high-tech enterprise")
    SPECIALISED = "specialised", _("specialised and innovative enterprise (little giant, provincial)")
    SCIENCE_SME = "science-sme", _("science and technology SME")
    QUALITY = "quality", _("quality management (ISO 9001 and kin)")
    LABORATORY = "laboratory", _("laboratory accreditation (CNAS, CMA)")
    STATEMENT = "statement", _("audited annual statement")
    PLATFORM = "platform", _("recognised research platform")
    OTHER = "other", _("other certificate")


class Certificate(Record):
    """A certificate of an organisation (资质证书). Its scan is a file of the record."""

    kind = "people.certificate"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="certificates", verbose_name=_("organisation")
    )
    state = models.CharField(max_length=20, default=ENTERED, editable=False)
    certificate_kind = models.CharField(_("kind"), max_length=20, choices=CertificateKind.choices)
    title = models.CharField(_("title"), max_length=200)
    number = models.CharField(_("number"), max_length=80, blank=True)
    issuer = models.CharField(_("issued by"), max_length=200, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)  # none: without end
    checked_at = models.DateTimeField(null=True, editable=False)
    reminded = models.PositiveSmallIntegerField(null=True, editable=False)  # days before the end of the last reminder

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("certificate_kind", "-valid_until", "id")
        indexes = (
            models.Index(fields=["organisation", "certificate_kind"], name="certificate_by_organisation"),
            models.Index(fields=["valid_until"], name="certificate_by_end"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["entered", "checked", "refused", "withdrawn"]), name="certificate_state_known"
            ),
            models.CheckConstraint(
                condition=Q(issued_on__isnull=True) | Q(valid_until__isnull=True) | Q(valid_until__gte=F("issued_on")),
                name="certificate_ends_after",
            ),
            models.CheckConstraint(
                condition=~Q(state="checked") | Q(checked_at__isnull=False), name="certificate_checked_when"
            ),
        )

    def __str__(self) -> str:
        return self.title
