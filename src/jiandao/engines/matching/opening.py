"""An index as it lies on disk, opened: one state of it, checked, and whole however many write meanwhile."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tantivy

from jiandao.engines.matching import spaces, storage
from jiandao.engines.matching.records import Settings
from jiandao.engines.matching.soundness import check_segments
from jiandao.engines.matching.spaces import Spaces
from jiandao.engines.matching.storage import ForbiddenIndexError, MatchIndexError, guarded

_ATTEMPTS = 20  # to read a state while others are put in place


@dataclass(frozen=True)
class Opened:
    """`signature`: what `storage.signature` told before it was read. `readable_only`: there is no right to write there."""

    index: Any
    settings: Settings
    spaces: Spaces
    signature: tuple[int, ...] | None
    readable_only: bool = False


def opened(folder: Path, before: Opened | None = None) -> Opened:
    """The newest commit in a folder; what is as `before` is not read again. Raises a MatchIndexError."""
    for attempt in range(_ATTEMPTS):
        told = storage.signature(folder)
        try:
            found = _read(folder, told, before)
        except MatchIndexError:
            if storage.signature(folder) == told or attempt == _ATTEMPTS - 1:
                raise
            continue
        now = storage.signature(folder)
        if now is not None and told is not None and now[:2] == told[:2]:
            return found  # a commit made meanwhile is read next time; another index must not be mixed with this one
    return found


def _read(folder: Path, told: tuple[int, ...] | None, before: Opened | None) -> Opened:
    same = before is not None and before.signature is not None and told is not None and before.signature[:2] == told[:2]
    known = before if same else None
    settings = known.settings if known else storage.read_metadata(folder)
    with guarded(folder):
        check_segments(folder)
        index, readable_only = _loaded(folder, known.index if known and not known.readable_only else None)
        return Opened(index, settings, spaces.load(folder, known.spaces if known else None), told, readable_only)


def _loaded(folder: Path, index: Any) -> tuple[Any, bool]:
    """tantivy's index with its newest commit loaded, and whether there is no right to write to the folder.

    It locks a file in the folder meanwhile. Where that is not allowed, it is given a folder of links for a moment: what it
    has loaded it keeps. A file that a writer removes just then is missed, and the next attempt finds the newer commit.
    """
    try:
        with guarded(folder):
            return _load(folder, index), False
    except ForbiddenIndexError:
        with tempfile.TemporaryDirectory(prefix="jiandao-links-") as place, guarded(folder):
            for path in folder.iterdir():
                if not path.name.endswith(".lock"):
                    (Path(place) / path.name).symlink_to(path.absolute())
            return _load(Path(place), None), True


def _load(folder: Path, index: Any) -> Any:
    if index is None:
        index = tantivy.Index.open(str(folder))
        if index.schema != storage.schema():
            raise ValueError("the fields are not those that were written")
        index.config_reader("manual", 0)
    index.reload()
    return index
