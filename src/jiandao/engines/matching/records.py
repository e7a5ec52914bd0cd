"""What goes into the matching engine and what comes out."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

FIELDS = ("title", "keywords", "text")
LONGEST_ID = 200
LONGEST_RECORD = 1_000_000
_KEYWORD_GAP = "；"
_ID = re.compile(r"\S+")
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Document:
    """One text to be found, or to search with: a need, a result, a project, a profile.

    `labels` are exact values to filter by (`{"field": ("photonics",)}`), `until` is the last day on which it may be
    found, for searches that name a day; they add nothing to a score. Raises ValueError with a sentence for the reader
    when something cannot be indexed.
    """

    id: str
    title: str = ""
    text: str = ""
    keywords: tuple[str, ...] = ()
    language: str = ""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    until: date | None = None

    def __post_init__(self) -> None:
        check_id(self.id)
        size = len(self.title) + len(self.text) + sum(map(len, self.keywords))
        if size > LONGEST_RECORD:
            raise ValueError(f"the record has {size:,} characters, at most {LONGEST_RECORD:,} are taken; split it")
        try:
            labels = (part for name, values in self.labels.items() for part in (name, *values))
            "".join((self.title, self.text, *self.keywords, self.language, *labels)).encode()
        except UnicodeEncodeError:
            raise ValueError("a text holds half a character (a lone surrogate); save the file again as UTF-8") from None

    def part(self, name: str) -> str:
        """The text of a field; keywords are kept apart so that no search term spans two of them."""
        return _KEYWORD_GAP.join(self.keywords) if name == "keywords" else str(getattr(self, name))

    def dump(self) -> bytes:
        """The document as stored in the index."""
        values = {
            "id": self.id,
            "title": self.title,
            "text": self.text,
            "keywords": self.keywords,
            "language": self.language,
            "labels": dict(self.labels),
            "until": self.until.isoformat() if self.until else None,
        }
        return _encoder.encode({name: value for name, value in values.items() if value}).encode()

    @classmethod
    def load(cls, stored: bytes) -> Self:
        """The opposite of `dump`."""
        values = json.loads(stored)
        values["keywords"] = tuple(values.get("keywords", ()))
        values["labels"] = {name: tuple(found) for name, found in values.get("labels", {}).items()}
        if "until" in values:
            values["until"] = date.fromisoformat(values["until"])
        return cls(**values)


def stored_parts(stored: bytes) -> tuple[str, dict[str, str]]:
    """Id and non-empty parts by field of a dumped document: what scoring needs, at a fifth of the cost of `load`."""
    values = json.loads(stored)
    parts = {name: values[name] for name in FIELDS if name in values}
    if "keywords" in parts:
        parts["keywords"] = _KEYWORD_GAP.join(values["keywords"])
    return values["id"], parts


def check_id(value: str) -> None:
    """Raise ValueError unless the id has 1–200 printable characters without white space."""
    if not 1 <= len(value) <= LONGEST_ID:
        raise ValueError(f"the id has {len(value)} characters, expected 1 to {LONGEST_ID}")
    if not value.isprintable() or not _ID.fullmatch(value):
        raise ValueError(f"the id {value!r} holds white space or a control character, expected none")


@dataclass(frozen=True, slots=True)
class Channel:
    """A source of scores. What it adds to a match is weight × raw score / scale; both are fixed with the index.

    Raw scores: `lexical`, the share of what the words of the query could reach at most (BM25 / its bound), 0–1; `latent`
    and `dense`, cosines, −1 to 1.
    """

    weight: float = 1.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight >= 0 and math.isfinite(self.scale) and self.scale > 0):
            raise ValueError("a channel needs a weight of at least 0 and a scale above 0")

    @property
    def factor(self) -> float:
        return self.weight / self.scale


KNOWN_ITEM, TOPICAL = "known-item", "topical"
TASKS = (KNOWN_ITEM, TOPICAL)
CHANNELS = ("lexical", "latent", "dense")


def _tasks() -> dict[str, dict[str, Channel]]:
    """Looking for one answer, its words decide; for all of a subject, what words mean (docs/developer/matching.md)."""
    return {
        KNOWN_ITEM: {"lexical": Channel(), "dense": Channel(0.5)},
        TOPICAL: {"lexical": Channel(0.15), "latent": Channel(), "dense": Channel()},
    }


@dataclass(frozen=True, slots=True)
class Settings:
    """Numbers that are fixed when an index is made and stored with it, so that a score means the same for ever.

    `field_weights` are whole numbers: a term in a title counts as often as the title's weight says, both in the
    term's frequency and in the length of the document (BM25F with one length). `query_saturation` is BM25's k3. Of a
    long query the `max_query_terms` strongest terms (frequency × inverse document frequency) are used; single
    characters below `character_floor` × the strongest term, or in more than `character_common` documents, are not,
    when a pair holds them. `tasks`: the channels of each task; a vector channel of which the index has no vectors is
    passed over. Up to `scan_limit` documents all vectors are compared and the answer is the best of all; in larger
    collections the `rescored` best by words are compared.
    """

    field_weights: Mapping[str, int] = field(default_factory=lambda: {"title": 2, "keywords": 2, "text": 1})
    query_saturation: float = 8.0
    character_floor: float = 0.2
    character_common: int = 20_000
    max_query_terms: int = 256
    tasks: Mapping[str, Mapping[str, Channel]] = field(default_factory=_tasks)
    scan_limit: int = 250_000
    rescored: int = 1_000

    def __post_init__(self) -> None:
        if set(self.field_weights) != set(FIELDS) or not all(
            isinstance(weight, int) and 1 <= weight <= 16 for weight in self.field_weights.values()
        ):
            raise ValueError(f"field_weights needs a whole number from 1 to 16 for each of {', '.join(FIELDS)}")
        if set(self.tasks) != set(TASKS) or not all(
            "lexical" in channels and set(channels) <= set(CHANNELS) for channels in self.tasks.values()
        ):
            raise ValueError(
                f"tasks needs the channel lexical, and none but {', '.join(CHANNELS)}, for {', '.join(TASKS)}"
            )

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, values: Mapping[str, Any]) -> Self:
        tasks = {
            task: {name: Channel(**channel) for name, channel in channels.items()}
            for task, channels in values["tasks"].items()
        }
        return cls(**{**values, "tasks": tasks})


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word or phrase that stands in both texts, and its share of the lexical score. `scattered`: single characters
    that both texts use, but in no common word; they are one entry so that the shares still add up to 1."""

    term: str
    share: float
    scattered: bool = False


@dataclass(frozen=True, slots=True)
class SentencePair:
    """The sentence of the query and the sentence of the document that share most."""

    query: str
    document: str


@dataclass(frozen=True, slots=True)
class Signal:
    """A named part of a score; the contributions of a match add up to its score. `lexical.title` reads: what the
    words of the document's title contributed; `latent` and `dense`: the nearness of meaning."""

    name: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a document was found."""

    terms: tuple[SharedTerm, ...]
    sentences: tuple[SentencePair, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A found document. `document` is its id; `signals` and `reasons` only when they were asked for."""

    document: str
    score: float
    signals: tuple[Signal, ...] = ()
    reasons: Reasons | None = None
    # What was read of the document to score it, so that `explain` need not read it again.
    candidate: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Overlap:
    """A document that shares shingles with a text: `containment` (share of the shorter one) and `similarity` (Jaccard)
    of the sets, 0–1; `shared`: shingles in both."""

    document: str
    containment: float
    similarity: float
    shared: int
