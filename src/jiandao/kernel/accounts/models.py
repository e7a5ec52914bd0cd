"""Accounts (sign-in only) and the role grants they hold."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.public_ids import LENGTH, new_public_id

# Latin and Chinese only: letters of other scripts look like these, and “оfficer” with a Cyrillic о is somebody else.
_USERNAME = RegexValidator(
    r"^[A-Za-z0-9@.+_\-\u3400-\u4dbf\u4e00-\u9fff]+\Z", _("Use letters, digits, Chinese characters and @ . + - _ only.")
)


def validate_username(username: str) -> None:
    """ValidationError by field for characters that are not seen or easily mistaken."""
    try:
        _USERNAME(username)
    except ValidationError as wrong:
        raise ValidationError({"username": wrong.messages}) from wrong


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Account":
        account = self.model(username=self.model.normalize_username(username), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username__iexact=username)


class Account(AbstractBaseUser):
    """A way to sign in. It has no name and no organisation: those are of `people.Person`.

    A service account acts for the machine (import, sealing); it has no password and cannot sign in.
    """

    kind: str = "kernel.account"  # under which the journal knows it

    public_id = models.CharField(max_length=LENGTH, unique=True, default=new_public_id, editable=False)
    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)  # as last chosen with the switch; empty: Chinese
    is_active = models.BooleanField(default=True)
    is_service = models.BooleanField(default=False)
    is_demonstration = models.BooleanField(default=False)  # a public server refuses to start with one of these
    date_joined = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        app_label = "jd_kernel"
        constraints = (
            models.UniqueConstraint(
                models.functions.Lower("username"),
                name="account_username_any_case",
                violation_error_message="This sign-in name is taken.",
            ),
        )

    def __str__(self) -> str:
        return self.username


class GrantQuerySet(models.QuerySet["RoleGrant"]):
    def at(self, moment: Any) -> "GrantQuerySet":
        """Grants in force at `moment`."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=moment), since__lte=moment)


class RoleGrant(models.Model):
    """A role given to an account for a scope and a time, by somebody. Never edited: ended, and granted anew."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=30, choices=Role.choices)
    scope = models.CharField(max_length=20, choices=Scope.choices)
    scope_kind = models.CharField(max_length=60, blank=True)  # the kind of the record when the scope is one record
    scope_id = models.BigIntegerField(null=True)  # programme, organisation or record; none for the whole site
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True)
    granted_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[models.Manager["RoleGrant"]] = models.Manager.from_queryset(GrantQuerySet)()

    class Meta:
        app_label = "jd_kernel"
        constraints = (
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="grant_ends_after"),
            models.CheckConstraint(
                condition=Q(scope=Scope.SITE, scope_id__isnull=True)
                | (~Q(scope=Scope.SITE) & Q(scope_id__isnull=False)),
                name="grant_scope_has_id",
            ),
            models.CheckConstraint(
                condition=(Q(scope=Scope.RECORD) & ~Q(scope_kind="")) | (~Q(scope=Scope.RECORD) & Q(scope_kind="")),
                name="grant_record_has_kind",
            ),
            models.UniqueConstraint(
                fields=["account", "role", "scope", "scope_kind", "scope_id"],
                condition=Q(until__isnull=True),
                nulls_distinct=False,
                name="grant_once",
            ),
        )
        indexes = (models.Index(fields=["scope", "scope_id", "role"], name="grant_by_scope"),)

    def __str__(self) -> str:
        return f"{self.account} {self.role} {self.scope} {self.scope_id or ''}".strip()
