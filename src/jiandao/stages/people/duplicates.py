"""Organisations that were entered twice: found by comparing the names of the directory, proposed for merging with reasons."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.engines.names import SENTENCES, Entry, Index, Outcome, Verdict, compare, normalise
from jiandao.kernel.accounts.actor import Actor, anonymous
from jiandao.kernel.jobs import RunningJob, daily_at, start, task
from jiandao.stages.people import actions
from jiandao.stages.people.models import Organisation, OrganisationName
from jiandao.stages.people.queries import known_as

TASK = "people.duplicates"
PROPOSED: tuple[Outcome, ...] = ("same", "unsure")
LOOKED_AT = 40  # entries of the directory that share words with a name, compared while somebody waits
Reasons = Sequence[Sequence[Any]]  # [[code, {parameter: value}], …], as a proposal keeps them


@task(TASK, time_limit=1800)
def seek(job: RunningJob) -> None:
    """Compare the whole directory. Running again finds the pairs that were proposed before and leaves them."""
    job.report(message=_("The names are being compared."), result_url=reverse("people:proposals"))
    found = propose_all(job.actor, job)
    job.report(message=_("%(count)s new proposals.") % {"count": found}, counts={"proposals": found})


@daily_at("03:20", "people.duplicates.nightly")
def seek_nightly() -> int:
    """What was entered yesterday is compared at night, in nobody's name."""
    return propose_all(anonymous())


def begin(*, actor: Actor) -> str:
    """Start the comparison; the public id of the job."""
    run = start(actor=actor, task=TASK, title=_("Comparison of organisations"), params={}, programme=None)
    return str(run.public_id)


def propose_all(actor: Actor, job: RunningJob | None = None) -> int:
    """Keep a proposal for every pair of entries whose names are one, or may be; how many are new."""
    index = Index(entries())
    if job is not None:
        job.check_cancelled()
    found = [
        (int(one.a), int(one.b), one.verdict.score, kept(one.verdict)) for one in index.proposals(outcomes=PROPOSED)
    ]
    return actions.record_proposals(actor=actor, found=found)


def entries() -> Iterable[Entry]:
    """The directory as the engine reads it: an entry for each organisation, with the names of all that were merged into
    it. Three queries."""
    others: dict[int, list[str]] = {}
    for same, name in OrganisationName.objects.values_list("organisation__same_id", "name"):
        others.setdefault(same, []).append(name)
    codes: dict[int, str] = {}
    merged = Organisation.objects.filter(canonical__isnull=False).values_list("same_id", "name", "credit_code")
    for same, name, code in merged.order_by("pk"):
        others.setdefault(same, []).append(name)
        if code:
            codes[same] = code
    rows = Organisation.objects.filter(canonical__isnull=True).values_list(
        "pk", "name", "name_en", "credit_code", "prefecture__label_zh"
    )
    for pk, name, english, code, place in rows.order_by("pk").iterator(chunk_size=5_000):
        aliases = tuple(other for other in (english, *others.get(pk, ())) if other)
        yield Entry(str(pk), name, aliases, code or codes.get(pk), place)


def likely(organisation: Organisation) -> list[tuple[Organisation, Verdict]]:
    """Other entries that may be this organisation, the surest first: those that share words with one of its names.

    Misprints are found by the comparison of the whole directory alone; this is for somebody who waits.
    """
    names = [organisation.name, *(one.name for one in organisation.names.all())]
    texts = {text for name in names for text in _words_of(name)}
    shares = Q(pk__in=())
    for text in sorted(texts):
        shares |= known_as(text)
    near = (
        Organisation.objects.filter(shares, canonical__isnull=True)
        .exclude(same_id=organisation.same_id)
        .select_related("prefecture")
        .prefetch_related("names")
    )
    found = [(one, _verdict(organisation, one)) for one in near.order_by("sort_key", "pk")[:LOOKED_AT]]
    kept_ones = [pair for pair in found if pair[1].outcome in PROPOSED]
    return sorted(kept_ones, key=lambda pair: (-pair[1].score, pair[0].pk))


def _words_of(name: str) -> set[str]:
    """What another name of the same organisation would hold: its core, and what dictionaries know it by."""
    parsed = normalise(name)
    texts = {parsed.core, parsed.head, parsed.text, *(meaning.today for meaning in parsed.meanings)}
    return {text for text in texts if len(text) >= 2}


def _verdict(one: Organisation, other: Organisation) -> Verdict:
    return compare(
        one.name,
        other.name,
        aliases=([str(name) for name in one.names.all()], [str(name) for name in other.names.all()]),
        codes=(one.credit_code, other.credit_code),
        places=(_place(one), _place(other)),
    )


def _place(organisation: Organisation) -> str | None:
    return organisation.prefecture.label_zh if organisation.prefecture is not None else None


def kept(verdict: Verdict) -> list[list[Any]]:
    """The reasons of a comparison as a proposal keeps them."""
    return [[reason.code, dict(reason.facts)] for reason in verdict.reasons]


def sentences(reasons: Reasons) -> list[str]:
    """Reasons in the reader's language; one that this version does not know any more is left out."""
    return [_(SENTENCES[code]) % facts for code, facts in reasons if code in SENTENCES]
