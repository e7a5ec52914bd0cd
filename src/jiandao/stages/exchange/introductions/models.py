"""Introductions with their meetings, the cooperation that they lead to, and its outcomes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.programme import ProgrammeRecord
from jiandao.kernel.records import Record
from jiandao.stages.exchange.capabilities.models import Capability
from jiandao.stages.exchange.models.challenges import Challenge
from jiandao.stages.exchange.models.needs import Need
from jiandao.stages.exchange.models.results import ResearchResult
from jiandao.stages.people.models import Organisation, Person


class Side(models.TextChoices):
    ASKER = "asker", _("the side that asks")
    ANSWERER = "answerer", _("the side that answers")
    OFFICE = "office", _("the programme office")


class Introduction(Record, ProgrammeRecord):
    """Two organisations are brought together over a need or challenge and what may answer it (对接).

    Without a question, an organisation wants to talk about a result or capability that it saw; without an answer, one
    that answers says in its message what it has.

    Names of people, telephone numbers and the texts that a side keeps for later open only when both sides have
    consented, and signed where one of them asked for that.
    """

    kind = "exchange.introduction"

    state = models.CharField(max_length=20, default="proposed", editable=False)
    need = models.ForeignKey(Need, on_delete=models.PROTECT, null=True, related_name="introductions")
    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, null=True, related_name="introductions")
    result = models.ForeignKey(ResearchResult, on_delete=models.PROTECT, null=True, related_name="introductions")
    capability = models.ForeignKey(Capability, on_delete=models.PROTECT, null=True, related_name="introductions")
    asker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="introductions_asked")
    answerer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="introductions_answered")
    proposed_by = models.CharField(max_length=10, choices=Side.choices)
    message = models.TextField(_("why these two should talk"), max_length=2000)
    # Its place on the match page from which it was proposed; none when it was proposed otherwise.
    shown_rank = models.PositiveSmallIntegerField(null=True, editable=False)

    asker_consented_at = models.DateTimeField(null=True, editable=False)
    answerer_consented_at = models.DateTimeField(null=True, editable=False)
    # Who has spoken for a side, so that the same person does not speak for the other one.
    asker_consented_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    answerer_consented_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    asker_wants_nda = models.BooleanField(default=False)
    answerer_wants_nda = models.BooleanField(default=False)
    asker_signed_at = models.DateTimeField(null=True, editable=False)
    answerer_signed_at = models.DateTimeField(null=True, editable=False)
    asker_contact = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    answerer_contact = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    asker_private = models.TextField(max_length=4000, blank=True)
    answerer_private = models.TextField(max_length=4000, blank=True)

    opened_at = models.DateTimeField(null=True, editable=False)
    met_at = models.DateTimeField(null=True, editable=False)
    agreed_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    close_cause = models.CharField(max_length=30, blank=True, editable=False)
    # The side that declined or closed it; none when what it was about was withdrawn.
    closed_by = models.CharField(max_length=10, choices=Side.choices, blank=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        indexes = (
            models.Index(fields=["programme", "state", "-changed_at"], name="introduction_by_state"),
            models.Index(fields=["programme", "-changed_at", "-id"], name="introduction_by_change"),
            models.Index(fields=["asker", "state"], name="introduction_by_asker"),
            models.Index(fields=["answerer", "state"], name="introduction_by_answerer"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "open", "met", "agreed", "declined", "closed"]),
                name="introduction_state_known",
            ),
            models.CheckConstraint(
                condition=Q(need__isnull=False)
                | Q(challenge__isnull=False)
                | Q(result__isnull=False)
                | Q(capability__isnull=False),
                name="introduction_about_something",
            ),
            models.CheckConstraint(
                condition=Q(result__isnull=True) | Q(capability__isnull=True), name="introduction_one_answer"
            ),
            models.CheckConstraint(condition=~Q(asker=F("answerer")), name="introduction_of_two"),
            # The promise of the whole thing: nothing is open before both have agreed, and signed where one wanted it.
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True)
                | (Q(asker_consented_at__isnull=False) & Q(answerer_consented_at__isnull=False)),
                name="introduction_open_after_consent",
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True)
                | Q(asker_wants_nda=False, answerer_wants_nda=False)
                | (Q(asker_signed_at__isnull=False) & Q(answerer_signed_at__isnull=False)),
                name="introduction_open_after_signing",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["open", "met", "agreed"]) | Q(opened_at__isnull=False),
                name="introduction_open_when",
            ),
            models.UniqueConstraint(
                fields=["need", "challenge", "result", "capability", "asker", "answerer"],
                condition=Q(state__in=["proposed", "open", "met"]),
                nulls_distinct=False,
                name="introduction_once_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return self.public_id

    @property
    def wants_nda(self) -> bool:
        return self.asker_wants_nda or self.answerer_wants_nda

    @property
    def cooperation(self) -> "CooperationRecord | None":
        """The agreement that stands, if there is one; what was disputed or taken back is history."""
        return next((one for one in self.cooperations.all() if one.state != "void"), None)


class Paper(ProgrammeRecord):
    """Which side a file of an introduction is of, and whether it is the non-disclosure agreement that the side signed."""

    introduction = models.ForeignKey(Introduction, on_delete=models.PROTECT, related_name="papers")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side.choices)
    is_agreement = models.BooleanField(default=False)
    signed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(side__in=["asker", "answerer"]), name="paper_of_a_side"),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | Q(is_agreement=True), name="paper_signed_is_agreement"
            ),
            models.UniqueConstraint(
                fields=["introduction", "side"], condition=Q(signed_at__isnull=False), name="paper_signed_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.introduction} {self.file}"


class Meeting(ProgrammeRecord):
    """A meeting of the two sides; what was agreed there (会谈记录)."""

    class How(models.TextChoices):
        PLANT = "plant", _("at the plant")
        LABORATORY = "laboratory", _("in the laboratory")
        ONLINE = "online", _("online")
        OFFICE = "office", _("at the programme office or a fair")

    introduction = models.ForeignKey(Introduction, on_delete=models.PROTECT, related_name="meetings")
    on = models.DateField(_("on"))
    how = models.CharField(_("where"), max_length=20, choices=How.choices)
    note = models.TextField(_("what came of it"), max_length=2000)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("on", "id")

    def __str__(self) -> str:
        return f"{self.introduction} {self.on}"


class CooperationKind(models.TextChoices):
    DEVELOPMENT = "development", _("technology development")
    TRANSFER = "transfer", _("technology transfer")
    LICENCE = "licence", _("licence of technology")
    CONSULTING = "consulting", _("technical consulting")
    SERVICE = "service", _("technical service")
    JOINT = "joint", _("joint unit or joint venture")


class CooperationRecord(Record, ProgrammeRecord):
    """What two organisations have agreed to do together (合作), entered by one side and confirmed by the other.

    Kinds are those of technology contracts (技术合同: 开发、转让、许可、咨询、服务; Civil Code, book 3 chapter 20), and a joint
    unit. Only confirmed ones count in the figures.
    """

    kind = "exchange.cooperation"

    state = models.CharField(max_length=20, default="entered", editable=False)
    introduction = models.ForeignKey(Introduction, on_delete=models.PROTECT, related_name="cooperations")
    asker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    answerer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    entered_by = models.CharField(max_length=10, choices=Side.choices)
    title = models.CharField(_("title"), max_length=200)
    cooperation_kind = models.CharField(_("kind"), max_length=20, choices=CooperationKind.choices)
    signed_on = models.DateField(_("signed on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    amount_fen = models.BigIntegerField(_("amount of the contract"), null=True, blank=True)
    contract_number = models.CharField(_("number in the register of technology contracts"), max_length=80, blank=True)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-signed_on", "-id")
        indexes = (
            models.Index(fields=["programme", "state", "-changed_at"], name="cooperation_by_state"),
            models.Index(fields=["programme", "-signed_on", "-id"], name="cooperation_by_signing"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["entered", "running", "finished", "stopped", "void"]),
                name="cooperation_state_known",
            ),
            models.UniqueConstraint(
                fields=["introduction"], condition=~Q(state="void"), name="cooperation_one_that_stands"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__isnull=True) | Q(amount_fen__gte=0), name="cooperation_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("signed_on")), name="cooperation_ends_after"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["entered", "void"]) | Q(confirmed_at__isnull=False),
                name="cooperation_confirmed_when",
            ),
        )

    def __str__(self) -> str:
        return self.title


class Outcome(ProgrammeRecord):
    """What came of a cooperation after so many months, as the side that asked says (成效跟踪). Kept for ever."""

    class Use(models.TextChoices):
        IN_USE = "in-use", _("in use on the line")
        TRIAL = "trial", _("on trial")
        DEVELOPING = "developing", _("still being developed")
        GIVEN_UP = "given-up", _("given up")

    cooperation = models.ForeignKey(CooperationRecord, on_delete=models.PROTECT, related_name="outcomes")
    months = models.PositiveSmallIntegerField(_("after how many months"))
    use = models.CharField(_("where it stands"), max_length=20, choices=Use.choices)
    paid_fen = models.BigIntegerField(_("paid so far"), null=True, blank=True)
    sales_fen = models.BigIntegerField(_("sales or savings through it so far"), null=True, blank=True)
    note = models.TextField(_("what it does, against the indicators"), max_length=2000)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("months", "id")
        constraints = (
            models.CheckConstraint(condition=Q(months__gt=0), name="outcome_months_positive"),
            models.CheckConstraint(
                condition=(Q(paid_fen__isnull=True) | Q(paid_fen__gte=0))
                & (Q(sales_fen__isnull=True) | Q(sales_fen__gte=0)),
                name="outcome_money_not_negative",
            ),
            models.UniqueConstraint(fields=["cooperation", "months"], name="outcome_once"),
        )

    def __str__(self) -> str:
        return f"{self.cooperation} +{self.months}"
