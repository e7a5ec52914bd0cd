"""Answers of the policy: `Allowed`, or `Refused` with a code, the facts, and a sentence in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext

from jiandao.kernel import clock


class Aspect(StrEnum):
    """What a refusal hangs on. A page shows a refused verb only for the last three: the others are not its reader's."""

    ROLE = "role"
    RELATION = "relation"
    LEVEL = "level"
    STATE = "state"
    GUARD = "guard"
    VETO = "veto"


class Reasons:
    """The catalogue of refusals: code -> sentence with named places. Rooms add theirs at import."""

    def __init__(self) -> None:
        self._sentences: dict[str, str | Promise] = {}

    def add(self, sentences: dict[str, str | Promise]) -> None:
        for code, sentence in sentences.items():
            if code in self._sentences and str(self._sentences[code]) != str(sentence):
                raise ValueError(f"two sentences for the refusal {code}")
            self._sentences[code] = sentence

    def codes(self) -> list[str]:
        return sorted(self._sentences)

    def sentence(self, code: str, facts: dict[str, Any]) -> str:
        return str(self._sentences[code]) % {name: _shown(value) for name, value in facts.items()}


reasons = Reasons()


def _shown(value: Any) -> Any:
    """A fact as a reader sees it: lists joined, moments as a clock in Hubei shows them."""
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | Promise):
        return str(value)
    if isinstance(value, Iterable):
        shown = [str(one) for one in value]
        return pgettext("enumeration", ", ").join(sorted(shown) if isinstance(value, set | frozenset) else shown)
    return value


@dataclass(frozen=True)
class Allowed:
    """Yes, and under which role."""

    role: str = ""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True)
class Refused:
    """No, and why. `aspect` tells whether role, relation, level, state, a guard or a veto stands against it."""

    code: str
    aspect: Aspect = Aspect.GUARD
    facts: dict[str, Any] = field(default_factory=dict, hash=False)

    def __bool__(self) -> bool:
        return False

    @property
    def sentence(self) -> str:
        """The reason in the language of the reader."""
        return reasons.sentence(self.code, self.facts)


Decision = Allowed | Refused


class NotAllowed(PermissionError):
    """Raised by an action that the policy refuses; carries the refusal."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


reasons.add(
    {
        "policy.role": gettext_lazy("Only these roles may do this: %(roles)s."),
        "policy.relation": gettext_lazy(
            "You hold a role for this, but not for this record: it asks for %(relations)s."
        ),
        "policy.level": gettext_lazy("This record is confidential and you are not on its list."),
        "policy.state": gettext_lazy("This is possible only while the record is: %(possible)s. Now it is: %(state)s."),
        "policy.recused_kin": gettext_lazy(
            "You act for an organisation of one family with %(other)s, which takes part here (%(chain)s), so somebody else "
            "decides."
        ),
        "policy.recused": gettext_lazy("You act for an organisation that takes part here, so somebody else decides."),
    }
)
