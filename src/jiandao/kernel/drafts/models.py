"""The unsaved state of one person's form."""

from typing import ClassVar

from django.db import models

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.programme import Programme


class Draft(models.Model):
    """What one account has typed into one form of one record (or of a new one), not yet saved.

    `serial` grows with every autosave; a second tab that sends an older serial is told so and overwrites nothing.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, null=True, related_name="+")
    form = models.CharField(max_length=60)
    record_id = models.BigIntegerField(null=True)  # none: a record that does not exist yet
    base_version = models.PositiveIntegerField(default=0)
    serial = models.PositiveIntegerField(default=1)
    data = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("-saved_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["account", "programme", "form", "record_id"], nulls_distinct=False, name="draft_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.form} {self.record_id or 'new'} of {self.account_id}"


class SentForm(models.Model):
    """A form of a new record that was sent, and the address of what it made."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=20)  # made with the page of the form
    address = models.CharField(max_length=500)
    sent_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "jd_kernel"
        constraints = (models.UniqueConstraint(fields=["account", "token"], name="sent_form_once"),)

    def __str__(self) -> str:
        return self.address
