"""What somebody may begin now ("New need"), declared once by each room: the desk, the command palette and the search
page show what the rule allows, and find it by its words, by pinyin (xuqiu) or by the initials of pinyin (xq)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.urls import reverse
from django.utils.functional import Promise

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import Link
from jiandao.kernel.policy import Rule
from jiandao.kernel.programme import Programme


@dataclass(frozen=True)
class Command:
    """Something to begin: where, and the rule that the page behind it asks too.

    more    : further parts of the address
    on_desk : shown beside the desk too, not only where one searches
    """

    label: str | Promise
    route: str
    rule: Rule
    icon: str = "plus"
    in_programme: bool = True
    more: Mapping[str, str] = field(default_factory=dict)
    on_desk: bool = False


_COMMANDS: list[Command] = []


def declare(*commands: Command) -> None:
    """Add commands, in the order in which they are shown; declaring one twice counts once."""
    _COMMANDS.extend(command for command in commands if command not in _COMMANDS)


def declared() -> tuple[Command, ...]:
    """All commands of all rooms."""
    return tuple(_COMMANDS)


def allowed(actor: Actor, programme: Programme, *, on_desk: bool = False) -> list[Link]:
    """What this person may begin in this programme now; with `on_desk` only what belongs beside the desk."""
    return [
        Link(str(command.label), _address(command, programme), command.icon)
        for command in _COMMANDS
        if (command.on_desk or not on_desk) and command.rule.decide(actor, programme)
    ]


def _address(command: Command, programme: Programme) -> str:
    here = {"programme": programme.slug} if command.in_programme else {}
    return reverse(command.route, kwargs={**here, **command.more})


def matching(links: Iterable[Link], text: str) -> Sequence[Link]:
    """Those whose label, pinyin or initials contain the words, those that begin with them first; all for no text."""
    wanted = "".join(text.casefold().split())
    if not wanted:
        return list(links)
    ranked = []
    for link in links:
        at = [place for key in _keys(link.label) if (place := key.find(wanted)) >= 0]
        if at:
            ranked.append((min(at) > 0, link))
    return [link for _later, link in sorted(ranked, key=lambda one: one[0])]


@lru_cache(maxsize=512)
def _keys(label: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin  # late: its tables take a third of a second

    plain = "".join(label.casefold().split())
    initials = "".join(lazy_pinyin(plain, style=Style.FIRST_LETTER))
    words = "".join(word[:1] for word in label.casefold().split())  # nn for "New need"
    return plain, "".join(lazy_pinyin(plain)), initials, words
