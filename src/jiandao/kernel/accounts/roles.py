"""The roles of the house. A right is a role, a relation to the record and a state of it, never a role alone."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    PUBLIC = "public", _("public")
    ACCOUNT = "account", _("signed-in person")
    UNIT_ADMINISTRATOR = "unit-administrator", _("unit administrator")
    NEED_OWNER = "need-owner", _("need owner")
    RESEARCHER = "researcher", _("researcher")
    RESEARCH_OFFICE = "research-office", _("research office")
    RECOMMENDING_UNIT = "recommending-unit", _("recommending unit")
    EXPERT = "expert", _("expert")
    INVESTOR = "investor", _("investor")
    TECHNOLOGY_MANAGER = "technology-manager", _("technology manager")
    PROGRAMME_OFFICER = "programme-officer", _("programme officer")
    FINANCE_OFFICER = "finance-officer", _("finance officer")
    INTEGRITY_OFFICER = "integrity-officer", _("integrity officer")
    DEPARTMENT = "department", _("department")
    LEADER = "leader", _("leader")
    AUDITOR = "auditor", _("auditor")
    SYSTEM_ADMINISTRATOR = "system-administrator", _("system administrator")
    SECURITY_ADMINISTRATOR = "security-administrator", _("security administrator")
    AUDIT_ADMINISTRATOR = "audit-administrator", _("audit administrator")


# 三员分立: nobody holds two of these, and none of them reads the contents of records.
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})

# Those whom "internal" means: everybody with a role in people's work.
CIRCLE = frozenset(Role) - {Role.PUBLIC, Role.ACCOUNT} - ADMINISTRATORS


class Scope(models.TextChoices):
    """How far a grant reaches."""

    SITE = "site", _("the whole site")
    PROGRAMME = "programme", _("one programme")
    ORGANISATION = "organisation", _("one organisation")
    RECORD = "record", _("one record")


# The scope in which a role makes sense; a grant of another scope is refused.
SCOPE_OF: dict[Role, frozenset[Scope]] = {
    Role.UNIT_ADMINISTRATOR: frozenset({Scope.ORGANISATION}),
    Role.NEED_OWNER: frozenset({Scope.ORGANISATION}),
    Role.RESEARCHER: frozenset({Scope.ORGANISATION}),
    Role.RESEARCH_OFFICE: frozenset({Scope.ORGANISATION}),
    Role.RECOMMENDING_UNIT: frozenset({Scope.ORGANISATION}),
    Role.INVESTOR: frozenset({Scope.ORGANISATION}),
    Role.TECHNOLOGY_MANAGER: frozenset({Scope.ORGANISATION, Scope.PROGRAMME}),
    Role.EXPERT: frozenset({Scope.PROGRAMME}),
    Role.PROGRAMME_OFFICER: frozenset({Scope.PROGRAMME}),
    Role.FINANCE_OFFICER: frozenset({Scope.PROGRAMME}),
    Role.INTEGRITY_OFFICER: frozenset({Scope.PROGRAMME}),
    Role.DEPARTMENT: frozenset({Scope.PROGRAMME, Scope.ORGANISATION}),
    Role.LEADER: frozenset({Scope.PROGRAMME, Scope.SITE}),
    Role.AUDITOR: frozenset({Scope.PROGRAMME, Scope.SITE}),
    Role.SYSTEM_ADMINISTRATOR: frozenset({Scope.SITE}),
    Role.SECURITY_ADMINISTRATOR: frozenset({Scope.SITE}),
    Role.AUDIT_ADMINISTRATOR: frozenset({Scope.SITE}),
}
