"""Which of many pairs are worth a place in a network: the best of each proposal, and the best of each expert."""

import numpy as np
from scipy import sparse

from jiandao.engines.assignment.records import Flags, Ints

_BLOCK = 4_000_000  # cells of one padded block


def best_per_row(value: Ints, starts: Ints, allowed: Flags, count: int | Ints) -> Flags:
    """Marks at least the `count` greatest allowed values of each row (one number, or one for each row).

    value, allowed: (E), row by row as CSR with `starts`; whole rows are marked that have no more.
    """
    rows = len(starts) - 1
    wanted = np.broadcast_to(np.asarray(count, dtype=np.int64), (rows,))
    widths = np.diff(starts)
    marked = np.zeros(len(value), dtype=bool)
    lowest = np.iinfo(np.int64).min
    masked = np.where(allowed, value, lowest)
    order = np.argsort(widths, kind="stable")
    first = 0
    while first < rows:
        # Rows of like width stand together, so that padding stays small.
        last = first + 1
        while last < rows and widths[order[last]] * (last + 1 - first) <= _BLOCK:
            last += 1
        block = order[first:last]
        first = last
        width, most = int(widths[block].max(initial=0)), int(wanted[block].max(initial=0))
        if width == 0 or most == 0:
            continue
        if width <= most:
            places = starts[block][:, None] + np.arange(width)
            marked[places[np.arange(width) < widths[block][:, None]]] = True
            continue
        whole = bool((widths[block] == width).all())
        if whole and len(block) == block[-1] - block[0] + 1 and bool((np.diff(block) == 1).all()):
            cells = masked[starts[block[0]] : starts[block[-1] + 1]].reshape(len(block), width)
        else:
            places = np.minimum(starts[block][:, None] + np.arange(width), len(value) - 1)
            cells = np.where(np.arange(width) < widths[block][:, None], masked[places], lowest)
        top = np.argpartition(cells, width - most, axis=1)[:, width - most :]
        kept = np.arange(width) < widths[block][:, None]
        flat = (starts[block][:, None] + top)[np.take_along_axis(kept, top, axis=1)]
        marked[flat] = True
    return marked & allowed


def best_per_expert(value: Ints, starts: Ints, expert: Ints, experts: int, allowed: Flags, count: Ints) -> Flags:
    """Marks at least the `count[r]` greatest values of each expert."""
    index = np.arange(len(value), dtype=np.int64)
    columns = sparse.csr_matrix((index, expert, starts), shape=(len(starts) - 1, experts)).tocsc()
    order = columns.data
    marked = np.zeros(len(value), dtype=bool)
    marked[order] = best_per_row(value[order], columns.indptr.astype(np.int64), allowed[order], count)
    return marked
