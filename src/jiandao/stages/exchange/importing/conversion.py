"""From the cells of a row to values for a record, with a fault for every cell that cannot be read."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.tabular import values
from jiandao.kernel.tabular.faults import SENTENCES, CellFaultError, Fault, shortened
from jiandao.kernel.tabular.reading import Column, Row, Table
from jiandao.kernel.tabular.values import folded
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.importing import directory
from jiandao.stages.exchange.importing.directory import Named
from jiandao.stages.exchange.importing.fields import Importable, ImportField
from jiandao.stages.exchange.importing.indicators import Collector
from jiandao.stages.exchange.importing.mapping import Mapping
from jiandao.stages.exchange.importing.works import works_of

SENTENCES.update(
    {
        "cell.missing": _("The cell is empty, but every record needs this."),
        "cell.keywords": _("These are %(count)s keywords; at most %(most)s are allowed. Keep the most important ones."),
        "cell.whole": _("“%(text)s” is no whole number from %(least)s to %(most)s."),
        "cell.flag": _("“%(text)s” says neither yes nor no."),
        "cell.email": _("“%(text)s” is no e-mail address."),
        "cell.web": _("“%(text)s” is no address of a web page; it begins with http:// or https://."),
        "cell.term": _("“%(text)s” is no term of “%(field)s”; write a code or a name of the list."),
        "cell.term_ambiguous": _("“%(text)s” stands in several lists (%(editions)s); write it as %(example)s."),
    }
)

_HAN = re.compile(r"[㐀-鿿]")
_SENTENCE_END = re.compile(r"[。！？!?;；\n]|\.(?=\s|$|[^\d\w])")
_BETWEEN_KEYWORDS = re.compile(r"[,，、;；\n|]+")
TITLE_FROM_TEXT = 60


@dataclass
class Converted:
    """What a row says. A field without a value there is not in `values`.

    emptied: fields with a column whose cell is empty, the indicators included; whether that clears them is an option.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    indicators: list[dict[str, Any]] | None = None
    organisation: Named | None = None
    source_id: str = ""
    faults: list[Fault] = field(default_factory=list)
    cells: dict[str, tuple[str, Any]] = field(default_factory=dict)  # field -> (header, raw value), for later faults
    emptied: set[str] = field(default_factory=set)


class Converter:
    """Reads the rows of one table under one mapping."""

    def __init__(
        self, what: Importable, table: Table, mapping: Mapping, *, most_keywords: int, own: Named | None = None
    ) -> None:
        """`own`: the organisation of rows that name none."""
        self.what = what
        self.table = table
        self.mapping = mapping
        self._own = own
        self._most_keywords = most_keywords
        self._terms = Terms(mapping.editions)
        targets = [(mapping.columns.get(column.header, ""), column) for column in table.columns]
        self._plain: list[tuple[int, Column, ImportField]] = []
        self._parts: list[tuple[int, Column, int, str]] = []
        for place, (target, column) in enumerate(targets):
            if target.startswith("indicator."):
                _word, number, part = target.split(".")
                self._parts.append((place, column, int(number), part))
            elif target:
                self._plain.append((place, column, what.fields[target]))
        self._constants = [
            (what.fields[name], text) for name, text in mapping.constants.items() if name != "indicators"
        ]

    def fault(self, row: int, header: str, raw: Any, error: CellFaultError) -> Fault:
        column = self.table.column(header)
        return Fault(row, header, self.table.address(row, column), shortened(raw), error.code, error.facts)

    def convert(self, row: Row) -> Converted:
        """The values of a row; faults are in it, nothing is raised."""
        found = Converted(row.number)
        raws = {column.header: raw for column, raw in zip(self.table.columns, row.values, strict=True)}

        def wrong(header: str, error: CellFaultError) -> None:
            found.faults.append(self.fault(row.number, header, raws.get(header), error))

        def take(one: ImportField, header: str, raw: Any) -> None:
            try:
                collector.cell(header, raw) if one.kind == "indicators" else self._keep(found, texts, one, raw)
            except CellFaultError as error:
                wrong(header, error)

        collector = Collector(wrong)
        texts: dict[str, str] = {}
        for place, column, one in self._plain:
            raw = row.values[place]
            if _is_empty(raw):
                found.emptied.add(one.name)
                continue
            found.cells[one.name] = (column.header, raw)
            take(one, column.header, raw)
        for place, column, number, part in self._parts:
            if not _is_empty(row.values[place]):
                collector.part(column.header, number, part, row.values[place])
        for one, text in self._constants:
            if one.name not in found.cells:
                take(one, "", text)
                found.emptied.discard(one.name)
        found.indicators = collector.indicators() or None
        found.emptied |= {"indicators"} if self._parts and found.indicators is None else set()
        self._finish(found, texts, wrong)
        return found

    def _keep(self, found: Converted, texts: dict[str, str], one: ImportField, raw: Any) -> None:
        if one.kind in {"organisation", "code"} or one.name == "id":
            texts[one.name] = values.line(raw, one.longest)
            return
        value = self._value(one, raw)
        if value is False or value not in (None, "", []):
            found.values[one.name] = value

    def _value(self, one: ImportField, raw: Any) -> Any:
        readers: dict[str, Callable[[], Any]] = {
            "text": lambda: values.text(raw, one.longest),
            "line": lambda: values.line(raw, one.longest),
            "money": lambda: values.money(raw, yuan=self.mapping.money == "yuan", positive=one.positive),
            "day": lambda: values.day(raw, end=True),
            "choice": lambda: values.choice(raw, one.choices, one.labels),
            "term": lambda: self._terms.find(one, values.line(raw)),
            "keywords": lambda: self._keywords(values.text(raw), one.longest or 40),
            "number": lambda: _whole(raw, *one.between),
            "flag": lambda: _flag(raw),
            "terms": lambda: [self._terms.find(one, part) for part in _parts(values.text(raw))],
            "lines": lambda: _lines(values.text(raw), one.longest or 200),
            "works": lambda: works_of(values.text(raw), one.choices, one.labels, one.longest or 300),
            "email": lambda: _checked(validate_email, "cell.email", values.line(raw, one.longest)),
            "web": lambda: _checked(_WEB, "cell.web", values.line(raw, one.longest)),
        }
        return readers[one.kind]()

    def _keywords(self, text: str, longest: int) -> list[str]:
        words = list(dict.fromkeys(word.strip() for word in _BETWEEN_KEYWORDS.split(text) if word.strip()))
        if len(words) > self._most_keywords:
            raise CellFaultError("cell.keywords", count=len(words), most=self._most_keywords)
        for word in words:
            if len(word) > longest:
                raise CellFaultError("cell.long", count=len(word), most=longest)
        return words

    def _finish(self, found: Converted, texts: dict[str, str], wrong: Any) -> None:
        """The organisation, the title and the id in the source."""
        try:
            found.organisation = directory.named(texts.get("organisation", ""), texts.get("credit_code", ""))
        except CellFaultError as error:
            wrong(found.cells.get("credit_code", ("", ""))[0], error)
        else:
            if not found.organisation.key:
                found.organisation = self._own
            if found.organisation is None and not any(fault.code.startswith("cell.") for fault in found.faults):
                wrong(self.header_of("organisation"), CellFaultError("organisation.missing"))
        name = self.what.named_by
        known = {*found.values, *texts, *(self._target(fault.column) for fault in found.faults)}
        if name not in known:
            text = found.values.get(self.what.text, "") if self.mapping.title_from_text and name == "title" else ""
            if text:
                found.values["title"] = first_sentence(text)
            else:
                wrong(self.header_of(name), CellFaultError("cell.missing"))
        given = texts.get("id", "")
        if given:
            found.source_id = given
        elif found.organisation is not None and "title" in found.values:
            found.source_id = digest_of(found.values["title"], found.organisation)

    def header_of(self, target: str) -> str:
        """The column that fills a field, empty when none does."""
        return next((header for header, one in self.mapping.columns.items() if one == target), "")

    def _target(self, header: str) -> str:
        return self.mapping.columns.get(header, "")


_WEB = URLValidator(schemes=["http", "https"])
_YES = {"是", "有", "1", "yes", "true", "y", "可", "接受"}
_NO = {"否", "无", "0", "no", "false", "n", "不", "不接受"}


def _whole(raw: Any, least: int, most: int) -> int:
    found = values.number(raw)
    if found != found.to_integral_value() or not least <= found <= most:
        raise CellFaultError("cell.whole", text=shortened(raw), least=least, most=most)
    return int(found)


def _flag(raw: Any) -> bool:
    word = folded(values.line(raw))
    if word not in _YES | _NO:
        raise CellFaultError("cell.flag", text=shortened(raw))
    return word in _YES


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _BETWEEN_KEYWORDS.split(text) if part.strip()]


def _lines(text: str, longest: int) -> list[str]:
    """A line each, or parted by semicolons."""
    found = list(dict.fromkeys(part.strip() for part in re.split(r"[;；\n]+", text) if part.strip()))
    for part in found:
        if len(part) > longest:
            raise CellFaultError("cell.long", count=len(part), most=longest)
    return found


def _checked(validate: Callable[[str], object], code: str, text: str) -> str:
    try:
        validate(text)
    except ValidationError:
        raise CellFaultError(code, text=shortened(text)) from None
    return text


def _is_empty(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def digest_of(title: str, organisation: Named) -> str:
    """A stable id for a row that has none: the same title of the same organisation is the same record."""
    key = f"{folded(title)}\0{directory.name_key(organisation.name) or organisation.code}"
    return f"~{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def first_sentence(text: str) -> str:
    """A title for a text that has none."""
    start = " ".join(text.split())
    end = _SENTENCE_END.search(start)
    sentence = (start[: end.start()] if end and end.start() >= 4 else start).strip()
    return sentence if len(sentence) <= TITLE_FROM_TEXT else f"{sentence[: TITLE_FROM_TEXT - 1]}…"


def language_of(title: str) -> str:
    return "zh" if _HAN.search(title) else "en"


def plain(text: str) -> str:
    """Letters, digits and Chinese characters only, in one width and case."""
    return "".join(sign for sign in folded(text) if sign.isalnum())


class Terms:
    """The valid terms of the vocabularies, by code and by label in both languages; each vocabulary is read once.

    What `find_term` of the kernel finds with a query a cell, this finds too; beside that it takes a code together with
    its label or edition, and says which editions are meant when there are several.
    """

    def __init__(self, editions: dict[str, str]) -> None:
        self._editions = editions
        self._found: dict[str, dict[str, dict[int, tuple[str, str]]]] = {}

    def find(self, one: ImportField, text: str) -> int:
        """Key of the term."""
        if one.vocabulary not in self._found:
            self._found[one.vocabulary] = self._load(one.vocabulary)
        words = self._found[one.vocabulary]
        key = folded(text)
        candidates = words.get(key) or {}
        if not candidates and one.vocabulary == "trl":  # 6, TRL6 and 6级 are one level
            candidates = words.get(key.removeprefix("trl").removesuffix("级").lstrip("-")) or {}
        if not candidates:
            candidates = words.get(plain(text)) or {}
        if not candidates:
            raise CellFaultError("cell.term", text=shortened(text), field=one.label)
        if len(candidates) > 1:
            editions = sorted({edition for edition, _code in candidates.values()})
            edition, code = min(candidates.values())
            raise CellFaultError(
                "cell.term_ambiguous", text=shortened(text), editions=editions, example=f"{edition}:{code}"
            )
        return next(iter(candidates))

    def _load(self, vocabulary: str) -> dict[str, dict[int, tuple[str, str]]]:
        today = clock.today()
        valid = Q(valid_to__isnull=True) | Q(valid_to__gt=today)
        terms = Term.objects.filter(valid, vocabulary=vocabulary, valid_from__lte=today)
        if self._editions.get(vocabulary):
            terms = terms.filter(edition=self._editions[vocabulary])
        words: dict[str, dict[int, tuple[str, str]]] = {}
        labels: dict[str, dict[int, tuple[str, str]]] = {}
        for term in terms:
            own = (term.edition, term.code)
            code = folded(term.code)
            codes = {code, folded(f"{term.edition}:{term.code}"), folded(f"{term.code} {term.label_zh}")}
            if vocabulary == "trl":
                codes.add(code.removeprefix("trl").lstrip("-"))
            for word in codes:
                words.setdefault(word, {})[term.pk] = own
            for label in (term.label_zh, term.label_en):
                for word in {folded(label), plain(label)} - {""}:
                    labels.setdefault(word, {})[term.pk] = own
        # A code counts before a label that is written alike.
        return labels | words
