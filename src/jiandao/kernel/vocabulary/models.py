"""Terms of controlled vocabularies. A row is one term in one edition; a new edition adds rows and changes none."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language


class TermQuerySet(models.QuerySet["Term"]):
    def of(self, vocabulary: str, on: date) -> "TermQuerySet":
        """Terms of a vocabulary that are valid on a day, in their order."""
        valid = Q(valid_to__isnull=True) | Q(valid_to__gt=on)
        return self.filter(valid, vocabulary=vocabulary, valid_from__lte=on).order_by("position")


class Term(models.Model):
    """One term of one edition of a vocabulary."""

    vocabulary = models.CharField(max_length=40)
    edition = models.CharField(max_length=60)
    code = models.CharField(max_length=40)
    label_zh = models.CharField(max_length=120)
    label_en = models.CharField(max_length=160)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    position = models.PositiveIntegerField(default=0)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=300)
    verified = models.BooleanField(default=False)  # false: from general knowledge, and the officer is told so
    note = models.TextField(blank=True)

    objects: ClassVar[models.Manager["Term"]] = models.Manager.from_queryset(TermQuerySet)()

    class Meta:
        app_label = "jd_kernel"
        ordering = ("vocabulary", "edition", "position")
        constraints = (models.UniqueConstraint(fields=["vocabulary", "edition", "code"], name="term_once"),)

    def __str__(self) -> str:
        return self.label_en if (get_language() or "zh").startswith("en") else self.label_zh
