"""Where an account is signed in, and ending that: one session or several, by their owner, with an entry in the journal."""

from collections.abc import Collection

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.lifecycle.perform import COMMON_VERBS

COMMON_VERBS.update({"end-sessions": _("end sessions")})


@transaction.atomic
def end_sessions(*, actor: Actor, numbers: Collection[int]) -> int:
    """End sessions of the actor's own account; returns how many. Another's, or one that is over, is passed by.

    The journal keeps where and since when each was signed in, never the session's key.
    """
    if actor.account is None:
        return 0
    # Two that end sessions at once would write the same number into the journal of the account.
    account = Account.objects.select_for_update().get(pk=actor.account.pk)
    ended = list(UserSession.objects.filter(user=account, pk__in=numbers).order_by("pk"))
    if not ended:
        return 0
    told = [
        {"since": clock.local(one.created_at).isoformat(), "address": one.ip, "browser": one.user_agent}
        for one in ended
    ]
    for one in ended:
        one.end()
    journal.record(actor=actor, verb="end-sessions", record=account, facts={"sessions": told})
    return len(ended)
