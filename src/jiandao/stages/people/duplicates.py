"""Organisations that were entered twice: found by comparing the names of the directory, proposed for merging with reasons."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.engines.names import SENTENCES, Entry, Index, Outcome, Verdict, compare, dictionaries, normalise
from jiandao.kernel.accounts.actor import Actor, anonymous
from jiandao.kernel.jobs import RunningJob, daily_at, start, task
from jiandao.stages.people import actions
from jiandao.stages.people.models import Organisation, OrganisationName
from jiandao.stages.people.nearness import nearest

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
    """Other entries that may be this organisation, the surest first: of those that share the rarest pieces of its names
    and of what dictionaries know it by.

    A misprint in a short name may share too little; the comparison of the whole directory finds it, at night.
    """
    names = {organisation.name, organisation.name_en, *(one.name for one in organisation.names.all())} - {""}
    texts = names | {text for name in names for text in _words_of(name)}
    near = nearest(texts, but=organisation.root_id, limit=LOOKED_AT)
    entries_near = Organisation.objects.filter(pk__in=near).select_related("prefecture", "canonical")
    mine = _known_by(organisation)
    found = [(one, _verdict(mine, _known_by(one))) for one in entries_near.prefetch_related("names", "merged__names")]
    kept_ones = [pair for pair in found if pair[1].outcome in PROPOSED]
    return sorted(kept_ones, key=lambda pair: (-pair[1].score, pair[0].pk))


def _words_of(name: str) -> set[str]:
    """What another name of the same organisation would hold: its core, and what dictionaries know it by."""
    parsed = normalise(name)
    known = dictionaries().known
    texts = {parsed.text, *parsed.others}
    for meaning in (*parsed.meanings, *parsed.whole):
        texts |= {meaning.today, *(known.names(meaning) if known is not None else ())}
    return {text for text in texts if len(text) >= 2}


def _verdict(one: Entry, other: Entry) -> Verdict:
    return compare(
        one.name,
        other.name,
        aliases=(one.aliases, other.aliases),
        codes=(one.code, other.code),
        places=(one.place, other.place),
    )


def _known_by(organisation: Organisation) -> Entry:
    """An entry as `entries` has it: with its English and other names, and the names of all that were merged with it."""
    merged = [one for one in organisation.entries if one.pk != organisation.pk]
    names = [organisation.name_en, *map(str, organisation.names.all())]
    names += [name for one in merged for name in (one.name, *map(str, one.names.all()))]
    code = next(iter(organisation.codes), None)
    aliases = tuple(name for name in names if name)
    return Entry(str(organisation.pk), organisation.name, aliases, code, _place(organisation))


def _place(organisation: Organisation) -> str | None:
    return organisation.prefecture.label_zh if organisation.prefecture is not None else None


def kept(verdict: Verdict) -> list[list[Any]]:
    """The reasons of a comparison as a proposal keeps them."""
    return [[reason.code, dict(reason.facts)] for reason in verdict.reasons]


def sentences(reasons: Reasons) -> list[str]:
    """Reasons in the reader's language; one that this version does not know any more is left out."""
    return [_(SENTENCES[code]) % facts for code, facts in reasons if code in SENTENCES]
