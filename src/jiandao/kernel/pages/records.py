"""From a record to its page: state, next actions with reasons, timeline. A room adds the summary and the evidence."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiandao.kernel import journal, secrecy
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import Action, Badge, Change, Entry
from jiandao.kernel.lifecycle import allowed, lifecycle_of, perform
from jiandao.kernel.lifecycle.perform import verb_label
from jiandao.kernel.lifecycle.table import Lifecycle, StateReader, Tone
from jiandao.kernel.pages.editing import number
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.policy.decisions import Aspect, Refused
from jiandao.kernel.search.analysis import pinyin_key
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


def knowers(record: Any) -> list[str]:
    """The names of those on the need-to-know list; empty for a record that is under none."""
    if not record.is_need_to_know:
        return []
    found = secrecy.knowers(record.kind, record.pk)
    names = names_of({account.pk for account in found})
    return sorted((names[account.pk] for account in found), key=pinyin_key)


def state_of(record: Any, actor: Actor) -> str:
    """The state at the actor's moment, dates counted in."""
    return StateReader(lifecycle_of(record.kind).derived).of(record, actor.at)


def next_actions(actor: Actor, record: Any, url: Callable[[str], str]) -> list[Action]:
    """Every verb that concerns the actor: a button, or the reason why not."""
    table = lifecycle_of(record.kind)
    found = []
    for verb, answer in allowed(actor, record).items():
        transition = table.transition(verb)
        refused = answer if isinstance(answer, Refused) else None
        if refused is not None and refused.aspect in _NOT_THEIRS:
            continue
        found.append(
            Action(
                verb=verb,
                label=str(transition.label),
                url=url(verb),
                allowed=refused is None,
                reason=refused.sentence if refused is not None else "",
                primary=transition.tone == Tone.ACTIVE,
                stops=transition.tone == Tone.STOP,
                ask=_("Reason") if transition.asks_reason else "",
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
    perform(
        actor=request.actor,
        record=record,
        verb=verb,
        expected_version=number(request.POST.get("version")),
        reason=request.POST.get("reason", "")[:1000],
    )
    messages.success(request, _("Done: %(verb)s.") % {"verb": table.transition(verb).label})
    return redirect(url(record))


def _secondary(action: Action) -> Action:
    return replace(action, primary=False)


def timeline(record: Any, limit: int = 50) -> list[Entry]:
    """The newest entries of the journal about a record, in words."""
    return [shown(entry, type(record), record.kind) for entry in journal.timeline(record.kind, record.pk, limit)]


def shown(entry: journal.Entry, model: type[Any], kind: str) -> Entry:
    """One entry of the journal in the reader's language."""
    label = _labeller(model)
    if entry.erased:
        changes = [Change(_("text"), "", _("erased by law"))]
    else:
        names = [name for name in {**entry.before, **entry.after} if name != "state"]
        changes = [
            Change(label(name), plain(entry.before.get(name)), plain(entry.after.get(name)))
            for name in names
            if entry.before.get(name) or entry.after.get(name)
        ]
        changes += [Change(label(name), "", plain(value)) for name, value in entry.facts.items()]
    return Entry(
        at=entry.at,
        who=entry.who or _("the system"),
        role=str(Role(entry.role).label) if entry.role in Role.values else "",
        what=str(verb_label(kind, entry.verb)),
        reason=entry.reason,
        changes=changes,
        rule=entry.rule,
        number=entry.id,
        state=_state_of_entry(kind, entry.after),
    )


def _state_of_entry(kind: str, after: Mapping[str, Any]) -> Badge | None:
    code = after.get("state")
    if not code:
        return None
    try:
        table = lifecycle_of(kind)
    except KeyError:  # a record with states but without a table of verbs, such as a mail
        return None
    return state_badge(table, code) if code in table.by_code else None


def _labeller(model: type[Any]) -> Callable[[str], str]:
    def label(name: str) -> str:
        try:
            return str(model._meta.get_field(name).verbose_name)
        except (FieldDoesNotExist, AttributeError):
            return str(FACT_LABELS.get(name, name))

    return label


# Words for facts of the journal that are no field of the record; rooms add theirs.
FACT_LABELS: dict[str, Any] = {}


def plain(value: Any) -> str:
    """A journal value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "\n".join(plain(one) for one in value)
    if isinstance(value, dict):
        return "\n".join(f"{name}: {plain(one)}" for name, one in value.items())
    return str(value)
