"""Persons, who works where, and who invites whom."""

from datetime import date, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, identifiers
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.records import Record
from jiandao.kernel.sameness import Mergeable
from jiandao.stages.people.models.organisations import Organisation


class Person(Record, Mergeable):
    """A natural person; may exist without an account (an author, a contact), and has at most one."""

    kind = "people.person"

    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="person"
    )
    orcid = models.CharField(
        "ORCID", max_length=19, null=True, blank=True, unique=True, validators=[identifiers.validate_orcid]
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=30, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def on(self, day: date) -> "MembershipQuerySet":
        """Those that hold on that day: from the first day to the last, both included."""
        return self.ending_from(day).filter(since__lte=day)

    def ending_from(self, day: date) -> "MembershipQuerySet":
        """Those whose last day is that one or later, begun or not."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=day))


class Membership(models.Model):
    """Who works where, from when to when; the last day counts. Grants no role by itself."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    title = models.CharField(_("post"), max_length=100, blank=True)
    since = models.DateField(_("since"), default=clock.today)
    until = models.DateField(_("last day"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="membership_ends_after"
            ),
            models.UniqueConstraint(
                fields=["person", "organisation"], condition=Q(until__isnull=True), name="membership_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} @ {self.organisation}"

    def holds_on(self, day: date) -> bool:
        """The twin of `on`."""
        return self.since <= day and (self.until is None or self.until >= day)


# The roles that a unit administrator may give inside the unit.
UNIT_ROLES = (Role.UNIT_ADMINISTRATOR, Role.NEED_OWNER, Role.RESEARCHER, Role.RESEARCH_OFFICE, Role.TECHNOLOGY_MANAGER)


class Invitation(Record):
    """Somebody is asked to join a unit with certain roles, or (`person`) to take over the entry that the directory has of
    them. The link is shown once; only its digest is kept."""

    kind = "people.invitation"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="invitations", null=True, blank=True)
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"))
    roles = ArrayField(models.CharField(max_length=30), verbose_name=_("roles"))
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True), name="invitation_one_end"
            ),
            models.CheckConstraint(
                condition=~Q(roles=[]) & Q(person__isnull=True) | Q(roles=[]) & Q(person__isnull=False),
                name="invitation_has_roles",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} -> {self.organisation}"

    @property
    def days(self) -> int:
        """How long its link works, as it was when the invitation was written."""
        return round((self.expires_at - self.created_at) / timedelta(days=1))

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > clock.now()
