"""Names of files: kept for people to read, cleaned of everything that a system might obey."""

import re
import unicodedata
from urllib.parse import quote

from jiandao.kernel.files.types import Kind

LONGEST = 120
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)


def clean(name: str, kind: Kind) -> str:
    """`name` without folders, control characters and tricks, with an ending that tells the truth about its content."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    # Cc, Cf and the like: line breaks, and the marks that turn the direction of writing (exe.pdf read backwards).
    shown = "".join(sign for sign in last if not unicodedata.category(sign).startswith("C"))
    shown = re.sub(r'[<>:"|?*]+', "_", re.sub(r"\s+", " ", shown)).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if dot and ending.lower() in kind.endings:
        shown, ending = stem, ending.lower()
    else:
        ending = kind.endings[0]
    shown = shown[: LONGEST - len(ending) - 1].strip(" .") or "file"
    if _RESERVED.match(shown):
        shown = f"_{shown}"
    return f"{shown}.{ending}"


def disposition(name: str) -> str:
    """Content-Disposition of a download: a plain name for old browsers, the true one as RFC 8187 encodes it."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
