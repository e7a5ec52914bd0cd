"""Results with their keys for order and search. Needs neither database nor Django, so that other processes can do it."""

from jiandao.kernel.search.analysis import pinyin_key, vector
from jiandao.web.demonstration.composing.plan import Plan
from jiandao.web.demonstration.composing.results import ResultText, results

# The text, its key for the order by pinyin, and its tsvector literal.
Prepared = list[tuple[ResultText, str, str]]


def prepare(plan: Plan, start: int, count: int) -> Prepared:
    """Results from that index on, at most `count`."""
    return [
        (text, pinyin_key(text.title), vector(text.title, " ".join([*text.keywords, text.summary, authors_of(text)])))
        for text in results(plan, start, start + count)
    ]


def authors_of(text: ResultText) -> str:
    """Who has done it, in the words that search finds."""
    return f"演示团队{text.index % 900 + 1}"
