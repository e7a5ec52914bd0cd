"""Tables of the ledger. All amounts are integers of fen of one currency, the yuan.

The application's role inserts and reads. Totals on envelopes and reservations are kept by a trigger on the postings
(migration 0002_guards) and cannot be written otherwise; CHECK constraints on them are what no hurry gets around.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.money import LARGEST_FEN
from jiandao.kernel.programme import ProgrammeRecord
from jiandao.kernel.public_ids import LENGTH, new_public_id


class Nature(models.TextChoices):
    """What an account holds; a balance is shown as a debit for the first two, as a credit for the others."""

    ASSET = "asset", _("asset")
    EXPENSE = "expense", _("expense")
    LIABILITY = "liability", _("liability")
    FUNDING = "funding", _("funding")  # where money comes from: appropriations, partners' contributions
    INCOME = "income", _("income")


class Control(models.TextChoices):
    """The five accounts of each programme over which envelopes move; nobody posts to them by hand."""

    APPROPRIATED = "appropriated", _("appropriated")
    FREE = "free", _("not yet reserved")
    RESERVED = "reserved", _("reserved")
    COMMITTED = "committed", _("committed")
    PAID = "paid", _("paid")


class Verb(models.TextChoices):
    """What a transaction did."""

    RAISE = "raise-envelope", _("raise the envelope")
    LOWER = "lower-envelope", _("lower the envelope")
    RESERVE = "reserve-money", _("reserve money")
    COMMIT = "commit-money", _("commit money")
    PAY = "pay-money", _("pay money")
    RELEASE = "release-money", _("release money")
    POST = "post-entry", _("post an entry")
    REVERSE = "reverse-entry", _("reverse by a counter-entry")


class LedgerRow(ProgrammeRecord):
    """What all rows of the ledger have. No version: nothing here is edited."""

    kind: str = ""

    public_id = models.CharField(max_length=LENGTH, unique=True, default=new_public_id, editable=False)
    made_at = models.DateTimeField(default=clock.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    class Meta:
        abstract = True


class LedgerAccount(LedgerRow):
    """An account of a programme's chart (科目)."""

    kind = "kernel.ledger-account"

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    nature = models.CharField(max_length=10, choices=Nature.choices)
    control = models.CharField(max_length=12, choices=Control.choices, blank=True)

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("code",)
        constraints = (
            models.UniqueConstraint(fields=["programme", "code"], name="ledger_account_once"),
            models.UniqueConstraint(
                fields=["programme", "control"], condition=~Q(control=""), name="ledger_control_once"
            ),
            models.CheckConstraint(condition=Q(nature__in=Nature.values), name="ledger_nature_known"),
            models.CheckConstraint(condition=Q(control__in=["", *Control.values]), name="ledger_control_known"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def title(self) -> str:
        """Its name; the five of the envelopes are named in the reader's language."""
        return str(Control(self.control).label) if self.control else self.name


class Envelope(LedgerRow):
    """The money of one year for one purpose (年度预算指标). Opened empty; only transactions change its totals."""

    kind = "kernel.envelope"

    year = models.PositiveSmallIntegerField()
    purpose = models.CharField(max_length=200)
    budget_fen = models.BigIntegerField(default=0)
    reserved_fen = models.BigIntegerField(default=0)
    committed_fen = models.BigIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("-year", "purpose")
        constraints = (
            models.UniqueConstraint(fields=["programme", "year", "purpose"], name="envelope_once"),
            models.CheckConstraint(condition=~Q(purpose="") & Q(year__gte=1900, year__lte=9999), name="envelope_named"),
            models.CheckConstraint(
                condition=Q(budget_fen__gte=0, reserved_fen__gte=0, committed_fen__gte=0, paid_fen__gte=0),
                name="envelope_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(budget_fen__gte=F("reserved_fen") + F("committed_fen") + F("paid_fen")),
                name="envelope_not_exceeded",
            ),
            models.CheckConstraint(condition=Q(budget_fen__lte=LARGEST_FEN), name="envelope_not_too_large"),
        )

    def __str__(self) -> str:
        return f"{self.year} {self.purpose}"

    @property
    def free_fen(self) -> int:
        """What may still be reserved."""
        return self.budget_fen - self.reserved_fen - self.committed_fen - self.paid_fen


class Reservation(LedgerRow):
    """Money of an envelope set aside for one thing, later committed by a contract and paid in parts, or released."""

    kind = "kernel.reservation"

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=200)
    about_kind = models.CharField(max_length=60, blank=True)  # the record for which it is set aside, if there is one
    about_id = models.BigIntegerField(null=True)
    reserved_fen = models.BigIntegerField(default=0)
    committed_fen = models.BigIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(reserved_fen__gte=0, committed_fen__gte=0, paid_fen__gte=0), name="reservation_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(about_kind="", about_id__isnull=True) | (~Q(about_kind="") & Q(about_id__isnull=False)),
                name="reservation_about_whole",
            ),
        )
        indexes = (models.Index(fields=["about_kind", "about_id"], name="reservation_by_record"),)

    def __str__(self) -> str:
        return self.text

    @property
    def is_settled(self) -> bool:
        """Nothing is waiting to be committed or paid."""
        return not self.reserved_fen and not self.committed_fen


class LedgerTransaction(LedgerRow):
    """One entry of the ledger (记账凭证): who moved what on which date of account, and why."""

    kind = "kernel.ledger-transaction"

    verb = models.CharField(max_length=20, choices=Verb.choices)
    booked_on = models.DateField()  # the date of account; made_at says when it was entered
    text = models.CharField(max_length=200)
    amount_fen = models.BigIntegerField()  # the sum of its debits
    lines = models.PositiveSmallIntegerField()  # how many postings, so that none can be added later
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, null=True, related_name="+")
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, null=True, related_name="+")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    key = models.CharField(max_length=100, blank=True)  # of the caller, so that a repeated call books once
    content = models.CharField(max_length=64, blank=True)  # SHA-256 of what was asked under that key

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("booked_on", "id")
        constraints = (
            models.UniqueConstraint(fields=["programme", "key"], condition=~Q(key=""), name="ledger_key_once"),
            models.CheckConstraint(condition=Q(verb__in=Verb.values), name="ledger_verb_known"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0, lines__gte=2), name="ledger_amount_positive"),
            models.CheckConstraint(
                condition=Q(reservation__isnull=True) | Q(envelope__isnull=False), name="ledger_reservation_in_envelope"
            ),
            models.CheckConstraint(
                condition=Q(verb=Verb.REVERSE, reverses__isnull=False)
                | (~Q(verb=Verb.REVERSE) & Q(reverses__isnull=True)),
                name="ledger_reverse_of_one",
            ),
        )
        indexes = (models.Index(fields=["programme", "booked_on"], name="ledger_by_date"),)

    def __str__(self) -> str:
        return f"{self.booked_on} {self.text}"


class Posting(ProgrammeRecord):
    """One line of a transaction: a debit is positive, a credit negative."""

    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="+")
    amount_fen = models.BigIntegerField()

    class Meta:
        app_label = "jd_kernel"
        ordering: ClassVar[tuple[str, ...]] = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(amount_fen=0) & Q(amount_fen__gte=-LARGEST_FEN, amount_fen__lte=LARGEST_FEN),
                name="posting_amount",
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_fen}"
