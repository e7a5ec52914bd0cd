"""The vector channels of an index as files: the latent model, its vectors, and those of an encoder.

Files carry a generation in their name and are only ever named by `jiandao-spaces.json`, which is replaced as a whole: a
reader sees the old ones or the new ones. A writer adds rows before the commit that makes documents point at them. That
file is there from the beginning, and holds the check sums of the others: one that is lost or damaged is told.
"""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from jiandao.engines.matching import vectors
from jiandao.engines.matching.centring import Centring
from jiandao.engines.matching.dictionary import Dictionary
from jiandao.engines.matching.latent import LatentModel
from jiandao.engines.matching.soundness import check_files, of_file, sealed, unsealed
from jiandao.engines.matching.storage import SPACES, DamagedIndexError, making
from jiandao.engines.matching.vectors import Rows, VectorFile

LATENT, DENSE, DICTIONARY = "latent", "dense", "dictionary"


@dataclass(frozen=True)
class Spaces:
    """What an index knows beside words. `files`: by channel; `encoder`: whose vectors the dense ones are."""

    files: Mapping[str, VectorFile] = field(default_factory=dict)
    model: LatentModel | None = None
    encoder: str = ""
    centring: Centring = field(default_factory=Centring)  # of the dense vectors
    dictionary: Dictionary | None = None
    generations: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> int:
        """How many rows are taken."""
        return max((len(file) for file in self.files.values()), default=0)

    def with_rows(self, name: str, at: int, rows: Rows) -> "Spaces":
        """With rows of a channel from number `at` on, written through to the file when there is one."""
        file = self.files[name]
        if file.path is not None:
            with making(file.path.parent):
                vectors.append(file.path, at, rows)
            grown = VectorFile.open(file.path, file.dimensions, checked=at + len(rows))
        else:
            gap = np.zeros(max(0, at - len(file)), rows.dtype)
            grown = VectorFile(None, file.dimensions, np.concatenate([file.rows[:at], gap, rows]))
        return replace(self, files={**self.files, name: grown})


def load(folder: Path, known: Spaces | None = None) -> Spaces:
    """The spaces of an index. Raises DamagedIndexError.

    `known`: what was read before, of which what is still the same is neither read nor checked again: each commit has
    readers look again.
    """
    while True:
        try:
            stored = (folder / SPACES).read_bytes()
            try:
                return _read(folder, unsealed(stored), known or Spaces())
            except FileNotFoundError:
                if (folder / SPACES).read_bytes() == stored:
                    raise
        # A writer has put others in place meanwhile, and removed these.
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedIndexError(
                f"the vectors of the index in {folder} are damaged; build it again from the documents"
            ) from error


def _read(folder: Path, values: dict[str, Any], known: Spaces) -> Spaces:
    generations = {name: str(entry["generation"]) for name, entry in values.items()}
    same = {name for name, one in generations.items() if known.generations.get(name) == one}
    for name, entry in values.items():
        if name not in same:
            check_files(folder, name, entry["sums"])
    files = {}
    for name, entry in values.items():
        if name != DICTIONARY:
            checked = len(known.files[name]) if name in same else 0
            path = folder / f"{name}-{generations[name]}.vec"
            files[name] = VectorFile.open(path, int(entry["dimensions"]), checked)
    model = known.model if LATENT in same else None
    if LATENT in values and model is None:
        model = LatentModel.load(folder / f"{LATENT}-{generations[LATENT]}")
    dictionary = known.dictionary if DICTIONARY in same else None
    if DICTIONARY in generations and dictionary is None:
        dictionary = Dictionary.load((folder / f"{DICTIONARY}-{generations[DICTIONARY]}.json").read_text("utf-8"))
    centring = known.centring if DENSE in same else Centring()
    if DENSE in values and DENSE not in same:
        with np.load(folder / f"{DENSE}-{generations[DENSE]}.npz", allow_pickle=False) as means:
            centring = Centring.load(dict(means))
    encoder = values.get(DENSE, {}).get("encoder", "")
    return Spaces(files, model, encoder, centring, dictionary, generations)


def install(
    folder: Path,
    name: str,
    dimensions: int,
    blocks: Iterable[Rows],
    *,
    model: LatentModel | None = None,
    encoder: str = "",
    centring: Centring | None = None,
) -> None:
    """Put a channel in place of the one before; only the holder of the index's writer may."""
    generation = secrets.token_hex(6)
    stem = folder / f"{name}-{generation}"
    try:
        if model is not None:
            model.save(stem)
        if centring is not None:
            means: dict[str, Any] = dict(centring.arrays())
            np.savez(stem.with_suffix(".npz"), **means)
        sums = _sums(stem)
        vectors.write(stem.with_suffix(".vec"), iter(blocks))
        _name(folder, name, {"generation": generation, "dimensions": dimensions, "encoder": encoder, "sums": sums})
    except BaseException:
        _give_up(folder)
        raise


def install_dictionary(folder: Path, dictionary: Dictionary) -> None:
    """The same for the dictionary of terms."""
    generation = secrets.token_hex(6)
    stem = folder / f"{DICTIONARY}-{generation}"
    try:
        stem.with_suffix(".json").write_text(dictionary.dump(), encoding="utf-8")
        _name(folder, DICTIONARY, {"generation": generation, "sums": _sums(stem)})
    except BaseException:
        _give_up(folder)
        raise


def _sums(stem: Path) -> dict[str, int]:
    """Check sums of the files of a generation, which are on disk afterwards."""
    found = {}
    for path in sorted(stem.parent.glob(f"{stem.name}.*")):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        found[path.name] = of_file(path)
    return found


def _give_up(folder: Path) -> None:
    """Remove what is not named, at whatever moment the making of it ended."""
    with suppress(OSError, ValueError, KeyError):
        _sweep(folder, _stems(unsealed((folder / SPACES).read_bytes())))


def _stems(values: Mapping[str, Any]) -> set[str]:
    return {f"{name}-{entry['generation']}" for name, entry in values.items()}


def begin(folder: Path) -> None:
    """Put into a new index that it knows nothing beside words."""
    _put(folder / SPACES, {})


def _name(folder: Path, name: str, entry: dict[str, object]) -> None:
    """Make the files of a generation those that count."""
    values = {**unsealed((folder / SPACES).read_bytes()), name: entry}
    fresh = folder / f".{SPACES}-{entry['generation']}"
    _put(fresh, values)
    fresh.replace(folder / SPACES)
    _sweep(folder, _stems(values))


def _put(path: Path, values: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(sealed(values), file, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())


def _sweep(folder: Path, kept: set[str]) -> None:
    """Remove what earlier generations, and writers that were killed, left. Readers that have it open keep it."""
    for path in folder.iterdir():
        stem = path.name.split(".", 1)[0]
        if (
            stem.startswith((f"{LATENT}-", f"{DENSE}-", f"{DICTIONARY}-")) and stem not in kept
        ) or path.name.startswith(f".{SPACES}-"):
            path.unlink(missing_ok=True)
