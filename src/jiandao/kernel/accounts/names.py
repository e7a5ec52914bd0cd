"""The names behind accounts. Accounts have none; the stage `people` answers."""

from collections.abc import Collection

from jiandao.kernel.accounts.models import Account
from jiandao.kernel.ports import Question

NAMES: Question[[Collection[int]], dict[int, str]] = Question("names of accounts")


def names_of(account_ids: Collection[int | None]) -> dict[int, str]:
    """account id -> the person's name, else the sign-in name. At most one query and one an answerer."""
    wanted = {one for one in account_ids if one is not None}
    if not wanted:
        return {}
    found: dict[int, str] = {}
    for answer in NAMES.ask(wanted):
        found |= {one: name for one, name in answer.items() if name}
    missing = wanted - found.keys()
    if missing:
        found |= dict(Account.objects.filter(pk__in=missing).values_list("pk", "username"))
    return found
