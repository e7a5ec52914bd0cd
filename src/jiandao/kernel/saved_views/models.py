"""What a saved view remembers: the query string of its list, never its records."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.programme import Programme
from jiandao.kernel.public_ids import new_public_id


class SavedView(models.Model):
    """One account's view of one list, in one programme or of a list that all programmes share.

    What it shows is asked anew each time, with the rights and the filters of that moment.
    """

    kind = "kernel.saved-view"

    public_id = models.CharField(max_length=10, unique=True, default=new_public_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, null=True, related_name="+")
    list_name = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000)
    is_default = models.BooleanField(default=False)
    saved_at = models.DateTimeField(default=clock.now)
    alerts = models.BooleanField(default=False)  # its owner is told of what is new in it
    alerted_at = models.DateTimeField(null=True)  # what came after this moment is new

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("list_name", "name")
        indexes = (models.Index(fields=["account"], condition=Q(alerts=True), name="saved_view_with_alerts"),)
        constraints = (
            models.UniqueConstraint(
                fields=["account", "programme", "list_name", "name"], nulls_distinct=False, name="saved_view_once"
            ),
            models.UniqueConstraint(
                fields=["account", "programme", "list_name"],
                condition=Q(is_default=True),
                nulls_distinct=False,
                name="saved_view_one_default",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.list_name})"
