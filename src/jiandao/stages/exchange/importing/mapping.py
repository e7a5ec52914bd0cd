"""Which column fills which field: proposed from the headers, changed by a person, remembered for the next such file."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.programme import Programme
from jiandao.kernel.tabular.faults import SENTENCES, CellFaultError
from jiandao.stages.exchange.importing.fields import INDICATOR_PARTS, MOST_INDICATORS, Importable, header_key
from jiandao.stages.exchange.importing.models import ImportMapping

SENTENCES.update(
    {
        "mapping.twice": _("Two columns fill “%(field)s”: %(columns)s. Choose one of them."),
        "mapping.unknown": _("“%(name)s” is no field; choose one of: %(there)s."),
        "mapping.no_column": _("The file has no column “%(column)s”; it has: %(there)s."),
        "mapping.missing": _("No column fills “%(field)s”; choose one."),
        "mapping.shape": _("The mapping cannot be read; it looks as docs/user/import.md shows."),
    }
)

_INDICATOR_WORDS = {
    "": "whole", "名称": "name", "名": "name", "name": "name", "比较": "comparator", "比较符": "comparator",
    "comparator": "comparator", "数值": "threshold", "值": "threshold", "目标值": "threshold", "门槛值": "threshold",
    "value": "threshold", "threshold": "threshold", "±": "tolerance", "偏差": "tolerance", "容差": "tolerance",
    "tolerance": "tolerance", "挑战值": "stretch", "stretch": "stretch", "单位": "unit", "unit": "unit",
    "测试方法": "test_method", "检测方法": "test_method", "方法": "test_method", "testmethod": "test_method",
    "method": "test_method",
}  # fmt: skip
_INDICATOR = re.compile(r"(?:指标|indicator)(\d{1,2})(.*)")
_TARGET = re.compile(r"indicator\.(\d{1,2})\.(\w+)")


@dataclass(frozen=True)
class Mapping:
    """columns: header -> field (`indicator.2.unit` for a part of an indicator); what is not named is passed over.

    constants: field -> text for every row that has none of its own
    money: unit of amounts without one of their own, `wan` or `yuan`
    title_from_text: a row without a title takes the first sentence of its long text, shortened
    editions: vocabulary -> edition, where a code stands in several
    """

    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    money: str = "wan"
    title_from_text: bool = False
    editions: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": self.columns,
            "constants": self.constants,
            "money": self.money,
            "title_from_text": self.title_from_text,
            "editions": self.editions,
        }

    @classmethod
    def from_json(cls, kept: Any) -> "Mapping":
        """CellFaultError when it is no mapping."""
        if not isinstance(kept, dict) or kept.keys() - {"columns", "constants", "money", "title_from_text", "editions"}:
            raise CellFaultError("mapping.shape")
        named = [kept.get(name, {}) for name in ("columns", "constants", "editions")]
        if not all(isinstance(one, dict) and all(isinstance(v, str) for v in one.values()) for one in named):
            raise CellFaultError("mapping.shape")
        if kept.get("money", "wan") not in {"wan", "yuan"} or not isinstance(kept.get("title_from_text", False), bool):
            raise CellFaultError("mapping.shape")
        columns = {header: name for header, name in named[0].items() if name}
        constants = {name: text for name, text in named[1].items() if text}
        return cls(columns, constants, kept.get("money", "wan"), kept.get("title_from_text", False), named[2])


def target_of(what: Importable, header: str) -> str:
    """The field that a header names, empty when it names none."""
    key = header_key(header)
    if key in what.by_word:
        return what.by_word[key]
    match = _INDICATOR.fullmatch(key) if what.has_indicators else None
    if match and match[2] in _INDICATOR_WORDS and 1 <= int(match[1]) <= MOST_INDICATORS:
        return f"indicator.{int(match[1])}.{_INDICATOR_WORDS[match[2]]}"
    return ""


def propose(what: Importable, headers: Sequence[str]) -> Mapping:
    """The mapping that the headers suggest; of two columns for one field the first counts."""
    columns: dict[str, str] = {}
    money = "wan"
    for header in headers:
        target = target_of(what, header)
        if not target or target in columns.values():
            continue
        columns[header] = target
        plain = unicodedata.normalize("NFKC", header)
        if target.endswith("_fen") and "元" in plain and "万" not in plain:
            money = "yuan"
    return Mapping(columns, money=money, title_from_text=what.named_by == "title" and what.text in columns.values())


def faults_of(what: Importable, mapping: Mapping, headers: Sequence[str]) -> list[CellFaultError]:
    """What stands against using the mapping on a file with these headers."""
    found: list[CellFaultError] = []
    there = set(headers)
    by_target: dict[str, list[str]] = {}
    for header, target in mapping.columns.items():
        if header not in there:
            found.append(CellFaultError("mapping.no_column", column=header, there=list(headers)))
        elif not is_target(what, target):
            found.append(CellFaultError("mapping.unknown", name=target, there=sorted(what.fields)))
        else:
            by_target.setdefault(target, []).append(header)
    for target, columns in by_target.items():
        if len(columns) > 1:
            found.append(CellFaultError("mapping.twice", field=label_of(what, target), columns=columns))
    found += [
        CellFaultError("mapping.unknown", name=name, there=sorted(what.fields))
        for name in mapping.constants
        if name not in what.fields or name == "id"
    ]
    from_text = mapping.title_from_text and what.text in by_target and what.named_by == "title"
    if what.named_by not in by_target and not from_text:
        found.append(CellFaultError("mapping.missing", field=what.fields[what.named_by].label))
    return found


def is_target(what: Importable, target: str) -> bool:
    match = _TARGET.fullmatch(target)
    if match:
        return what.has_indicators and match[2] in INDICATOR_PARTS and 1 <= int(match[1]) <= MOST_INDICATORS
    return target in what.fields


def label_of(what: Importable, target: str) -> Any:
    """The label of a field or of a part of an indicator."""
    match = _TARGET.fullmatch(target)
    if match:
        return f"{INDICATOR_PARTS[match[2]]} {match[1]}"
    return what.fields[target].label if target in what.fields else target


def _digest(headers: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(headers), ensure_ascii=False).encode()).hexdigest()


def recall(actor: Actor, programme: Programme, what: Importable, headers: Sequence[str]) -> Mapping | None:
    """The mapping that this account used last for such a file."""
    kept = ImportMapping.objects.filter(
        account=actor.account_id, programme=programme, imported_kind=what.kind, headers=_digest(headers)
    ).first()
    if kept is None:
        return None
    mapping = Mapping.from_json(kept.mapping)
    return None if faults_of(what, mapping, headers) else mapping


def remember(actor: Actor, programme: Programme, what: Importable, headers: Sequence[str], mapping: Mapping) -> None:
    """Keep the mapping for the next file with these headers."""
    if actor.account_id is None:
        return
    ImportMapping.objects.update_or_create(
        account=actor.account,
        programme=programme,
        imported_kind=what.kind,
        headers=_digest(headers),
        defaults={"mapping": mapping.as_json()},
    )
