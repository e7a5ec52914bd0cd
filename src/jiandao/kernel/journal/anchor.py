"""The anchor: the last seal, written every minute outside the database, where whoever changes rows cannot reach it.

One line of JSON a seal, appended. An office copies the file to write-once media or sends the line to a third party;
`jiandao journal verify` compares every line with the seals in the database.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from jiandao.kernel import clock
from jiandao.kernel.journal.models import JournalSeal


@dataclass(frozen=True)
class Anchor:
    """The seal of that number had that digest (hexadecimal) when the line was written."""

    number: int
    algorithm: str
    digest: str
    sealed_at: str
    anchored_at: str


def path() -> Path:
    """The file of anchors."""
    return Path(settings.JIANDAO_DATA) / "anchors" / "journal.jsonl"


def anchor() -> Anchor | None:
    """Append the newest seal to the file, unless it is there already. None when nothing was ever sealed."""
    newest = JournalSeal.objects.order_by("-number").first()
    if newest is None:
        return None
    written = last()
    if written is not None and written.number == newest.number:
        return written
    line = Anchor(
        number=newest.number,
        algorithm=newest.algorithm,
        digest=bytes(newest.digest).hex(),
        sealed_at=newest.at.isoformat(),
        anchored_at=clock.now().isoformat(),
    )
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(line)) + "\n")
    return line


def last() -> Anchor | None:
    """The newest anchor, read from the end of the file."""
    if not path().exists():
        return None
    with path().open("rb") as file:
        file.seek(max(0, path().stat().st_size - 4096))
        lines = file.read().splitlines()
    return Anchor(**json.loads(lines[-1])) if lines else None


def anchors() -> list[Anchor]:
    """All anchors, oldest first."""
    if not path().exists():
        return []
    return [Anchor(**json.loads(line)) for line in path().read_text(encoding="utf-8").splitlines() if line.strip()]
