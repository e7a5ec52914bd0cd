"""Messages to accounts: a code and facts, rendered in the reader's language when read."""

from typing import ClassVar

from django.db import models

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.programme import Programme


class Notification(models.Model):
    """One message to one account about one record."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notifications")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, null=True, related_name="+")
    code = models.CharField(max_length=80)
    kind = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        indexes = (models.Index(fields=["account", "read_at", "-id"], name="notification_unread"),)

    def __str__(self) -> str:
        return f"{self.code} to {self.account_id}"
