"""Importing organisations and experts: records of the directory, told by codes and names, written by the room's actions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.lifecycle.perform import StaleRecord
from jiandao.kernel.policy import Refused
from jiandao.kernel.secrecy import Level
from jiandao.kernel.tabular.faults import SENTENCES, CellFaultError
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.importing.conversion import Converted
from jiandao.stages.exchange.importing.directory import guessed_kind, name_key
from jiandao.stages.exchange.importing.planning import Planned, Planner, refusal_of
from jiandao.stages.exchange.importing.works import completed, shown
from jiandao.stages.exchange.importing.writing import Writer
from jiandao.stages.people import actions as people
from jiandao.stages.people import policy, states
from jiandao.stages.people.actions.experts import PERSON_FIELDS
from jiandao.stages.people.models import Expert, NameKind, Organisation
from jiandao.stages.people.queries import units_of

SENTENCES.update(
    {
        "row.no_code": _("Only an organisation with a unified social credit code is imported as verified."),
        "expert.own": _("The expert has an account and keeps this in person; leave the cell as it is."),
        "expert.several": _("Several experts are named “%(name)s” there; give the ORCID or the e-mail address."),
    }
)
_NAMES = {"former_names": NameKind.FORMER, "short_names": NameKind.SHORT}
_ORGANISATION_VALUES = ("name_en", "organisation_kind", "prefecture", "website", "introduction")
_EXPERT_VALUES = ("name", "orcid", "email", "phone", "post", "keywords", "text", "available", "days_a_year")


@dataclass
class SharedRow:
    """An organisation or an expert as it would be written: `values` by field (terms by key), `lists` of what hangs on it.

    pk and version: of the entry that is changed; organisation: where an expert works, when the directory has it.
    """

    pk: int | None = None
    version: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    organisation: int | None = None
    state: str = ""
    secrecy: str = Level.INTERNAL
    is_need_to_know: bool = False


class SharedPlanner(Planner):
    """What the rows of a file would do to the directory. Nothing is written."""

    def _plan(self, lot: list[Converted]) -> list[Planned]:
        self._directory.look_up(one.organisation for one in lot if one.organisation is not None)
        if self.what.model is Organisation:
            found = [self._known(row) for row in lot]
            prefetch_related_objects([one for one in found if one is not None], "clusters", "names")
            return [self._organisation_row(row) for row in lot]
        experts = _Experts(self.actor, lot)
        return [self._expert_row(row, experts) for row in lot]

    def _known(self, row: Converted) -> Organisation | None:
        try:
            return self._directory.find(row.organisation) if row.organisation is not None else None
        except CellFaultError:
            return None  # told when the row itself is planned

    def _is_second(self, planned: Planned, row: Converted, keys: Iterable[str], name: str) -> bool:
        """Whether an earlier row of the file is about the same; says so in a fault."""
        firsts = [self._seen.setdefault(key, row.number) for key in keys if key]
        earlier = [one for one in firsts if one != row.number]
        if earlier:
            self._wrong(planned, row, name, CellFaultError("row.twice", row=earlier[0]))
        return bool(earlier)

    def _finish(self, planned: Planned, shared: SharedRow, before: dict[str, Any], after: dict[str, Any]) -> Planned:
        if planned.faults:
            return planned
        planned.record = shared
        planned.before = {name: value for name, value in before.items() if value != after[name]}
        planned.after = {name: after[name] for name in planned.before}
        if shared.pk is None:
            planned.outcome = "new"
        else:
            planned.outcome = "changed" if planned.before or shared.state else "unchanged"
        return planned

    # Organisations

    def _organisation_row(self, row: Converted) -> Planned:
        planned = Planned(row.number, "faulty", faults=row.faults)
        given = row.organisation
        if planned.faults or given is None:
            return planned
        if self._is_second(planned, row, {given.code, name_key(given.name)}, "organisation"):
            return planned
        try:
            old = self._directory.find(given)
        except CellFaultError as error:
            self._wrong(planned, row, "organisation", error)
            return planned
        values = {name: row.values[name] for name in _ORGANISATION_VALUES if name in row.values}
        values |= self._emptied(row, _ORGANISATION_VALUES)
        if given.code:
            values["credit_code"] = given.code
        lists = {name: row.values[name] for name in ("clusters", *_NAMES) if name in row.values}
        lists |= self._emptied(row, ("clusters", *_NAMES))
        if old is None:
            values = {"name": given.name, "organisation_kind": guessed_kind(given.name)} | values
        shared = SharedRow(old.pk if old else None, old.version if old else 0, values, lists)
        self._verify(planned, row, shared, old)
        before, after = _organisation_before(old, values, lists), _after(values, lists)
        return self._finish(planned, shared, before, after)

    def _verify(self, planned: Planned, row: Converted, shared: SharedRow, old: Organisation | None) -> None:
        """With the state “verified”, an entry that nobody has looked at yet is verified by whoever imports it."""
        if self.options.state != states.VERIFIED or (old is not None and old.state != states.ENTERED):
            return
        code = shared.values.get("credit_code") or (old.credit_code if old is not None else "")
        if not code:
            self._wrong(planned, row, "credit_code", CellFaultError("row.no_code"))
        shared.state = states.VERIFIED

    def _emptied(self, row: Converted, names: Iterable[str]) -> dict[str, Any]:
        if not self.options.empty_clears:
            return {}
        fields = self.what.fields
        return {name: fields[name].empty for name in names if name in row.emptied and fields[name].clearable}

    # Experts

    def _expert_row(self, row: Converted, experts: "_Experts") -> Planned:
        planned = Planned(row.number, "faulty", faults=row.faults)
        unit = self._organisation(planned, row)
        if planned.faults or row.organisation is None:
            return planned
        values = {name: row.values[name] for name in _EXPERT_VALUES if name in row.values}
        values |= self._emptied(row, _EXPERT_VALUES)
        keys = {str(values.get("orcid", "")), str(values.get("email", "")).casefold()}
        if self._is_second(
            planned, row, keys | {f"{name_key(values['name'])}\0{name_key(row.organisation.name)}"}, "name"
        ):
            return planned
        try:
            old = experts.find(values, unit)
        except CellFaultError as error:
            self._wrong(planned, row, "name", error)
            return planned
        self._check_person(planned, row, old, values)
        lists: dict[str, Any] = {
            name: row.values[name] for name in ("fields", "disciplines", "works") if name in row.values
        }
        lists |= self._emptied(row, ("fields", "disciplines", "works"))
        if lists.get("works"):
            lists["works"] = completed(lists["works"], old.works.all() if old is not None else ())
        shared = SharedRow(old.pk if old else None, old.version if old else 0, values, lists, unit.pk if unit else None)
        before, after = _expert_before(old, values, lists), _after(values, lists)
        return self._finish(planned, shared, before, after)

    def _check_person(self, planned: Planned, row: Converted, old: Expert | None, values: dict[str, Any]) -> None:
        """Whether the row may change the entry, and name and contact in it; what it may not know of stays unsaid."""
        hidden = old is not None and not policy.READ_EXPERT.decide(self.actor, old)
        of = old.person if old is not None and not hidden else None
        orcid = people.orcid_refusal(self.actor, values.get("orcid"), of)
        if orcid is not None:
            self._wrong(planned, row, "orcid", refusal_of(orcid))
        if old is None or hidden:
            return
        allowed = policy.EDIT_EXPERT.decide(self.actor, old)
        if isinstance(allowed, Refused):
            self._wrong(planned, row, "name", refusal_of(allowed))
            return
        keeps = policy.EDIT_EXPERT_PERSON.decide(self.actor, old)
        for name in PERSON_FIELDS:
            if name in values and (values[name] or "") != (getattr(old.person, name) or "") and not keeps:
                self._wrong(planned, row, name, CellFaultError("expert.own"))


class _Experts:
    """The experts that a lot of rows may be about, in four queries."""

    def __init__(self, actor: Actor, lot: list[Converted]) -> None:
        self._actor = actor
        names, emails, orcids = (
            {str(one.values[name]) for one in lot if one.values.get(name)} for name in ("name", "email", "orcid")
        )
        about = Q(person__name__in=names) | Q(person__email__in=emails) | Q(person__orcid__in=orcids)
        found = Expert.objects.filter(about).select_related("person")
        self._found = list(
            found.prefetch_related("person__memberships__organisation__canonical", "fields", "disciplines", "works")
        )

    def find(self, values: dict[str, Any], unit: Organisation | None) -> Expert | None:
        """By ORCID, else by e-mail address, else by name and organisation. CellFaultError when several are meant.

        By an address only among those whose contact the actor reads: a file is not to find out whose an address is.
        """
        for name in ("orcid", "email"):
            wanted = str(values.get(name) or "").casefold()
            same = [one for one in self._found if wanted and str(getattr(one.person, name) or "").casefold() == wanted]
            if name == "email":
                same = [one for one in same if policy.EXPERT_DETAILS.decide(self._actor, one)]
            if same:
                return same[0]
        named = [one for one in self._found if one.person.name == values["name"] and unit and _works_at(one, unit)]
        if len(named) > 1:
            raise CellFaultError("expert.several", name=values["name"])
        return named[0] if named else None


def _works_at(expert: Expert, unit: Organisation) -> bool:
    return any(one.same_id == unit.same_id for one in units_of(expert.person))


def _after(values: dict[str, Any], lists: dict[str, list[Any]]) -> dict[str, Any]:
    return values | {name: shown(found) if name == "works" else sorted(found) for name, found in lists.items()}


def _organisation_before(
    old: Organisation | None, values: dict[str, Any], lists: dict[str, list[Any]]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in values:
        found[name] = getattr(old, "prefecture_id" if name == "prefecture" else name) if old is not None else None
    for name in lists:
        if old is None:
            found[name] = []
        elif name == "clusters":
            found[name] = sorted(one.pk for one in old.clusters.all())
        else:
            found[name] = sorted(one.name for one in old.names.all() if one.name_kind == _NAMES[name])
    return found


def _expert_before(old: Expert | None, values: dict[str, Any], lists: dict[str, list[Any]]) -> dict[str, Any]:
    if old is None:
        return dict.fromkeys((*values, *lists))
    found = {name: getattr(old.person if hasattr(old.person, name) else old, name) for name in values}
    for name in lists:
        if name == "works":
            found[name] = shown(old.works.all())
        else:
            found[name] = sorted(one.pk for one in getattr(old, name).all())
    return found


class SharedWriter(Writer):
    """Writes rows by the actions of the directory: each with its own entry in the journal, its own right, its own lock."""

    def _insert(self, lot: list[Planned]) -> None:
        terms = _terms(lot)
        for one in lot:
            if self._what.model is Organisation:
                self._enter(one.record, terms)
            else:
                unit = self._unit(one)
                values = _whole_expert(one.record.values)
                people.create_expert(
                    actor=self._actor, organisation=unit, values=values, **_expert_lists(one.record, terms)
                )

    def _update(self, lot: list[Planned]) -> None:
        """Entries that somebody changed since they were planned are left as they are."""
        terms = _terms(lot)
        for one in lot:
            try:
                self._change(one.record, terms)
            except StaleRecord:
                self.written.stale.append(one)

    def _enter(self, row: SharedRow, terms: dict[int, Term]) -> None:
        made = people.create_organisation(
            actor=self._actor,
            values=_organisation_values(row, terms),
            clusters=[terms[key] for key in row.lists.get("clusters", ())],
            names=_names(row, ()),
        )
        if row.state:
            perform(actor=self._actor, record=made, verb="verify")

    def _change(self, row: SharedRow, terms: dict[int, Term]) -> None:
        if self._what.model is not Organisation:
            expert = Expert.objects.select_related("person").get(pk=row.pk or 0)
            people.edit_expert(
                actor=self._actor,
                expert=expert,
                expected_version=row.version,
                values={
                    **{name: getattr(expert.person, name) for name in ("name", "orcid", "email", "phone")},
                    **row.values,
                },
                **_expert_lists(row, terms),
            )
            return
        there = Organisation.objects.get(pk=row.pk or 0)
        changed = people.edit_organisation(
            actor=self._actor,
            organisation=there,
            expected_version=row.version,
            values=_organisation_values(row, terms),
            clusters=[terms[key] for key in row.lists["clusters"]] if "clusters" in row.lists else None,
            names=_names(row, there.names.all()) if row.lists.keys() & _NAMES.keys() else None,
        )
        if row.state and changed.state == states.ENTERED:
            perform(actor=self._actor, record=changed, verb="verify")

    def _unit(self, one: Planned) -> Organisation:
        if one.organisation is not None:
            return self.written.organisations[one.organisation.key]
        return Organisation.objects.get(pk=one.record.organisation)


def _terms(lot: list[Planned]) -> dict[int, Term]:
    keys: set[int] = set()
    for one in lot:
        keys |= {key for name in ("clusters", "fields", "disciplines") for key in one.record.lists.get(name, ())}
        keys |= {one.record.values["prefecture"]} if one.record.values.get("prefecture") else set()
    return Term.objects.in_bulk(keys)


def _organisation_values(row: SharedRow, terms: dict[int, Term]) -> dict[str, Any]:
    values = dict(row.values)
    if "prefecture" in values:
        values["prefecture"] = terms.get(values["prefecture"])
    return values


def _names(row: SharedRow, there: Iterable[Any]) -> list[dict[str, Any]]:
    """All further names: those of the row, and of the kinds that the row does not name those that are there."""
    given = {_NAMES[name] for name in row.lists.keys() & _NAMES.keys()}
    kept = [
        {"name": one.name, "name_kind": one.name_kind, "until": one.until}
        for one in there
        if one.name_kind not in given
    ]
    added = [{"name": name, "name_kind": kind} for column, kind in _NAMES.items() for name in row.lists.get(column, ())]
    known = {one["name"] for one in kept}
    return kept + [one for one in added if one["name"] not in known]


def _whole_expert(values: dict[str, Any]) -> dict[str, Any]:
    empty = {"post": "", "keywords": [], "text": "", "available": True, "away_until": None, "days_a_year": None}
    return empty | values


def _expert_lists(row: SharedRow, terms: dict[int, Term]) -> dict[str, Any]:
    """Fields, disciplines and works, as far as the row says something of them."""
    found: dict[str, Any] = {
        name: [terms[key] for key in row.lists[name]] for name in ("fields", "disciplines") if name in row.lists
    }
    if "works" in row.lists:
        found["works"] = row.lists["works"]
    return found
