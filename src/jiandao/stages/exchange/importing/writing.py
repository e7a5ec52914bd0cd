"""Making a plan happen: new organisations, new and changed records, their indicators and lists, in one transaction.

The records come from a spool on disk with everything computed, so that the transaction only writes. New rows lock
nothing that others write; changed records are locked last, and only as long as writing them takes.
"""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.db.models import Model

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.database.copying import copy_records
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.lifecycle.classifying import became_need_to_know
from jiandao.kernel.search.changes import note_changes
from jiandao.kernel.search.models import Searchable
from jiandao.kernel.secrecy import Knower
from jiandao.kernel.tabular.faults import CellFaultError
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.actions.challenges import publish_imported
from jiandao.stages.exchange.actions.following import follow_need
from jiandao.stages.exchange.actions.records import INDICATOR_FIELDS
from jiandao.stages.exchange.importing.directory import Directory, Named, guessed_kind
from jiandao.stages.exchange.importing.fields import Importable
from jiandao.stages.exchange.importing.models import ImportBatch
from jiandao.stages.exchange.importing.planning import Planned, Rights
from jiandao.stages.exchange.models import ChallengeSource, Need, TargetIndicator
from jiandao.stages.exchange.states import DRAFT, PUBLISHED
from jiandao.stages.people.actions import enter_organisation
from jiandao.stages.people.models import Organisation

_TERMS = ("direction", "orientation", "cluster", "discipline", "field", "industry", "trl")


class Spool:
    """Plans on disk, in two parts: those of new records, and those of changed ones."""

    def __init__(self, new: IO[bytes], changed: IO[bytes]) -> None:
        self._files = {"new": new, "changed": changed}

    def add(self, lot: list[Planned]) -> None:
        for outcome, file in self._files.items():
            kept = [one for one in lot if one.outcome == outcome]
            for one in kept:
                if isinstance(one.record, Searchable):
                    one.record.refresh_search()
            if kept:
                pickle.dump(kept, file, pickle.HIGHEST_PROTOCOL)

    def lots(self, outcome: str) -> Iterator[list[Planned]]:
        file = self._files[outcome]
        file.seek(0)
        while True:
            try:
                lot: list[Planned] = pickle.load(file)  # noqa: S301 - a temporary file that only we have written
            except EOFError:
                return
            yield lot


@dataclass
class Written:
    """What was written, for the journal of the import; each record has an entry of its own."""

    organisations: dict[str, Organisation] = field(default_factory=dict)  # key of the name -> the new organisation
    stale: list[Planned] = field(default_factory=list)  # somebody changed them between plan and write


class Writer:
    """Writes the plans of one spool. `step` is called after every lot, and may raise to give all of it up."""

    def __init__(
        self, *, actor: Actor, batch: ImportBatch, what: Importable, rights: Rights, step: Callable[[int], None]
    ) -> None:
        self._actor, self._batch, self._what, self._rights, self._step = actor, batch, what, rights, step
        self.written = Written()

    def write(self, spool: Spool, new_organisations: dict[str, Named]) -> Written:
        """Inside a transaction of the caller's."""
        self._add_organisations(new_organisations)
        for lot in spool.lots("new"):
            self._insert(lot)
            self._step(len(lot))
        for lot in spool.lots("changed"):
            self._update(lot)
            self._step(len(lot))
        return self.written

    def _add_organisations(self, wanted: dict[str, Named]) -> None:
        if not wanted:
            return
        transaction_lock("exchange.import.organisations")  # two imports at once would add the same one twice
        directory = Directory()
        directory.look_up(wanted.values())
        for key, one in wanted.items():
            try:
                there = directory.find(one)
            except CellFaultError:
                there = None
            self.written.organisations[key] = there or enter_organisation(
                actor=self._actor,
                role=self._rights.role,
                values={
                    "name": one.name,
                    "organisation_kind": guessed_kind(one.name),
                    "credit_code": one.code or None,
                },
            )

    def _settle(self, lot: list[Planned]) -> None:
        for one in lot:
            if one.organisation is not None:
                one.record.organisation_id = self.written.organisations[one.organisation.key].pk

    def _insert(self, lot: list[Planned]) -> None:
        self._settle(lot)
        now = clock.now()
        for one in lot:
            one.record.created_at = one.record.changed_at = now
            if one.record.state == PUBLISHED:
                one.record.published_at = now
        records = [one.record for one in lot]
        copy_records(self._what.model, records)
        self._write_indicators(lot)
        self._publish([(one.record, one.indicators or []) for one in lot])
        if self._actor.account is not None:
            kind = self._what.model.kind
            Knower.objects.bulk_create(
                Knower(kind=kind, record_id=one.pk, account=self._actor.account, granted_by=self._actor.account)
                for one in records
                if one.is_need_to_know
            )
        # The file's digest and its mapping say what it held; an entry says where and how confidential it began.
        self._journal([(one, {}, {"state": one.state, "secrecy": one.secrecy}) for one in records])
        self._note(records)

    def _update(self, lot: list[Planned]) -> None:
        """Records that somebody changed since they were planned are left as they are."""
        model = self._what.model
        ids = [one.record.pk for one in lot]
        locked = model.everywhere().filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
        versions = dict(locked.values_list("pk", "version"))
        fresh = [one for one in lot if versions.get(one.record.pk) == one.record.version]
        self.written.stale += [one for one in lot if versions.get(one.record.pk) != one.record.version]
        self._settle(fresh)
        now = clock.now()
        labels = _term_labels(fresh)
        for one in fresh:
            one.record.version += 1
            one.record.changed_at = now
            if "secrecy" in one.before and one.record.is_need_to_know:  # else nobody at all would know of it
                became_need_to_know(actor=self._actor, record=one.record)
        if not fresh:
            return
        names = [
            one.name
            for one in model._meta.concrete_fields
            if one.name not in {"id", "public_id", "programme", "created_at", "created_by", "source", "source_id"}
        ]
        self._manager(model).bulk_create(
            [one.record for one in fresh], update_conflicts=True, unique_fields=["id"], update_fields=names
        )
        replaced = [one for one in fresh if one.indicators is not None]
        if replaced:
            self._manager(TargetIndicator).filter(need__in=[one.record.pk for one in replaced]).delete()
            self._write_indicators(replaced)
        published = [one for one in fresh if one.after.get("state") == PUBLISHED]
        self._publish([(one.record, self._indicators_of(one)) for one in published])
        self._lead_challenges(fresh)
        self._journal([(one.record, _journalled(one.before, labels), _journalled(one.after, labels)) for one in fresh])
        self._note([one.record for one in fresh])

    def _indicators_of(self, one: Planned) -> list[dict[str, Any]]:
        if one.indicators is not None or self._what.model is not Need:
            return one.indicators or []
        kept = self._manager(TargetIndicator).filter(need=one.record.pk).order_by("position")
        return list(kept.values(*INDICATOR_FIELDS))

    def _publish(self, records: list[tuple[Any, list[dict[str, Any]]]]) -> None:
        """What everybody reads and answers of a published need is its challenge."""
        if self._what.model is not Need:
            return
        publish_imported(
            actor=self._actor,
            needs=records,
            role=self._rights.role,
            facts={"import": self._batch.public_id},
            rule=self._what.rule.code,
        )

    def _lead_challenges(self, changed: list[Planned]) -> None:
        """What was made from these needs, and answers are taken to, says and closes what they say and close now."""
        if self._what.model is not Need:
            return
        origin = {"how": ChallengeSource.How.ORIGIN, "challenge__state__in": [DRAFT, PUBLISHED]}
        sources = self._manager(ChallengeSource).filter(need__in=[one.record.pk for one in changed], **origin)
        with_one = set(sources.values_list("need", flat=True))
        for one in changed:
            if one.record.pk in with_one:
                follow_need(actor=self._actor, need=one.record, before=one.before, rule=self._what.rule.code)

    def _journal(self, changes: list[tuple[Any, dict[str, Any], dict[str, Any]]]) -> None:
        journal.record_many(
            actor=self._actor,
            verb="import",
            changes=changes,
            role=self._rights.role,
            facts={"import": self._batch.public_id},
            rule=self._what.rule.code,
        )

    def _write_indicators(self, lot: list[Planned]) -> None:
        indicators = [
            TargetIndicator(programme_id=one.record.programme_id, need_id=one.record.pk, position=position, **values)
            for one in lot
            for position, values in enumerate(one.indicators or ())
        ]
        if indicators:
            copy_records(TargetIndicator, indicators)

    def _note(self, records: list[Any]) -> None:
        """The match index holds what is published."""
        published = [one.pk for one in records if one.state == PUBLISHED]
        if published:
            note_changes(self._what.model.kind, published)

    @staticmethod
    def _manager(model: type[Model]) -> Any:
        return model.objects.with_scopes_disabled()  # type: ignore[attr-defined]


def _term_labels(lot: list[Planned]) -> dict[int, str]:
    ids = {values[name] for one in lot for values in (one.before, one.after) for name in _TERMS if values.get(name)}
    return {one.pk: f"{one.edition}:{one.code}" for one in Term.objects.filter(pk__in=ids)} if ids else {}


def _journalled(values: dict[str, Any], labels: dict[int, str]) -> dict[str, Any]:
    """Values as the journal keeps them: terms by edition and code."""
    return {name: labels.get(value, value) if name in _TERMS else value for name, value in values.items()}
