"""The anchor: the last seal, written every minute outside the database, where whoever changes rows cannot reach it.

One line of JSON a seal, appended. An office copies the file to write-once media or sends the line to a third party;
`jiandao journal verify` compares every line, of copies too, with the seals in the database.

Every host that runs a worker writes a file of its own: each is complete by itself, since a seal covers all before it.
Processes that share a folder take turns by a lock on the file, and read the newest seal only when it is theirs.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from jiandao.kernel import clock
from jiandao.kernel.journal.models import JournalSeal

LONGEST_LINE = 4096  # bytes; a line has about 220


@dataclass(frozen=True)
class Anchor:
    """The seal of that number had that digest (hexadecimal) when the line was written."""

    number: int
    algorithm: str
    digest: str
    sealed_at: str
    anchored_at: str


@dataclass(frozen=True)
class AnchorFile:
    """A file of anchors, as long as it was at one moment: what is written later may name seals not yet seen."""

    path: Path
    size: int


def path() -> Path:
    """The file of anchors of this host."""
    return Path(settings.JIANDAO_DATA) / "anchors" / "journal.jsonl"


def anchor() -> Anchor | None:
    """Append the newest seal to the file, unless it stands at its end already. None when nothing was ever sealed."""
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # goes with the file; nobody else writes between reading the end and adding
        newest = JournalSeal.objects.order_by("-number").first()
        if newest is None:
            return None
        line = Anchor(
            number=newest.number,
            algorithm=newest.algorithm,
            digest=bytes(newest.digest).hex(),
            sealed_at=newest.at.isoformat(),
            anchored_at=clock.now().isoformat(),
        )
        end = _end(file)
        written = parse(end.splitlines()[-1]) if end.strip() else None
        if written is not None and (written.number, written.digest) == (line.number, line.digest):
            return written
        # A line that a power failure cut off stays as it is, and spoils no other.
        begin = b"\n" if end and not end.endswith(b"\n") else b""
        file.write(begin + json.dumps(asdict(line)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return line


def _end(file: IO[bytes]) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST_LINE))
    return file.read()


def parse(line: bytes) -> Anchor | None:
    """The anchor that a line holds; None when it cannot be read."""
    try:
        said = json.loads(line)
        found = Anchor(**{name: said[name] for name in Anchor.__dataclass_fields__})
        bytes.fromhex(found.digest)
    except (ValueError, TypeError, KeyError):
        return None
    return found if type(found.number) is int and 0 < found.number < 2**63 else None


def anchor_files(copies: "tuple[Path, ...]" = ()) -> list[AnchorFile]:
    """This host's file, if there is one, and the given copies, as they are at this moment."""
    own = (path(),) if path().exists() else ()
    return [AnchorFile(one, one.stat().st_size) for one in (*own, *copies)]


def lines(file: AnchorFile) -> Iterator[tuple[int, Anchor | None]]:
    """Numbered lines in the order in which they were written, None for one that cannot be read; blank ones are left out."""
    left = file.size
    with file.path.open("rb") as opened:
        number = 0
        while left > 0 and (line := opened.readline(min(left, LONGEST_LINE))):
            left -= len(line)
            number += 1
            if line.strip():
                yield number, parse(line)
