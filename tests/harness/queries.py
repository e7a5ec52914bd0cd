"""Guards against pages whose number of queries grows with their rows."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import connections
from django.test.utils import CaptureQueriesContext

T = TypeVar("T")


def assert_same_queries(
    call: Callable[[T], object], small: T, large: T, *, at_most: int | None = None, using: str = "default"
) -> int:
    """Asserts that `call(large)` runs as many queries as `call(small)`; returns how many.

    The first call is not counted: it fills what Django looks up once per process.
    """
    call(small)
    few, many = _queries(call, small, using), _queries(call, large, using)
    more = Counter(map(_shape, many)) - Counter(map(_shape, few))
    listed = "\n".join(f"{count} more: {shape}" for shape, count in more.most_common(10))
    assert len(many) == len(few), f"{len(few)} queries became {len(many)}:\n{listed}"
    if at_most is not None:
        assert len(many) <= at_most, f"{len(many)} queries, at most {at_most} are allowed:\n" + "\n".join(many)
    return len(many)


@contextmanager
def at_most(number: int, *, using: str = "default") -> Iterator[CaptureQueriesContext]:
    """Asserts that the block runs at most `number` queries."""
    with CaptureQueriesContext(connections[using]) as captured:
        yield captured
    said = [query["sql"] for query in captured.captured_queries]
    assert len(said) <= number, f"{len(said)} queries, at most {number} are allowed:\n" + "\n".join(said)


def _queries(call: Callable[[T], object], argument: T, using: str) -> list[str]:
    with CaptureQueriesContext(connections[using]) as captured:
        call(argument)
    return [query["sql"] for query in captured.captured_queries]


def _shape(statement: str) -> str:
    """The statement without its values, so that the same query for another row counts as the same."""
    return re.sub(r"'(?:[^']|'')*'|\b\d+\b", "?", statement)[:300]
