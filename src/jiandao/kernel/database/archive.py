"""The backup's file: an uncompressed tar of which every byte is checked before anything is believed.

    database/00000001 …   PostgreSQL's custom dump, cut into parts (it comes through a pipe, its length is not known)
    files/ab/cdef…        content-addressed files; the name is the SHA-256 of the content
    manifest.json         versions, and the number, size and digest of what came before
    sha256                the digest of all bytes before this member

Written and read as a stream, in constant memory. The reader takes exactly what the writer writes, in its order:
no links, no folders, no other names, no extension headers, nothing behind the end.
"""

import hashlib
import json
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import BinaryIO

from jiandao.kernel.database.errors import BackupRefused

FORMAT = 1
_BLOCK = 512
_CHUNK = 1 << 20
_PART = 16 << 20
_FILE = re.compile(r"files/([0-9a-f]{2})/([0-9a-f]{62})")
_LARGEST_MANIFEST = 1 << 16

File = Callable[[str, Iterator[bytes]], None]


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself; sizes in bytes."""

    format: int
    jiandao: str
    postgresql: int
    written: str
    database_size: int
    database_sha256: str
    files: int
    files_size: int


class ArchiveWriter:
    """Writes one archive to `out`, from its present position."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._all = hashlib.sha256()
        self._database = hashlib.sha256()
        self._database_size = self._parts = self._files = self._files_size = 0

    def database(self, dump: BinaryIO) -> None:
        """Adds the dump, read to its end."""
        while part := dump.read(_PART):
            self._parts += 1
            self._database.update(part)
            self._database_size += len(part)
            self._member(f"database/{self._parts:08d}", len(part), (part,))

    def file(self, digest: str, size: int, content: BinaryIO) -> None:
        """Adds one file. Raises `BackupRefused` when its content is not what its name says."""
        seen = hashlib.sha256()

        def chunks() -> Iterator[bytes]:
            left = size
            while left and (chunk := content.read(min(_CHUNK, left))):
                left -= len(chunk)
                seen.update(chunk)
                yield chunk

        self._member(f"files/{digest[:2]}/{digest[2:]}", size, chunks())
        if seen.hexdigest() != digest:
            raise BackupRefused(
                f"The stored file {digest[:2]}/{digest[2:]} does not hold what its name says: it was damaged; "
                "put it back from an earlier backup, or move it away, and back up again."
            )
        self._files += 1
        self._files_size += size

    def finish(self, *, jiandao: str, postgresql: int, written: str) -> Manifest:
        """Adds the manifest and the digest; the archive is complete then."""
        manifest = Manifest(
            FORMAT,
            jiandao,
            postgresql,
            written,
            self._database_size,
            self._database.hexdigest(),
            self._files,
            self._files_size,
        )
        text = json.dumps(asdict(manifest), indent=1).encode()
        self._member("manifest.json", len(text), (text,))
        digest = self._all.hexdigest().encode()
        self._member("sha256", len(digest), (digest,))
        self._write(bytes(2 * _BLOCK))
        return manifest

    def _member(self, name: str, size: int, chunks: Iterable[bytes]) -> None:
        self._write(_header(name, size))
        written = 0
        for chunk in chunks:
            written += len(chunk)
            self._write(chunk)
        if written != size:
            raise BackupRefused(f"{name} became shorter while it was read; back up again.")
        self._write(bytes(-size % _BLOCK))

    def _write(self, data: bytes) -> None:
        self._all.update(data)
        self._out.write(data)


def read_archive(
    source: BinaryIO,
    *,
    database: Callable[[bytes], object] | None = None,
    file: File | None = None,
) -> Manifest:
    """Reads and checks a whole archive, handing the dump to `database` and each file (digest, chunks) to `file`.

    Raises `BackupRefused` at the first thing that is not as the writer writes it. Until this returns, nothing handed
    out is to be trusted: read once without handing out, or keep it apart.
    """
    reader = _Reader(source)
    name, length, size, content = _database(reader, database)
    files, files_size, last = 0, 0, ""
    while found := _FILE.fullmatch(name):
        if name <= last:
            raise reader.refused("its files are out of order")
        last = name
        files += 1
        files_size += length
        _one_file(reader, found[1] + found[2], length, file)
        name, length = reader.header()
    if name != "manifest.json" or length > _LARGEST_MANIFEST:
        raise reader.refused(f"it holds a member that no backup has: {name[:80]!r}")
    manifest = _manifest(reader, b"".join(reader.chunks(length)))
    counted = (size, content, files, files_size)
    if counted != (manifest.database_size, manifest.database_sha256, manifest.files, manifest.files_size):
        raise reader.refused("its manifest names other members than it holds")
    expected = reader.digest()
    name, length = reader.header()
    if name != "sha256" or length != len(expected):
        raise reader.refused("its digest is missing")
    if b"".join(reader.chunks(length)) != expected.encode():
        raise reader.refused("its content does not agree with its digest")
    if reader.rest() != bytes(2 * _BLOCK):
        raise reader.refused("its end is not where it should be")
    return manifest


def _database(reader: "_Reader", take: Callable[[bytes], object] | None) -> tuple[str, int, int, str]:
    """Reads the dump's parts; the header that follows them, their size and their digest."""
    parts, size, content = 0, 0, hashlib.sha256()
    name, length = reader.header()
    while name == f"database/{parts + 1:08d}":
        parts += 1
        size += length
        for chunk in reader.chunks(length):
            content.update(chunk)
            if take:
                take(chunk)
        name, length = reader.header()
    return name, length, size, content.hexdigest()


def _one_file(reader: "_Reader", digest: str, length: int, file: File | None) -> None:
    seen = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        for chunk in reader.chunks(length):
            seen.update(chunk)
            yield chunk

    if file:
        file(digest, chunks())
    else:
        for _ in chunks():
            pass
    if seen.hexdigest() != digest:
        raise reader.refused(f"the file {digest[:12]}… does not hold what its name says")


def _manifest(reader: "_Reader", text: bytes) -> Manifest:
    try:
        manifest = Manifest(**json.loads(text))
        sound = all(
            type(value).__name__ == Manifest.__annotations__[key].__name__ for key, value in asdict(manifest).items()
        )
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise reader.refused("its manifest cannot be read")
    if manifest.format != FORMAT:
        raise reader.refused(f"it has format {manifest.format!r}, and this version reads {FORMAT}")
    return manifest


class _Reader:
    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._all = hashlib.sha256()

    def refused(self, why: str) -> BackupRefused:
        return BackupRefused(f"The archive is refused: {why}. Nothing was changed; take another backup.")

    def header(self) -> tuple[str, int]:
        raw = self._exactly(_BLOCK)
        try:
            found = tarfile.TarInfo.frombuf(raw, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            raise self.refused("a header in it cannot be read") from None
        # Byte for byte what the writer writes: this rules out links, modes, owners and every extension at once.
        try:
            plain = found.size >= 0 and raw == _header(found.name, found.size)
        except (ValueError, UnicodeEncodeError):
            plain = False
        if not plain:
            raise self.refused(f"a header in it was not written by Jiandao: {found.name[:80]!r}")
        return found.name, found.size

    def chunks(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            chunk = self._exactly(min(_CHUNK, left))
            left -= len(chunk)
            yield chunk
        if any(self._exactly(-size % _BLOCK)):
            raise self.refused("there is something between its members")

    def digest(self) -> str:
        return self._all.hexdigest()

    def rest(self) -> bytes:
        return self._source.read(2 * _BLOCK + 1)

    def _exactly(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) != size:
            raise self.refused("it ends too early")
        self._all.update(data)
        return data


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")
