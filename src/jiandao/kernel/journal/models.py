"""Tables of the journal. The application's role may insert and read; the database refuses it the rest."""

from django.db import models
from django.db.models import Q

from jiandao.kernel.accounts.models import Account
from jiandao.kernel.programme import Programme


class JournalEntry(models.Model):
    """Who did what to which record, when, in which role and under which rule; linked to the entry before it."""

    at = models.DateTimeField()
    actor = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    verb = models.CharField(max_length=40)
    kind = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    sequence = models.PositiveIntegerField()
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, related_name="+")
    rule = models.CharField(max_length=100, blank=True)
    edition = models.CharField(max_length=40, blank=True)
    algorithm = models.CharField(max_length=10)
    payload_digest = models.BinaryField()
    previous = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        app_label = "jd_kernel"
        constraints = (models.UniqueConstraint(fields=["kind", "record_id", "sequence"], name="journal_no_fork"),)
        indexes = (
            models.Index(fields=["programme", "-at"], name="journal_by_programme"),
            models.Index(fields=["actor", "-at"], name="journal_by_actor"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} #{self.sequence} {self.verb}"


class JournalPayload(models.Model):
    """The text of an entry: canonical JSON of before, after, reason and facts. Erasable by law, never editable."""

    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, primary_key=True, related_name="payload")
    salt = models.BinaryField()
    body = models.TextField(null=True)  # noqa: DJ001 - none means erased, and nothing else
    erased_at = models.DateTimeField(null=True)
    erased_basis = models.TextField(blank=True)

    class Meta:
        app_label = "jd_kernel"
        constraints = (
            models.CheckConstraint(
                condition=Q(body__isnull=False, erased_at__isnull=True, erased_basis="")
                | (Q(body__isnull=True, erased_at__isnull=False) & ~Q(erased_basis="")),
                name="journal_erased_or_kept",
            ),
        )

    def __str__(self) -> str:
        return str(self.entry_id)


class JournalPending(models.Model):
    """Entries that wait for the next seal."""

    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, primary_key=True, related_name="+")

    class Meta:
        app_label = "jd_kernel"

    def __str__(self) -> str:
        return str(self.entry_id)


class JournalSeal(models.Model):
    """A Merkle root over the entries of about a second, chained to the seal before."""

    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    count = models.PositiveIntegerField()
    algorithm = models.CharField(max_length=10)
    root = models.BinaryField()
    previous = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        app_label = "jd_kernel"

    def __str__(self) -> str:
        return f"seal {self.number}"


class JournalLeaf(models.Model):
    """Which entry stands under which seal, and where in its tree."""

    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, primary_key=True, related_name="leaf")
    seal = models.ForeignKey(JournalSeal, on_delete=models.PROTECT, related_name="leaves")
    position = models.PositiveIntegerField()

    class Meta:
        app_label = "jd_kernel"
        constraints = (models.UniqueConstraint(fields=["seal", "position"], name="journal_leaf_once"),)

    def __str__(self) -> str:
        return f"{self.seal_id}/{self.position}"
