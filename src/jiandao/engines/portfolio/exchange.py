"""Local search: change one or two projects at once while that helps. Works towards the rules first, then for value.

A choice is an array with one entry a project: its column, or the number of columns for none.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiandao.engines.portfolio.model import Floats, Ints, Model
from jiandao.engines.portfolio.prices import Prices


def weight_of(model: Model, choice: Ints) -> int:
    """What a choice weighs."""
    return int(model.weight[choice[choice < len(model.weight)]].sum())


def slack_of(model: Model, choice: Ints) -> Floats:
    """What each row leaves; exact for whole numbers up to 2^53, as Model scales by powers of two."""
    taken = np.zeros(len(model.weight))
    taken[choice[choice < len(model.weight)]] = 1.0
    return np.asarray(model.limit - model.matrix @ taken)


def fits(model: Model, choice: Ints) -> bool:
    """Whether a choice keeps all rows."""
    return bool((slack_of(model, choice) >= 0).all())


@dataclass
class _Moves:
    project: Ints
    target: Ints
    gain: Ints
    change: Floats  # row × move, the rows that matter only
    room: Floats


class Exchange:
    """Improves choices of one model under its prices. `size`: how many single changes are combined in pairs."""

    def __init__(self, model: Model, found: Prices, size: int = 250) -> None:
        self._model = model
        self._size = size
        count = len(model.weight)
        none = sparse.csc_array((model.matrix.shape[0], 1))
        self._columns = sparse.hstack([model.columns, none], format="csc")
        self._weight = np.append(model.weight, 0)
        self._profit = np.append(found.profit, 0.0)
        projects = len(model.first) - 1
        is_open = np.nonzero(model.upper > 0)[0]
        self._targets = np.concatenate([is_open, np.full(projects, count)])
        self._owners = np.concatenate([model.project[is_open], np.arange(projects)])

    def improve(self, choice: Ints, *, held: NDArray[np.bool_] | None = None, steps: int = 200) -> Ints:
        """A choice that breaks rules less or weighs more, or the same; projects `held` stay as they are."""
        choice = choice.copy()
        slack = slack_of(self._model, choice)
        for _ in range(steps):
            broken = slack < 0
            moves = self._moves(choice, slack, broken, held)
            pair = self._mend(moves) if broken.any() else self._gain(moves)
            if pair is None:
                break
            for move in pair:
                if move:
                    choice[moves.project[move]] = moves.target[move]
            slack = slack_of(self._model, choice)
        return choice

    def _moves(self, choice: Ints, slack: Floats, broken: NDArray[np.bool_], held: NDArray[np.bool_] | None) -> _Moves:
        """The changes that lose least at the prices, and those that work on broken rows; the first is no change."""
        now = choice[self._owners]
        allowed = now != self._targets
        if held is not None:
            allowed &= ~held[self._owners]
        index = np.nonzero(allowed)[0]
        lost = self._profit[now[index]] - self._profit[self._targets[index]]
        if len(index) > self._size:
            near = np.nonzero(lost <= np.partition(lost, self._size - 1)[self._size - 1])[0]
            keep = near[np.argsort(lost[near], kind="stable")[: self._size]]
            if broken.any():
                keep = np.union1d(keep, self._mending(choice, index, lost, broken))
            index = index[keep]
        target, owner = self._targets[index], self._owners[index]
        now = choice[owner]
        change = (self._columns[:, target] - self._columns[:, now]).tocsr()
        touched = np.nonzero(np.diff(change.indptr))[0]
        dense = change[touched].toarray()
        room = slack[touched]
        matters = room < 2 * dense.max(axis=1, initial=0)
        zero = np.zeros((int(matters.sum()), 1))
        return _Moves(
            project=np.append(-1, owner),
            target=np.append(-1, target),
            gain=np.append(0, self._weight[target] - self._weight[now]),
            change=np.hstack([zero, dense[matters]]),
            room=room[matters],
        )

    def _mending(self, choice: Ints, index: Ints, lost: Floats, broken: NDArray[np.bool_]) -> Ints:
        """Of the moves in index, those that give back most of the broken rows for what they lose."""
        pull = np.append(self._model.matrix[np.nonzero(broken)[0]].sum(axis=0), 0.0)
        given = pull[choice[self._owners[index]]] - pull[self._targets[index]]
        useful = np.nonzero(given > 0)[0]
        cost = np.maximum(lost[useful], 0.0) / given[useful]
        return useful[np.argsort(cost, kind="stable")[: self._size // 2]]

    def _gain(self, moves: _Moves) -> tuple[int, int] | None:
        """The pair of moves that gains most and keeps all rows."""
        gain = moves.gain
        order = np.argsort(-gain, kind="stable")
        best, found = 0, None
        for at in range(0, len(order), 64):
            left = order[at : at + 64]
            if gain[left[0]] + gain[order[0]] <= best:
                break
            first, second = np.nonzero((gain[left][:, None] + gain[order][None, :]) > best)
            a, b = left[first], order[second]
            use = (moves.project[a] != moves.project[b]) & ((a < b) | (a == 0))
            a, b = a[use], b[use]
            for change, room in zip(moves.change, moves.room, strict=True):
                if not len(a):
                    break
                use = change[a] + change[b] <= room
                a, b = a[use], b[use]
            if len(a):
                top = int(np.argmax(gain[a] + gain[b]))
                best, found = int(gain[a[top]] + gain[b[top]]), (int(a[top]), int(b[top]))
        return found

    def _mend(self, moves: _Moves) -> tuple[int, int] | None:
        """The pair of moves that leaves least of the rules broken, then gains most."""
        count = len(moves.gain)
        over = np.zeros((count, count))
        for change, room in zip(moves.change, moves.room, strict=True):
            over += np.maximum(0.0, change[:, None] + change[None, :] - room)
        same = moves.project[:, None] == moves.project[None, :]
        same[0, 0] = False
        over[same] = np.inf
        before = over[0, 0]
        least = over.min(initial=np.inf)
        if not least < before * (1 - 1e-9):
            return None
        a, b = np.nonzero(over <= least + 1e-9 * before)
        top = int(np.argmax(moves.gain[a] + moves.gain[b]))
        return int(a[top]), int(b[top])
