"""Editions of rules. The database refuses to change one: a new value is a new edition."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from jiandao.kernel import clock
from jiandao.kernel.programme import Programme
from jiandao.kernel.public_ids import LENGTH, new_public_id


class RuleEdition(models.Model):
    """One value of one rule, from a day on, for a programme or (none) for all that have no edition of their own."""

    kind = "kernel.rule-edition"

    public_id = models.CharField(max_length=LENGTH, unique=True, default=new_public_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=100)
    edition = models.PositiveIntegerField()
    value = models.JSONField()
    unit = models.CharField(max_length=40, blank=True)
    valid_from = models.DateField()
    date_basis = models.CharField(max_length=200)  # which date counts, in words
    source = models.CharField(max_length=300)
    verified = models.BooleanField(
        default=False
    )  # false: nobody has read it in the text itself, and the officer is told
    reason = models.TextField(blank=True)
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("code", "programme_id", "edition")
        constraints = (
            models.UniqueConstraint(
                fields=["code", "programme", "edition"], nulls_distinct=False, name="rule_edition_once"
            ),
            models.CheckConstraint(condition=Q(edition__gte=1), name="rule_edition_counts_from_one"),
            models.CheckConstraint(condition=~Q(source=""), name="rule_edition_has_source"),
        )
        indexes = (models.Index(fields=["code", "programme", "-valid_from", "-edition"], name="rule_in_force"),)

    def __str__(self) -> str:
        return f"{self.code} #{self.edition}"
