"""Personal tokens: how a program signs in for a person."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.public_ids import LENGTH, new_public_id


class TokenScope(models.TextChoices):
    READ = "read", _("read only")
    WRITE = "write", _("read and write")


class ApiToken(models.Model):
    """A token of one account. Only the SHA-256 of the secret is kept: it has 256 random bits, so nothing slower is needed."""

    kind = "kernel.token"

    public_id = models.CharField(max_length=LENGTH, unique=True, default=new_public_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    scope = models.CharField(_("what it may do"), max_length=10, choices=TokenScope.choices)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)  # to within some minutes
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[models.Manager["ApiToken"]] = models.Manager()

    class Meta:
        app_label = "jd_kernel"
        ordering = ("-id",)
        indexes = (models.Index(fields=["account", "-id"], name="token_by_account"),)
        constraints = (
            models.CheckConstraint(condition=Q(scope__in=["read", "write"]), name="token_scope_known"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="token_expires_after"),
        )

    def __str__(self) -> str:
        return self.name

    def state_at(self, moment: Any) -> str:
        """open, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= moment else "open"
