"""The accounts of the demonstration: one for each role, and those in whose name composed records were written."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password

from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.programme import Programme
from jiandao.stages.people import actions as people
from jiandao.stages.people.models import Organisation
from jiandao.web.demonstration.loading.needs import WRITER

PASSWORD = "jiandao-demo"  # noqa: S105 - printed in the manual; opens nothing but a demonstration, from its own machine
FIRM, UNIVERSITY, INVESTOR, RECOMMENDER = "firm", "university", "investor", "government"
_ADMINISTRATORS = {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}


@dataclass(frozen=True)
class Player:
    """One demonstration account: sign-in name, the person's name, roles held in the own house or the programme."""

    username: str
    name: str
    roles: tuple[Role, ...]
    home: str = ""


PLAYERS = (
    Player("officer", "周明（省厅攻关处）", (Role.PROGRAMME_OFFICER,)),
    Player("officer2", "吴霞（省厅攻关处）", (Role.PROGRAMME_OFFICER,)),
    Player("enterprise", "李强（企业技术部）", (Role.NEED_OWNER, Role.UNIT_ADMINISTRATOR), FIRM),
    Player("colleague", "陈静（企业技术部）", (Role.NEED_OWNER,), FIRM),
    Player("researcher", "王磊（高校课题组）", (Role.RESEARCHER,), UNIVERSITY),
    Player("research-office", "赵敏（高校科研院）", (Role.RESEARCH_OFFICE, Role.UNIT_ADMINISTRATOR), UNIVERSITY),
    Player("technology-manager", "孙浩（技术经理人）", (Role.TECHNOLOGY_MANAGER,)),
    Player("expert", "郑教授", (Role.EXPERT,)),
    Player("investor", "何总（创业投资）", (Role.INVESTOR,), INVESTOR),
    Player("recommender", "宋科长（推荐单位）", (Role.RECOMMENDING_UNIT,), RECOMMENDER),
    Player("finance", "刘燕（资金处）", (Role.FINANCE_OFFICER,)),
    Player("integrity", "何平（监督处）", (Role.INTEGRITY_OFFICER,)),
    Player("department", "黄涛（经信厅）", (Role.DEPARTMENT,)),
    Player("leader", "林厅长", (Role.LEADER,)),
    Player("auditor", "徐审计", (Role.AUDITOR,)),
    Player("system-admin", "系统管理员", (Role.SYSTEM_ADMINISTRATOR,)),
    Player("security-admin", "安全管理员", (Role.SECURITY_ADMINISTRATOR,)),
    Player("audit-admin", "审计管理员", (Role.AUDIT_ADMINISTRATOR,)),
)


def make_accounts() -> dict[str, Account]:
    """All of PLAYERS by sign-in name, and the one that wrote what composed organisations ask; nobody signs in as that."""
    hashed = make_password(PASSWORD)  # once: hashing is slow on purpose
    accounts = {}
    for number, player in enumerate(PLAYERS):
        account = Account.objects.create(username=player.username, password=hashed, is_demonstration=True)
        contact = {"phone": f"027-5550{number:04d}", "email": f"{player.username}@example.org"}
        people.create_person(actor=Actor(), values={"name": player.name} | contact, account=account)
        accounts[player.username] = account
    writer = Account(username=WRITER, is_demonstration=True)
    writer.set_unusable_password()
    writer.save()
    people.create_person(actor=Actor(), values={"name": "企业联系人（演示）"}, account=writer)
    return accounts | {WRITER: writer}


def give_roles(programme: Programme, accounts: dict[str, Account], homes: dict[str, Organisation]) -> None:
    """Every player gets the own roles, in the own house or in the programme."""
    for player in PLAYERS:
        account = accounts[player.username]
        home = homes.get(player.home)
        if home is not None:
            people.join(actor=Actor(), person=account.person, organisation=home)
        for role in player.roles:
            if home is not None:
                scope, scope_id = Scope.ORGANISATION, home.pk
            elif role in _ADMINISTRATORS:
                scope, scope_id = Scope.SITE, None
            else:
                scope, scope_id = Scope.PROGRAMME, programme.pk
            granting.grant(account=account, role=role, scope=scope, scope_id=scope_id, by=None)


def player_lines() -> list[tuple[str, Any]]:
    """(sign-in name, roles in words) of every demonstration account."""
    return [(player.username, ", ".join(str(role.label) for role in player.roles)) for player in PLAYERS]
