"""From a record to its page: state, and next actions with reasons. A room adds the summary and the evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import Action, Badge
from jiandao.kernel.lifecycle import allowed, lifecycle_of, press
from jiandao.kernel.lifecycle.table import Lifecycle, StateReader, Tone
from jiandao.kernel.pages.editing import number
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.typed import refused_page
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, Refused
from jiandao.kernel.secrecy import Level

# What a person without the right need not be told that others may do.
_NOT_THEIRS = {Aspect.ROLE, Aspect.RELATION}


def state_badge(table: Lifecycle, code: str) -> Badge:
    """The state in words."""
    state = table.by_code[code]
    return Badge(str(state.label), state.tone.value, str(state.hint))


def secrecy_badge(record: Any) -> Badge | None:
    """The secrecy of a record, none for a public one."""
    if record.secrecy == Level.PUBLIC:
        return None
    until = f" · {record.secret_until:%Y-%m-%d}" if record.secret_until else ""
    return Badge(f"{Level(record.secrecy).label}{until}", "waiting")


def state_of(record: Any, actor: Actor) -> str:
    """The state at the actor's moment, dates counted in."""
    return StateReader(lifecycle_of(record.kind).derived).of(record, actor.at)


def next_actions(
    actor: Actor, record: Any, url: Callable[[str], str], page_url: Callable[[str], str] | None = None
) -> list[Action]:
    """Every verb that concerns the actor: a button, or the reason why not.

    `page_url` leads to the page of a verb that has one; without it such a verb is left out.
    """
    table = lifecycle_of(record.kind)
    found = []
    for verb, answer in allowed(actor, record).items():
        transition = table.transition(verb)
        refused = answer if isinstance(answer, Refused) else None
        if refused is not None and refused.aspect in _NOT_THEIRS:
            continue
        if transition.on_page and page_url is None:
            continue
        found.append(
            Action(
                verb=verb,
                label=str(transition.label),
                url=page_url(verb) if transition.on_page and page_url is not None else url(verb),
                method="get" if transition.on_page else "post",
                allowed=refused is None,
                reason=refused.sentence if refused is not None else "",
                primary=transition.tone == Tone.ACTIVE,
                stops=transition.tone == Tone.STOP,
                ask=_("Reason") if transition.asks_reason else "",
                causes=[(cause.code, str(cause.label)) for cause in transition.causes],
                version=record.version,
            )
        )
    primary = [action for action in found if action.primary and action.allowed]
    return [
        action if not action.primary or (primary and action is primary[0]) else _secondary(action) for action in found
    ]


def do(request: Request, record: Any, verb: str, url: Callable[[Any], str]) -> HttpResponse:
    """Perform the verb that a button sent, then show the record. The policy decides again inside, under the lock."""
    table = lifecycle_of(record.kind)
    if verb not in {transition.verb for transition in table.transitions}:
        raise Http404
    reason = request.POST.get("reason", "")[:1000]
    try:
        press(
            actor=request.actor,
            record=record,
            verb=verb,
            expected_version=number(request.POST.get("version")),
            reason=reason,
            cause=request.POST.get("cause", ""),
        )
    except NotAllowed as refused:
        if not reason.strip() or request.actor.account is None:
            raise
        return refused_page(request, refused, [(_("Reason"), reason)], url(record))
    messages.success(request, _("Done: %(verb)s.") % {"verb": table.transition(verb).label})
    return redirect(url(record))


def _secondary(action: Action) -> Action:
    return replace(action, primary=False)
