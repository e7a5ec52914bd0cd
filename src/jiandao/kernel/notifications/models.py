"""Messages to accounts, in the application and by mail: a code and facts, put into words when read or sent."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.programme import Programme
from jiandao.kernel.records import Record


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
        indexes = (
            models.Index(fields=["account", "read_at", "-id"], name="notification_unread"),
            models.Index(fields=["kind", "record_id"], name="notification_by_record"),
        )

    def __str__(self) -> str:
        return f"{self.code} to {self.account_id}"


class MailState(models.TextChoices):
    HELD = "held", _("held for checking")
    QUEUED = "queued", _("waiting to be sent")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed, will be tried again")
    BOUNCED = "bounced", _("came back")
    DEAD = "dead", _("not deliverable")
    DROPPED = "dropped", _("dropped")


class OutboxMail(Record):
    """A message on its way by e-mail. Code and facts are kept, the text is made when it is shown or sent.

    `attempts` counts beginnings and is the token of the worker that sends. The Message-ID is made once, so that a mail
    which a crash sends twice is the same mail to its receiver, and a bounce finds its row.
    """

    kind = "kernel.mail"

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    notification = models.ForeignKey(Notification, on_delete=models.SET_NULL, null=True, related_name="+")
    address = models.CharField(_("address"), max_length=254)
    code = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=MailState.choices)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_try = models.DateTimeField(_("next try"), default=clock.now)
    taken_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    message_id = models.CharField(max_length=200, unique=True)

    class Meta:
        app_label = "jd_kernel"
        constraints = (models.CheckConstraint(condition=models.Q(state__in=MailState.values), name="mail_state_known"),)
        indexes = (
            models.Index(fields=["programme", "state", "-id"], name="mail_by_programme"),
            models.Index(
                fields=["next_try"],
                name="mail_to_send",
                condition=models.Q(state__in=("queued", "failed", "sending")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} to {self.address} {self.state}"


class Outbox(Record):
    """The outbox of a programme: whether new mails are held until an officer has checked them."""

    kind = "kernel.outbox"

    programme = models.OneToOneField(Programme, on_delete=models.PROTECT, related_name="+")
    hold = models.BooleanField(default=False)

    class Meta:
        app_label = "jd_kernel"

    def __str__(self) -> str:
        return f"outbox of {self.programme_id}"


class MailPreference(models.Model):
    """An account's wish about mails of one code; without a row they come."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=80)
    wanted = models.BooleanField()

    class Meta:
        app_label = "jd_kernel"
        constraints = (models.UniqueConstraint(fields=["account", "code"], name="mail_preference_once"),)

    def __str__(self) -> str:
        return f"{self.account_id} {self.code} {self.wanted}"
