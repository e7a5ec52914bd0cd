"""Matches with their reasons: score, shared terms with their shares, the best pair of sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from jiandao.kernel.components.formats import mark, options, percent
from jiandao.kernel.components.panels import Panel
from jiandao.kernel.components.records import Fact
from jiandao.kernel.components.shapes import Badge, Link

_options = lru_cache(maxsize=64)(options)  # the same beside every match of a page


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A term that both texts contain, and its share of the score (0 to 1)."""

    term: str
    share: float

    @property
    def percent(self) -> str:
        """The share in words."""
        return percent(self.share)


@dataclass(frozen=True, slots=True)
class SentencePair:
    """The two sentences that fit best; spans are half-open character ranges to be marked."""

    left: str
    right: str
    left_spans: Sequence[tuple[int, int]] = ()
    right_spans: Sequence[tuple[int, int]] = ()

    @property
    def left_html(self) -> SafeString:
        """The query's sentence with its spans marked."""
        return mark(self.left, self.left_spans)

    @property
    def right_html(self) -> SafeString:
        """The candidate's sentence with its spans marked."""
        return mark(self.right, self.right_spans)


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked for in numbers beside what the candidate states of it (none: nothing comparable), and its sentence."""

    verdict: Badge
    asked: str
    stated: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class NotThis:
    """“Not this, because …”: where the form goes, what it names (hidden), and the causes to choose from."""

    url: str
    fields: Sequence[tuple[str, str]]
    causes: Sequence[tuple[str, str]]

    @property
    def options_html(self) -> SafeString:
        """The causes as options of a select."""
        return _options(tuple(self.causes))


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow the candidates: links with their counts, the chosen one marked as current."""

    label: str
    options: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate. `score` is 0 to 1, relative to the best; `reason` is one sentence for a non-specialist."""

    rank: int
    title: str
    url: str
    score: float
    reason: str = ""
    owner: str = ""
    badges: Sequence[Badge] = ()
    facts: Sequence[Fact] = ()
    terms: Sequence[SharedTerm] = ()
    pair: SentencePair | None = None
    demands: Sequence[Demand] = ()
    links: Sequence[Link] = ()
    not_this: NotThis | None = None
    muted: bool = False

    @property
    def terms_html(self) -> SafeString:
        """The shared terms as items of a list."""
        items = (f"<li>{escape(term.term)} <small>{escape(term.percent)}</small></li>" for term in self.terms)
        return mark_safe("".join(items))  # noqa: S308 - escaped one by one

    @property
    def number(self) -> str:
        """The rank as a text, for ids and labels."""
        return str(self.rank)

    @property
    def whole_percent(self) -> str:
        """The score as a whole percent between 0 and 100."""
        return str(round(max(0.0, min(1.0, self.score)) * 100))


@dataclass(frozen=True, slots=True)
class MatchPage:
    """The best candidates for one record, of `total` that were found. `kinds` are the tabs; `panels` stand below, as what
    was set aside; `more` leads to candidates that are not shown yet."""

    title: str
    subject: Link
    subject_text: str
    matches: Sequence[Match]
    total: int
    method: str = ""
    left_label: str = ""
    right_label: str = ""
    crumbs: Sequence[Link] = ()
    kinds: Sequence[Link] = ()
    facets: Sequence[Facet] = ()
    panels: Sequence[Panel] = ()
    more: Link | None = None
