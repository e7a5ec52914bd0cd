"""What the match indexes have beside words: a dictionary of terms and a latent space, made in the worker when due.

Both are made from the public index alone and given to the internal one as they are: scores of the two can be compared,
and no word of an internal record shapes, or stands in, what the public index answers with. Terms are not learnt from what
is asked without a name either, for they are shown.
"""

import csv
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from jiandao.engines.matching import Document, MatchIndex
from jiandao.engines.matching.dictionary import Dictionary
from jiandao.kernel import clock
from jiandao.kernel.search import index as indexes
from jiandao.kernel.secrecy import Level

BUILDING = threading.Lock()  # a folder must not be replaced while a channel is put into it
WEEK = 7 * 86_400  # seconds after which the dictionary is learnt anew
GROWTH = 1.2  # or when there are so many times as many documents
MOST = 40_000  # documents that a space is made from: some 1 GB for a minute, beside whatever else the host does
WAIT = 30.0  # seconds for the follower's commit


@dataclass(frozen=True)
class Learnt:
    """When (seconds of the epoch), and from how many documents, the dictionary in both indexes was learnt."""

    at: float
    documents: int


def keep_up() -> bool:
    """Renew what is due; whether anything was. MatchIndexError while there is no index; the follower then builds one.

    Killed in the middle it leaves what was there before, and the next call begins again.
    """
    with BUILDING:
        public, internal = indexes.opened(Level.PUBLIC), indexes.opened(Level.INTERNAL)
        terms = _keep_dictionary(public, internal)
        space = _keep_latent(public, internal)
        return terms or space


def _keep_dictionary(public: MatchIndex, internal: MatchIndex) -> bool:
    learnt, documents, now = _learnt(), len(public), clock.now().timestamp()
    if (
        learnt is not None
        and public.dictionary is not None
        and internal.dictionary is not None
        and 0 <= now - learnt.at < WEEK
        and documents < max(GROWTH * learnt.documents, learnt.documents + 1)
    ):
        return False
    made = vocabularies().merge(Dictionary.shipped()).merge(Dictionary.learn(_named(public)))
    for index in (internal, public):
        index.use_dictionary(made, wait=WAIT)
    _remember(Learnt(now, documents))
    return True


def _named(public: MatchIndex) -> Iterator[Document]:
    """The documents of an index without those of records that are asked without a name."""
    unnamed: set[str] = set()
    for source in indexes.sources().values():
        records = source.records()
        if any(field.name == "anonymous" for field in records.model._meta.concrete_fields):
            unnamed.update(records.filter(anonymous=True).values_list("public_id", flat=True))
    return (document for document in public.snapshot().every() if document.id not in unnamed)


def _keep_latent(public: MatchIndex, internal: MatchIndex) -> bool:
    """The public index last: as long as it has no new model, all of this is due again."""
    model = public.latent
    if public.latent_due(MOST):
        model = public.make_latent(most=MOST)
        if model is None:
            return False
        internal.fit_latent(model=model, wait=WAIT)
        public.fit_latent(model=model, wait=WAIT)
        return True
    if model is not None and internal.latent is None:
        return internal.fit_latent(model=model, wait=WAIT)
    return False


def vocabularies() -> Dictionary:
    """The labels of the vocabularies that the program brings, which have both languages."""
    found: list[tuple[str, str]] = []
    for file in sorted(files("jiandao.kernel.vocabulary").joinpath("data").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".tsv"):
            rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines(), delimiter="\t")
            found += [(row["label_zh"], row["label_en"]) for row in rows if row["label_zh"] and row["label_en"]]
    return Dictionary.of_pairs(found)


def _file() -> Path:
    return indexes.folder("") / "dictionary.json"


def _learnt() -> Learnt | None:
    try:
        return Learnt(**json.loads(_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _remember(learnt: Learnt) -> None:
    temporary = _file().with_suffix(".new")
    temporary.write_text(json.dumps(asdict(learnt)), encoding="utf-8")
    os.replace(temporary, _file())
