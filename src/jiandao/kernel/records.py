"""What every record has: a public id, a version, and who made it when."""

from django.conf import settings
from django.db import models

from jiandao.kernel import clock
from jiandao.kernel.public_ids import LENGTH, new_public_id


class Record(models.Model):
    """A record that people see, change and argue about.

    `version` grows by one with every change; a form carries it, so that a stale save is noticed (see
    `jiandao.kernel.drafts`). Subclasses set `kind`, the name under which the journal, the policy and the
    lifecycle know the record, fixed for ever.
    """

    kind: str = ""

    public_id = models.CharField(max_length=LENGTH, unique=True, default=new_public_id, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    class Meta:
        abstract = True
