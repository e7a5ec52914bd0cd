"""The anchor: the last seal, written daily outside the database, where whoever changes rows cannot reach it.

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
    last = JournalSeal.objects.order_by("-number").first()
    if last is None:
        return None
    written = anchors()
    if written and written[-1].number == last.number:
        return written[-1]
    line = Anchor(
        number=last.number,
        algorithm=last.algorithm,
        digest=bytes(last.digest).hex(),
        sealed_at=last.at.isoformat(),
        anchored_at=clock.now().isoformat(),
    )
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(line)) + "\n")
    return line


def due() -> bool:
    """Whether the newest anchor is of another day than today."""
    written = anchors()
    return not written or written[-1].anchored_at[:10] != clock.now().isoformat()[:10]


def anchors() -> list[Anchor]:
    """All anchors, oldest first."""
    if not path().exists():
        return []
    return [Anchor(**json.loads(line)) for line in path().read_text(encoding="utf-8").splitlines() if line.strip()]
