"""What somebody may see, asked once for those of the same rights.

To make the conditions of a rule and to write them as SQL takes a fifth of the time of a page. The question alone is kept,
never an answer: rights are loaded at every request, and are what the question is kept by.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django_scopes import get_scope

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy.rules import Rule
from jiandao.kernel.policy.settled import settled

M = TypeVar("M", bound=Model)
MOST = 2_000
_kept: "OrderedDict[Hashable, QuerySet[Any]]" = OrderedDict()


def seen(rule: Rule, actor: Actor, about: Hashable, ask: "Callable[[], QuerySet[M]]") -> "QuerySet[M]":
    """What `ask` answers for the actor: records that `rule` shows, of which `about` tells one question from another.

    Kept for a rule `by_rights` only, whose question says the same all day to all who have these rights, in one scope.
    """
    known = actor.__dict__.get("_knows", actor.known)  # as `secrecy.known_ids` reads it
    if not rule.by_rights or (known is None and actor.account is not None):
        return ask()
    lists = frozenset(known.items()) if known else None
    scope = tuple(sorted(get_scope().items()))
    key = (rule.code, about, actor.account_id, actor.grants, lists, actor.today, scope)
    found = _kept.get(key)
    if found is None:
        found = settled(ask())
        _kept[key] = found
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found.all()
