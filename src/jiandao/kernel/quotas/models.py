"""How much of a quota was used in a window."""

from django.db import models


class QuotaUse(models.Model):
    """Uses of one quota by one account or address in one window of time (seconds since 1970, its beginning)."""

    name = models.CharField(max_length=30)
    who = models.CharField(max_length=80)
    window = models.BigIntegerField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "jd_kernel"
        constraints = (models.UniqueConstraint(fields=["name", "who", "window"], name="quota_once"),)
        indexes = (models.Index(fields=["window"], name="quota_by_window"),)

    def __str__(self) -> str:
        return f"{self.name} {self.who} {self.used}"
