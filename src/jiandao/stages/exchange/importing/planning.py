"""What an import would do: every row converted, its organisation and its earlier version found, its right checked.

Nothing is written here. Rows are planned a few hundred at a time, with a constant number of queries for each lot.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol, cast

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, Decision, NotAllowed, reasons
from jiandao.kernel.programme import Programme
from jiandao.kernel.recusal import kin_of
from jiandao.kernel.secrecy import NEED_TO_KNOW, known_ids
from jiandao.kernel.tabular.faults import CHINESE, ENGLISH, SENTENCES, CellFaultError, Fault, words
from jiandao.kernel.tabular.reading import Table
from jiandao.stages.exchange import gate, policy, rules
from jiandao.stages.exchange.capabilities.lifecycle import is_described
from jiandao.stages.exchange.importing.conversion import Converted, Converter, language_of
from jiandao.stages.exchange.importing.directory import Directory, Named
from jiandao.stages.exchange.importing.fields import Importable
from jiandao.stages.exchange.importing.mapping import Mapping
from jiandao.stages.exchange.importing.options import LONGEST_SOURCE, Options
from jiandao.stages.exchange.models import Capability, Need, ResearchResult, TargetIndicator
from jiandao.stages.exchange.states import DRAFT, PUBLISHED, RETURNED, SUBMITTED, WITHDRAWN
from jiandao.stages.people.models import Organisation

LOT = 500

reasons.add(
    {
        "import.publish": _("Only programme officers import needs as published; import them as submitted."),
        "import.state": _("Imported records of this kind cannot be “%(state)s”; choose one of: %(possible)s."),
        "import.as_they_are": _("Only programme officers publish what is incomplete."),
        "import.source": _("Name the source of the file, in at most %(most)s characters."),
    }
)
SENTENCES.update(
    {
        "row.twice": _("Row %(row)s has the same id or the same title and organisation; keep one of them."),
        "row.incomplete": _("Before it can be submitted or published, this is still missing: %(missing)s."),
        "row.refused": _("%(why)s"),
        "row.withdrawn": _("This record was imported before and withdrawn since; take it up again first."),
        "row.taken": _(
            "The id “%(id)s” of this source belongs to a record that you may not change; name another source."
        ),
        "row.not_yours": _("You may import for your own organisation only; this row is of “%(organisation)s”."),
        "row.needed_by": _("The solution cannot be needed before the answers are in."),
        "row.secret_until": _("Say until when the record is confidential."),
        "row.not_secret": _("Only a need-to-know record has a term; choose the secrecy first."),
        "row.evidence": _("A level without evidence does not count; say what proves it."),
        "row.not_offered": _("A capability is offered to others; it cannot be need-to-know."),
        "row.levels": _("It would end at a lower level than it begins."),
        "row.price_unit": _("Say what the price is for: an hour, a day, a sample, a batch or a month."),
        "row.changed": _("Somebody changed this record while it was imported; import the row again."),
    }
)


class Job(Protocol):
    """What the work needs of a running job: `jiandao.kernel.jobs.RunningJob` has it."""

    def report(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        counts: dict[str, int] | None = None,
        message: str | None = None,
    ) -> None: ...

    def check_cancelled(self) -> None: ...


@dataclass(frozen=True)
class Rights:
    """What the importer may do, decided once: an officer for every organisation, others for their own."""

    role: str
    officer: bool
    organisations: frozenset[int]
    own: frozenset[int]  # those that the importer acts for in any role: a recused officer does not publish for them

    @classmethod
    def of(cls, actor: Actor, what: Importable, programme: Programme) -> "Rights":
        """NotAllowed when the actor may not import this kind here."""
        role = decide(actor, what.rule, programme)
        writers = {Role(one) for clause in what.rule.clauses for one in clause.roles} - policy.OFFICERS
        officer = any(
            grant.role in policy.OFFICERS
            and (grant.scope == Scope.SITE or (grant.scope == Scope.PROGRAMME and grant.scope_id == programme.pk))
            for grant in actor.grants
        )
        mine = frozenset(one for writer in writers for one in actor.scopes(writer, Scope.ORGANISATION))
        own = actor.organisations | kin_of(actor, actor.at).keys()
        return cls(Role.PROGRAMME_OFFICER if officer else role, officer, mine, own)


def check_options(what: Importable, rights: Rights, options: Options) -> None:
    """NotAllowed when the importer may not ask for that."""
    if not options.source.strip() or len(options.source) > LONGEST_SOURCE:
        raise NotAllowed(Refused("import.source", facts={"most": LONGEST_SOURCE}))
    if options.state not in what.states:
        raise NotAllowed(Refused("import.state", facts={"state": options.state, "possible": list(what.states)}))
    if options.state == PUBLISHED and what.model is Need and not rights.officer:
        raise NotAllowed(Refused("import.publish", Aspect.ROLE))
    if options.as_they_are and not rights.officer:
        raise NotAllowed(Refused("import.as_they_are", Aspect.ROLE))


@dataclass
class Planned:
    """One row and what becomes of it: `outcome` is new, changed, unchanged or faulty."""

    number: int
    outcome: str
    record: Any = None  # the record as it would be saved
    indicators: list[dict[str, Any]] | None = None  # those that it gets; None: as they are
    organisation: Named | None = None  # one that the directory does not have yet
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    missing: list[Any] = field(default_factory=list)  # of a record that is published incomplete
    faults: list[Fault] = field(default_factory=list)
    confidential: bool = False  # of a need-to-know record, or it cannot be told; also when the row is faulty

    @property
    def submits(self) -> bool:
        """Whether it hands a need in that was none of the office's business before."""
        moved = self.outcome == "new" or "state" in self.before
        return moved and self.record is not None and self.record.state == SUBMITTED


class Planner:
    """Plans all rows of one table for one importer."""

    def __init__(
        self, *, actor: Actor, programme: Programme, what: Importable, table: Table, mapping: Mapping, options: Options
    ) -> None:
        self.actor, self.programme, self.what, self.options = actor, programme, what, options
        self.rights = Rights.of(actor, what, programme)
        check_options(what, self.rights, options)
        self.table = table
        most = (rules.KEYWORDS_MOST if what.model is Need else rules.RESULT_KEYWORDS_MOST).at(programme=programme).value
        self._converter = Converter(what, table, mapping, most_keywords=most, own=self._own_organisation())
        self._says_secrecy = "secrecy" in mapping.constants or "secrecy" in mapping.columns.values()
        self._directory = Directory()
        self._seen: dict[str, int] = {}

    def _own_organisation(self) -> Named | None:
        """The organisation of an importer who has exactly one."""
        if self.rights.officer or len(self.rights.organisations) != 1:
            return None
        one = Organisation.objects.get(pk=next(iter(self.rights.organisations)))
        return Named(one.name, one.credit_code or "")

    def lots(self) -> Iterator[list[Planned]]:
        """The rows in their order, in lots."""
        rows = self.table.rows()
        while lot := [self._converter.convert(row) for row in islice(rows, LOT)]:
            yield self._plan(lot)

    def _plan(self, lot: list[Converted]) -> list[Planned]:
        self._directory.look_up(one.organisation for one in lot if one.organisation is not None)
        ids = {one.source_id for one in lot if one.source_id}
        model: Any = self.what.model
        existing: dict[str, Any] = {}
        indicators: dict[int, list[TargetIndicator]] = {}
        if ids:
            found = model.objects.filter(source=self.options.source, source_id__in=ids)
            existing = {one.source_id: one for one in found.select_related("organisation")}
        if existing and self.what.has_indicators:
            for one in TargetIndicator.objects.filter(need__in=[record.pk for record in existing.values()]):
                indicators.setdefault(one.need_id, []).append(one)
        return [self._plan_one(row, existing, indicators) for row in lot]

    def _plan_one(
        self, row: Converted, existing: dict[str, Any], indicators: dict[int, list[TargetIndicator]]
    ) -> Planned:
        planned = Planned(row.number, "faulty", faults=row.faults, confidential=self._is_confidential(row))
        old = existing.get(row.source_id)
        planned.confidential |= old is not None and old.is_need_to_know
        if row.source_id:
            first = self._seen.setdefault(row.source_id, row.number)
            if first != row.number:
                self._wrong(planned, row, "id", CellFaultError("row.twice", row=first))
                return planned
        organisation = self._organisation(planned, row)
        if planned.faults:
            return planned
        if old is None:
            self._plan_new(planned, row, organisation)
        else:
            self._plan_change(planned, row, old, organisation=organisation, kept=indicators.get(old.pk, []))
        if planned.faults:
            planned.outcome, planned.record = "faulty", None
        return planned

    def _is_confidential(self, row: Converted) -> bool:
        """Whether the row says so, or says something that cannot be read."""
        unread = self._says_secrecy and "secrecy" not in row.values and "secrecy" not in row.emptied
        return unread or row.values.get("secrecy") in NEED_TO_KNOW

    def _organisation(self, planned: Planned, row: Converted) -> Organisation | None:
        """The organisation if the directory has it; a fault when it has not and the importer may not add it."""
        if row.organisation is None:
            return None
        try:
            found = self._directory.find(row.organisation)
        except CellFaultError as error:
            self._wrong(planned, row, "organisation", error)
            return None
        if found is None:
            if not self.rights.officer:
                self._wrong(
                    planned, row, "organisation", CellFaultError("organisation.unknown", name=row.organisation.name)
                )
            planned.organisation = row.organisation
        elif not self.rights.officer and found.same_id not in self.rights.organisations:
            self._wrong(planned, row, "organisation", CellFaultError("row.not_yours", organisation=found.name))
        return found

    def _plan_new(self, planned: Planned, row: Converted, organisation: Organisation | None) -> None:
        record = self.what.model(
            programme=self.programme,
            created_by=self.actor.account,
            source=self.options.source,
            source_id=row.source_id,
            state=DRAFT,
        )
        if "language" not in row.values:
            record.language = language_of(row.values["title"])
        _assign(record, row.values)
        if organisation is not None:
            record.organisation = organisation
        planned.outcome, planned.record = "new", record
        planned.indicators = row.indicators or []
        self._check(planned, row, organisation, planned.indicators)

    def _plan_change(
        self,
        planned: Planned,
        row: Converted,
        old: Any,
        *,
        organisation: Organisation | None,
        kept: list[TargetIndicator],
    ) -> None:
        """An earlier record takes what the row says; what the row leaves empty stays as it is, or is cleared."""
        is_hidden = old.is_need_to_know and old.pk not in known_ids(self.actor, old.kind)
        foreign = not self.rights.officer and old.organisation.same_id not in self.rights.organisations
        if is_hidden or foreign:
            self._wrong(planned, row, "id", CellFaultError("row.taken", id=row.source_id))
            return
        source, was = old.state, old.organisation.name
        allowed = self._give_to(old, organisation)
        given, indicators = row.values, row.indicators
        if self.options.empty_clears:
            fields = self.what.fields
            given = {one: fields[one].empty for one in row.emptied if fields[one].clearable} | given
            indicators = [] if indicators is None and "indicators" in row.emptied else indicators
        before = {name: _plain(old, name) for name in given}
        _assign(old, given)
        after = {name: _plain(old, name) for name in given}
        before["organisation"] = was
        after["organisation"] = (planned.organisation or old.organisation).name
        rows = [_indicator_values(one) for one in kept]
        if indicators is not None and indicators != rows:
            planned.indicators = indicators
            before["indicators"] = [str(one) for one in kept]
            after["indicators"] = [str(TargetIndicator(**one)) for one in indicators]
        planned.record = old
        if source != WITHDRAWN:
            self._check(planned, row, organisation, rows if planned.indicators is None else planned.indicators)
        before["state"], after["state"] = source, old.state
        planned.before = {name: value for name, value in before.items() if value != after[name]}
        planned.after = {name: after[name] for name in planned.before}
        planned.outcome = "changed" if planned.before else "unchanged"
        if not planned.before:
            planned.faults.clear()  # what is not changed need not be right
        elif source == WITHDRAWN:
            self._wrong(planned, row, "", CellFaultError("row.withdrawn"))
        elif isinstance(allowed, Refused):
            self._wrong(planned, row, "", refusal_of(allowed))

    def _give_to(self, old: Any, organisation: Organisation | None) -> Decision:
        """Whether the record may be changed, before and after it gets its organisation, if it gets another."""
        allowed = self.what.change.decide(self.actor, old)
        if organisation is None or organisation.pk == old.organisation_id:
            return allowed
        old.organisation = organisation
        return self.what.change.decide(self.actor, old) if allowed else allowed

    def _check(
        self, planned: Planned, row: Converted, organisation: Organisation | None, indicators: list[dict[str, Any]]
    ) -> None:
        """What the forms check of a whole record, then what the target state asks for."""
        record = planned.record
        if record.secrecy in NEED_TO_KNOW and record.secret_until is None:
            self._wrong(planned, row, "secrecy", CellFaultError("row.secret_until"))
        if record.secret_until is not None and record.secrecy not in NEED_TO_KNOW:
            self._wrong(planned, row, "secret_until", CellFaultError("row.not_secret"))
        if isinstance(record, Need):
            if record.deadline and record.needed_by and record.needed_by < record.deadline:
                self._wrong(planned, row, "needed_by", CellFaultError("row.needed_by"))
        elif isinstance(record, Capability):
            self._check_capability(planned, row)
        elif record.trl_id is not None and not record.trl_evidence.strip():
            self._wrong(planned, row, "trl", CellFaultError("row.evidence"))
        if planned.faults:
            return
        if record.state not in {DRAFT, RETURNED}:
            self._stands(planned, row, indicators)
        elif self.options.state != DRAFT:
            self._move(planned, row, organisation, indicators)

    def _check_capability(self, planned: Planned, row: Converted) -> None:
        record = planned.record
        if not record.capability_kind:
            self._wrong(planned, row, "capability_kind", CellFaultError("cell.missing"))
        if record.secrecy in NEED_TO_KNOW:
            self._wrong(planned, row, "secrecy", CellFaultError("row.not_offered"))
        if record.level_from and record.level_to and record.level_to < record.level_from:
            self._wrong(planned, row, "level_to", CellFaultError("row.levels"))
        if record.price_fen is not None and not record.price_unit:
            self._wrong(planned, row, "price_unit", CellFaultError("row.price_unit"))

    def _move(
        self, planned: Planned, row: Converted, organisation: Organisation | None, indicators: list[dict[str, Any]]
    ) -> None:
        """Bring the record to the target state, through the gate that everybody else passes."""
        record = planned.record
        publishes = self.options.state == PUBLISHED
        if publishes and self.rights.officer and organisation and organisation.same_id in self.rights.own:
            self._wrong(planned, row, "organisation", refusal_of(Refused("policy.recused", Aspect.VETO)))
            return
        answers = self._answers(planned, record, indicators)
        if isinstance(record, Need):
            answers.append(gate.deadline_lies_ahead(self.actor, record, self.actor.at))
            if record.is_need_to_know and not self.rights.officer:
                answers.append(Refused("need.no_officer"))
        self._ask_for(planned, row, answers, as_they_are=self.options.as_they_are and publishes)
        record.state = self.options.state
        if isinstance(record, Need) and record.submitted_at is None:
            record.submitted_at = self.actor.at
        if publishes:
            record.published_at = self.actor.at
            if isinstance(record, Capability):
                record.confirmed_at = self.actor.at  # whoever sends the list says that it holds

    def _stands(self, planned: Planned, row: Converted, indicators: list[dict[str, Any]]) -> None:
        """What was handed in or published stays complete."""
        answers = self._answers(planned, planned.record, indicators)
        self._ask_for(planned, row, answers, as_they_are=self.options.as_they_are)

    def _answers(self, planned: Planned, record: Any, indicators: list[dict[str, Any]]) -> list[Decision]:
        """What the gate says of the record's contents; what is missing is noted in the plan."""
        if isinstance(record, Capability):
            return [is_described(self.actor, record, self.actor.at)]
        if not isinstance(record, Need):
            assert isinstance(record, ResearchResult)
            return [gate.result_is_described(self.actor, record, self.actor.at)]
        seen = cast(Need, _WithIndicators(record, [TargetIndicator(**one) for one in indicators]))
        planned.missing = [words(one) for one in gate.missing_elements(seen)]
        return [gate.texts_are_short(self.actor, record, self.actor.at)]

    def _ask_for(self, planned: Planned, row: Converted, answers: list[Decision], *, as_they_are: bool) -> None:
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        if as_they_are:
            planned.missing += [_both(answer) for answer in refused]
            return
        if planned.missing:
            self._wrong(planned, row, "", CellFaultError("row.incomplete", missing=planned.missing))
        for answer in refused:
            self._wrong(planned, row, "", refusal_of(answer))

    def _wrong(self, planned: Planned, row: Converted, name: str, error: CellFaultError) -> None:
        header, raw = row.cells.get(name, (self._converter.header_of(name), None))
        planned.faults.append(self._converter.fault(row.number, header, raw, error))


class _WithIndicators:
    """A need that is not saved yet, with its indicators, as the gate reads it."""

    def __init__(self, record: Need, indicators: list[TargetIndicator]) -> None:
        self._record = record
        self.indicators = self
        self._indicators = indicators

    def all(self) -> list[TargetIndicator]:
        return self._indicators

    def __getattr__(self, name: str) -> Any:
        return getattr(self._record, name)


def _both(refused: Refused) -> Any:
    """A refusal's sentence in both languages."""
    found = {}
    for code in (CHINESE, ENGLISH):
        with translation.override(code):
            found[code] = refused.sentence
    return found


def refusal_of(refused: Refused) -> CellFaultError:
    return CellFaultError("row.refused", why=_both(refused))


_TERMS = frozenset({"direction", "orientation", "cluster", "discipline", "field", "industry", "trl"})


def _assign(record: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(record, f"{name}_id" if name in _TERMS else name, value)


def _plain(record: Any, name: str) -> Any:
    return getattr(record, f"{name}_id" if name in _TERMS else name)


_PARTS = ("name", "comparator", "threshold", "tolerance", "stretch", "unit", "test_method")


def _indicator_values(one: TargetIndicator) -> dict[str, Any]:
    return {part: getattr(one, part) for part in _PARTS}
