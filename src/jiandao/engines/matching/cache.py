"""Vectors of texts, kept by the hash of what was encoded, so that no text is encoded twice by one encoder.

    FOLDER/vectors.sqlite3    key (sha256 of encoder, kind and text) → vector (float16) and its check sum

Encoding is the dearest part of the dense channel (some 30 ms a text), so a run that is stopped or killed must lose
little: each batch is one transaction. SQLite in WAL mode lets several processes read while one writes, and a kill in
the middle leaves whole batches. A vector whose check sum or length is wrong is no vector: it is encoded again. What is
returned has gone through float16 once, fresh or kept, so that a second run gives the same bytes.
"""

import hashlib
import sqlite3
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from jiandao.engines.files import UnfinishedError
from jiandao.engines.matching.encoders import Encoder, Kind, Vectors, prepared, unit
from jiandao.engines.runs import Clock

BATCH = 64  # texts of one transaction: two seconds of work of a small model
_ASKED_AT_ONCE = 500  # SQLite takes 999 variables in old versions
_PATIENCE = 60.0  # seconds that a writer waits for another one
_MAPPED = 1 << 31  # bytes that may be read through the memory map
_FORMAT = 1
_TABLE = (
    "create table if not exists vectors"
    " (key blob primary key, encoder text not null, vector blob not null, check_sum integer not null) without rowid"
)


class DamagedCacheError(Exception):
    """The folder holds no cache of ours, or a damaged one; the message says what to do. Nothing but time is lost."""


class Counting(Protocol):
    """What is told of each finished text; `runs.Progress` is one."""

    def step(self) -> None: ...


class VectorCache:
    """Vectors on disk. Use it as a context, or `close` it; safe with several processes at once."""

    def __init__(self, folder: Path) -> None:
        """Open or make the cache in a folder. DamagedCacheError when what is there cannot be used."""
        self.path = folder / "vectors.sqlite3"
        self._lock = threading.Lock()  # threads of one process take turns, processes do by SQLite's own
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise self._damaged(error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._base.close()
            raise self._damaged(error) from error

    def _prepare(self) -> None:
        self._base.execute(f"pragma mmap_size={_MAPPED}")
        self._wal()
        found = self._base.execute("pragma user_version").fetchone()[0]
        if found not in {0, _FORMAT}:
            raise sqlite3.DatabaseError(f"format {found}, this version needs {_FORMAT}")
        self._base.execute("pragma synchronous=normal")  # a power cut may lose the last batches, never mix them
        self._base.execute(_TABLE)
        self._base.execute(f"pragma user_version={_FORMAT}")

    def _wal(self) -> None:
        """Changing the mode needs the file alone for a moment, and SQLite does not wait for it by itself."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self._base.execute("pragma journal_mode=wal")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self._read("select count(*) from vectors", ())[0][0])

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._base.close()

    def get(self, keys: Sequence[bytes], dimensions: int) -> dict[bytes, Vectors]:
        """The vectors that are kept and whole, as rows of float32 (d,); unknown and damaged ones are left out."""
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(keys), _ASKED_AT_ONCE):
            asked = list(keys[start : start + _ASKED_AT_ONCE])
            marks = ",".join("?" * len(asked))
            rows = self._read(f"select key, vector, check_sum from vectors where key in ({marks})", asked)  # noqa: S608
            for key, vector, check_sum in rows:
                if (
                    isinstance(vector, bytes)
                    and len(vector) == 2 * dimensions
                    and check_sum == zlib.crc32(vector, zlib.crc32(key))
                ):
                    found[key] = np.frombuffer(vector, dtype="<f2").astype(np.float32)
        return found

    def put(self, vectors: Mapping[bytes, Vectors], encoder: str) -> None:
        """Keep vectors, all of them or, when the process dies, none. A key that is there is written anew.

        UnfinishedError when there is no room left.
        """
        rows = []
        for key, row in vectors.items():
            stored = np.asarray(row, dtype="<f2").tobytes()
            rows.append((key, encoder, stored, zlib.crc32(stored, zlib.crc32(key))))
        with self._lock:
            try:
                self._base.execute("begin immediate")
                try:
                    self._base.executemany("insert or replace into vectors values (?, ?, ?, ?)", rows)
                    self._base.execute("commit")
                except BaseException:
                    with suppress(sqlite3.Error):
                        self._base.execute("rollback")
                    raise
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                    raise UnfinishedError(
                        f"{self.path} could not be written; what was encoded before is kept: make room and try again"
                    ) from error
                raise self._damaged(error) from error

    def _read(self, question: str, values: Sequence[bytes]) -> list[tuple[bytes, bytes, int]]:
        try:
            with self._lock, closing(self._base.execute(question, values)) as rows:
                return rows.fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> DamagedCacheError:
        return DamagedCacheError(
            f"the vectors in {self.path} cannot be read or written ({error}); if it is damaged, delete the file: only"
            " the time to encode the texts again is lost"
        )


def key(encoder: Encoder, kind: Kind, text: str) -> bytes:
    """sha256 over encoder, kind (not for a symmetric one) and the prepared text; parts are told apart by their length."""
    made = hashlib.sha256()
    for part in (encoder.name, "both" if encoder.symmetric else kind, prepared(text)):
        data = part.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(8, "little") + data)
    return made.digest()


class Keeping:
    """An encoder whose vectors are kept in a folder; of each process its own connection."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self._folder = folder
        self._cache: VectorCache | None = None

    def __reduce__(self) -> tuple[type["Keeping"], tuple[Encoder, Path]]:
        return Keeping, (self._encoder, self._folder)

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimensions(self) -> int:
        return self._encoder.dimensions

    @property
    def symmetric(self) -> bool:
        return self._encoder.symmetric

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """As the encoder, what is kept not again. Raises DamagedCacheError."""
        if self._cache is None:
            self._cache = VectorCache(self._folder)
        return encode_all(self._encoder, texts, self._cache, kind=kind)


def encode_all(
    encoder: Encoder,
    texts: Sequence[str],
    cache: VectorCache | None = None,
    *,
    kind: Kind,
    progress: Counting | None = None,
    clock: Clock | None = None,
    batch: int = BATCH,
) -> Vectors:
    """Vectors of many texts (n, d), each different text once, those that the cache has not at all.

    UnfinishedError when the clock runs out or is stopped: what was encoded is kept, so that the next run goes on there.
    Without a cache nothing is kept, and the numbers are the same to the bit.
    """
    keys = [key(encoder, kind, text) for text in texts]
    wanted = dict(zip(reversed(keys), reversed(texts), strict=True))  # the first of equal texts is encoded
    known = cache.get(list(wanted), encoder.dimensions) if cache is not None else {}
    missing = [one for one in dict.fromkeys(keys) if one not in known]
    if progress is not None:
        for _ in known:
            progress.step()
    for start in range(0, len(missing), batch):
        if clock is not None and clock.over():
            kept = (
                "what was encoded is kept; run again to go on" if cache is not None else "give a cache to go on later"
            )
            raise UnfinishedError(f"{start:,} of {len(missing):,} texts were encoded when the time was over; {kept}")
        part = missing[start : start + batch]
        rows = encoder.encode([wanted[one] for one in part], kind=kind)
        fresh = dict(zip(part, np.asarray(rows).astype("<f2").astype(np.float32), strict=True))
        if cache is not None:
            cache.put(fresh, encoder.name)
        known.update(fresh)
        if progress is not None:
            for _ in part:
                progress.step()
    if not keys:
        return np.zeros((0, encoder.dimensions), dtype=np.float32)
    return unit(np.stack([known[one] for one in keys]))
