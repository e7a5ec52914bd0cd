"""Family ties of organisations, and entries that may be one organisation, through the API."""

from datetime import date
from functools import partial
from typing import Any

from django.http import QueryDict
from typing_extensions import TypedDict

from jiandao.kernel.api.bodies import Deed, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.problems import Where, mend
from jiandao.kernel.api.shapes import PageOut, StateOut, VerbOut, moment, state_out, verbs_out
from jiandao.kernel.api.writing import checked, do
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.stages.people import actions, duplicates, families, policy, queries
from jiandao.stages.people.api import router
from jiandao.stages.people.forms import AskFamilyForm, EndTieForm, ProposeMergeForm, TieForm
from jiandao.stages.people.models import FamilyTie, MergeProposal, Organisation
from jiandao.stages.people.views.merging import PROPOSALS

TieIn = body_of("TieIn", TieForm)
TieEnd = body_of("TieEnd", EndTieForm)
MergeIn = body_of("MergeIn", ProposeMergeForm)


class EntryOfDirectory(TypedDict):
    """An organisation by its id and name."""

    id: str
    name: str


class TieOut(TypedDict):
    """A tie: `member` belongs to `head`, or is controlled by a person. It counts when its state is confirmed."""

    id: str
    version: int
    state: StateOut
    kind: str
    member: EntryOfDirectory
    head: EntryOfDirectory | None
    controller: str | None
    controller_note: str
    since: date | None
    until: date | None
    source: str
    void: bool


class TieFull(TieOut):
    """A tie, and what the caller may do with it."""

    verbs: list[VerbOut]


class TiesOut(TypedDict):
    """The ties of an organisation, those in force first."""

    items: list[TieOut]


class FamilyOut(TypedDict):
    """Whether two organisations were of one family on a day, and by which ties, in their order from one to the other."""

    same: bool
    on: date
    ties: list[TieOut]


class MergeRow(TypedDict):
    """Two entries of the directory that may be one organisation."""

    id: str
    version: int
    first: EntryOfDirectory
    second: EntryOfDirectory
    likeness: float | None
    reasons: list[str]
    note: str
    state: StateOut
    changed_at: str


class MergePage(PageOut):
    """One page of proposals to merge."""

    items: list[MergeRow]


class MergeOut(MergeRow):
    """A proposal, and what the caller may do with it."""

    verbs: list[VerbOut]


@endpoint(
    router, "GET", "/organisations/{public_id}/ties", policy.READ_ORGANISATION,
    records=queries.organisation_records, programme=False, name="ties", answer=TiesOut,
)  # fmt: skip
def ties(request: Request, record: Organisation) -> TiesOut:
    """Parents, subsidiaries, host units, branches and common control of an organisation, with their days."""
    return TiesOut(items=[tie_out(request, one) for one in queries.ties_of(request.actor, record)])


@endpoint(
    router, "POST", "/organisations/{public_id}/ties", policy.ADD_TIE, see=policy.READ_ORGANISATION,
    records=queries.organisation_records, programme=False, name="tie-create", answer=TieOut, status=201,
)  # fmt: skip
def tie_create(request: Request, record: Organisation, body: TieIn) -> TieOut:  # type: ignore[valid-type]
    """Enter a tie, upwards (`side` up: this organisation belongs to the other), downwards, or to a controlling person."""
    form = checked(body, partial(TieForm, actor=request.actor))
    made = actions.add_tie(actor=request.actor, **form.of(record))
    return tie_out(request, queries.ties().get(pk=made.pk))


@endpoint(
    router, "GET", "/ties/{public_id}", policy.READ_TIE, records=queries.ties, programme=False, name="tie",
    answer=TieFull,
)  # fmt: skip
def tie(request: Request, record: FamilyTie) -> TieFull:
    """A family tie, with its state."""
    return _whole_tie(request, record)


@endpoint(
    router, "POST", "/ties/{public_id}/do/{verb}", policy.READ_TIE, records=queries.ties, programme=False,
    name="tie-do", answer=TieFull,
)  # fmt: skip
def tie_do(request: Request, record: FamilyTie, verb: str, body: Deed) -> TieFull:
    """Do a verb of the lifecycle: confirm, contest."""
    done = do(request, record, verb, body)
    return _whole_tie(request, queries.ties().get(pk=done.pk))


def _whole_tie(request: Request, tie: FamilyTie) -> TieFull:
    return TieFull(**tie_out(request, tie), verbs=verbs_out(request.actor, tie))


@endpoint(
    router, "POST", "/ties/{public_id}/end", policy.END_TIE, records=queries.ties, programme=False, name="tie-end",
    answer=TieOut,
)  # fmt: skip
def tie_end(request: Request, record: FamilyTie, body: TieEnd) -> TieOut:  # type: ignore[valid-type]
    """Say on which day a tie ended, or that it never was (`void`)."""
    values = checked(body, EndTieForm).cleaned_data
    until, reason = values["until"], values["reason"]
    if until:
        actions.end_tie(actor=request.actor, tie=record, until=until, reason=reason)
    else:
        actions.void_tie(actor=request.actor, tie=record, reason=reason)
    return tie_out(request, queries.ties().get(pk=record.pk))


def _asked(name: str, text: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": True,
        "description": text,
        "schema": {"type": "string", "minLength": 1, **schema},
    }


_ORGANISATION = "Id, social credit code or whole name of an organisation."


@endpoint(
    router, "GET", "/family", policy.ASK_FAMILY, programme=False, name="family", answer=FamilyOut,
    parameters=[
        _asked("one", _ORGANISATION), _asked("other", _ORGANISATION), _asked("on", "The day.", format="date"),
    ],
)  # fmt: skip
def family(request: Request) -> FamilyOut:
    """Were two organisations of one family on a day? The shortest chain of ties is the reason."""
    given = QueryDict(mutable=True)
    given.update({name: request.GET.get(name, "").replace("\0", "") for name in ("one", "other", "on")})
    form = AskFamilyForm(given)
    if not form.is_valid():
        raise mend(
            [
                Where(where=name, code=str(one["code"]), sentence=str(one["message"]))
                for name, faults in form.errors.get_json_data().items()
                for one in faults
            ]
        )
    kinship = families.same_family(*(form.cleaned_data[name] for name in ("one", "other", "on")))
    return FamilyOut(
        same=bool(kinship), on=form.cleaned_data["on"], ties=[tie_out(request, one) for one in kinship.ties]
    )


@endpoint(
    router, "GET", "/merges", policy.SEE_PROPOSALS, programme=False, name="merges", answer=MergePage,
    parameters=list_parameters(PROPOSALS),
)  # fmt: skip
def merges(request: Request) -> Any:
    """Entries of the directory that may be one organisation."""
    return listed(request, PROPOSALS, queries.proposals(request.actor), merge_row)


@endpoint(
    router, "POST", "/organisations/{public_id}/merges", policy.PROPOSE_MERGE, see=policy.READ_ORGANISATION,
    records=queries.organisation_records, programme=False, name="merge-create", answer=MergeOut, status=201,
)  # fmt: skip
def merge_create(request: Request, record: Organisation, body: MergeIn) -> MergeOut:  # type: ignore[valid-type]
    """Propose that this entry and another one are one organisation."""
    values = checked(body, ProposeMergeForm).cleaned_data
    made = actions.propose_merge(actor=request.actor, organisation=record, other=values["other"], note=values["note"])
    return merge_out(request, queries.proposal_records().get(pk=made.pk))


@endpoint(
    router, "GET", "/merges/{public_id}", policy.READ_PROPOSAL, records=queries.proposal_records, programme=False,
    name="merge", answer=MergeOut,
)  # fmt: skip
def merge(request: Request, record: MergeProposal) -> MergeOut:
    """A proposal to merge, with the reasons."""
    return merge_out(request, record)


@endpoint(
    router, "POST", "/merges/{public_id}/do/{verb}", policy.READ_PROPOSAL, records=queries.proposal_records,
    programme=False, name="merge-do", answer=MergeOut,
)  # fmt: skip
def merge_do(request: Request, record: MergeProposal, verb: str, body: Deed) -> MergeOut:
    """Do a verb of the lifecycle: keep-first, keep-second, refuse, undo."""
    done = do(request, record, verb, body)
    return merge_out(request, queries.proposal_records().get(pk=done.pk))


def _entry(one: Organisation) -> EntryOfDirectory:
    return EntryOfDirectory(id=one.public_id, name=one.name)


def tie_out(request: Request, tie: FamilyTie) -> TieOut:
    """A tie that the caller may read."""
    return TieOut(
        id=tie.public_id,
        version=tie.version,
        state=state_out(FamilyTie.kind, state_of(tie, request.actor)),
        kind=tie.tie_kind,
        member=_entry(tie.member),
        head=_entry(tie.head) if tie.head is not None else None,
        controller=tie.controller.name if tie.controller is not None else None,
        controller_note=tie.controller_note,
        since=tie.since,
        until=tie.until,
        source=tie.source,
        void=tie.voided_at is not None,
    )


def merge_row(one: Any) -> MergeRow:
    """A proposal of `queries.proposals`, as the list shows it."""
    return MergeRow(
        id=one.public_id,
        version=one.version,
        first=_entry(one.first),
        second=_entry(one.second),
        likeness=one.score,
        reasons=duplicates.sentences(one.reasons),
        note=one.note,
        state=state_out(MergeProposal.kind, one.state_now),
        changed_at=moment(one.changed_at) or "",
    )


def merge_out(request: Request, record: MergeProposal) -> MergeOut:
    """A proposal, and what this caller may do with it."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    return MergeOut(**merge_row(record), verbs=verbs_out(request.actor, record))


__all__ = ["merge_row", "router", "tie_out"]
