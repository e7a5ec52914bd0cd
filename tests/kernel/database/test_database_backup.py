"""Backup and restoration: what comes back, what is refused, and that a refusal changes nothing."""

import argparse
import hashlib
import io
import itertools
import random
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jiandao.kernel.database import archive, command, dumps
from jiandao.kernel.database.archive import ArchiveWriter, read_archive
from jiandao.kernel.database.backup import backup, restore, verify
from jiandao.kernel.database.config import from_url
from jiandao.kernel.database.dumps import Target, embedded_target
from jiandao.kernel.database.errors import BackupRefused, DatabaseProblem
from jiandao.kernel.database.server import Server

_numbers = itertools.count()
CONTENTS = [b"", b"one", bytes(range(256)) * 5000]


@pytest.fixture
def target(shared_server: Server) -> Iterator[Target]:
    """A database with a table, an append-only table and rights, of this test alone."""
    name = f"backup_{next(_numbers)}"
    target = embedded_target(shared_server.place, name)
    dumps.make_empty(target, name)
    with target.as_owner() as owner:
        owner.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO jiandao_app")
        owner.execute("CREATE TABLE need (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text)")
        owner.execute("INSERT INTO need (title) VALUES ('高精度'), ('second')")
        owner.execute("CREATE INDEX ON need USING gin (title gin_trgm_ops)")
        owner.execute("CREATE TABLE journal (text text)")
        owner.execute("REVOKE UPDATE, DELETE ON journal FROM jiandao_app")
    yield target
    with target.as_admin() as admin:
        found = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}%"]).fetchall()
    for (each,) in found:
        dumps.drop(target, str(each))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with stored files, and some that are not ours."""
    for content in CONTENTS:
        digest = hashlib.sha256(content).hexdigest()
        path = tmp_path / "data" / "files" / digest[:2] / digest[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "data/files/upload.tmp").write_bytes(b"half")
    return tmp_path / "data"


@pytest.fixture
def written(target: Target, data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "one.jiandao"
    backup(path, target=target, data=data)
    return path


def _titles(target: Target) -> list[object]:
    with target.as_owner() as owner:
        return [row[0] for row in owner.execute("SELECT title FROM need ORDER BY id").fetchall()]


def _stored(data: Path) -> set[bytes]:
    return {path.read_bytes() for path in (data / "files").glob("??/*")}


def _rights(target: Target, table: str) -> set[str]:
    with target.as_owner() as owner:
        found = owner.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = 'jiandao_app' AND table_name = %s",
            [table],
        ).fetchall()
    return {str(row[0]) for row in found}


def test_everything_comes_back(target: Target, data: Path, written: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert verify(written).files == 3
    with target.as_owner() as owner:
        owner.execute("INSERT INTO need (title) VALUES ('later')")
    new = tmp_path / "new"
    result = restore(written, replace=True, target=target, data=new)
    assert result.manifest.files_size == sum(map(len, CONTENTS))
    assert _titles(target) == ["高精度", "second"]
    assert _stored(new) == set(CONTENTS)
    assert [path.name for path in new.iterdir()] == ["files"]
    # Rights come back as they were: the journal is not more open than before.
    assert _rights(target, "need") == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert _rights(target, "journal") == {"SELECT", "INSERT"}
    with target.as_admin() as admin:
        assert not admin.execute("SELECT 1 FROM pg_database WHERE datname LIKE %s", [f"{target.name}\\__%"]).fetchall()
    # An open session is no obstacle, and the old database stays when asked.
    with target.as_owner() as open_session:
        open_session.execute("SELECT 1")
        kept = restore(written, replace=True, keep_old=True, target=target, data=new).kept
    assert kept
    assert dumps.exists(target, kept)


def test_a_database_that_is_not_empty_is_replaced_only_when_told(target: Target, data: Path, written: Path) -> None:
    with pytest.raises(BackupRefused, match=r"not empty; nothing was changed.*--replace"):
        restore(written, target=target, data=data)
    dumps.drop(target, target.name)
    restore(written, target=target, data=data)
    assert _titles(target) == ["高精度", "second"]


def test_a_deployment_with_one_role_moves_into_one_with_two(target: Target, data: Path, tmp_path: Path) -> None:
    with target.as_owner() as owner:
        owner.execute("CREATE TABLE bare (id int); REVOKE ALL ON bare FROM jiandao_app")
        owner.execute("ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM jiandao_app")
        owner.execute("CREATE TABLE untouched (id int)")
    backup(tmp_path / "b", target=target, data=data)
    restore(tmp_path / "b", replace=True, target=target, data=data)
    assert _rights(target, "untouched") == {"SELECT", "INSERT", "UPDATE", "DELETE"}


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    small = io.BytesIO()
    writer = ArchiveWriter(small)
    writer.database(io.BytesIO(b"dump" * 50))
    content = b"content"
    writer.file(hashlib.sha256(content).hexdigest(), len(content), io.BytesIO(content))
    writer.finish(jiandao="1", postgresql=18, written="2026-11-23T00:00:00+00:00")
    sound = small.getvalue()
    assert read_archive(io.BytesIO(sound)).files == 1
    with tarfile.open(fileobj=io.BytesIO(sound)) as plain:
        assert plain.getnames()[::2] == ["database/00000001", "manifest.json"]
    dice = random.Random(1)
    for place in range(len(sound)):
        broken = bytearray(sound)
        broken[place] ^= 1 << dice.randrange(8)
        with pytest.raises(BackupRefused):
            read_archive(io.BytesIO(bytes(broken)))
    for length in {*range(0, len(sound), 97), len(sound) - 1}:
        with pytest.raises(BackupRefused):
            read_archive(io.BytesIO(sound[:length]))
    with pytest.raises(BackupRefused, match="its end is not where it should be"):
        read_archive(io.BytesIO(sound + b"\0"))


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            made.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o600
    return info


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip",
        _tar((_member("../../etc/cron.d/x"), b"x")),
        _tar((_member("/etc/passwd"), b"x")),
        _tar((_member("files/ab/../../x"), b"x")),
        _tar((_member("files/ab/" + "c" * 62, tarfile.SYMTYPE, "/etc/passwd"), b"")),
        _tar((_member("files/ab/" + "c" * 62, tarfile.LNKTYPE, "/etc/passwd"), b"")),
        _tar((_member("database/00000001"), b"x"), (_member("files", tarfile.DIRTYPE), b"")),
        _tar((_member("database/00000002"), b"x")),
        _tar((_member("manifest.json"), b"{}")),
        _tar((_member("manifest.json"), b"[" * 60000)),
        archive._header("manifest.json", 1 << 40),
        archive._header("database/00000001", -5),
        archive._header("database/00000001", 1 << 62) + b"short",
    ],
    ids=lambda content: repr(content[:24]),
)
def test_foreign_and_hostile_archives_are_refused(content: bytes, target: Target, data: Path, tmp_path: Path) -> None:
    (tmp_path / "hostile").write_bytes(content)
    with pytest.raises(BackupRefused, match="Nothing was changed"):
        restore(tmp_path / "hostile", replace=True, target=target, data=data)
    assert _titles(target) == ["高精度", "second"]
    assert _stored(data) == set(CONTENTS)


def test_a_restoration_that_fails_leaves_the_old_database(target: Target, data: Path, tmp_path: Path) -> None:
    """A well-formed archive whose dump is none: found out by pg_restore, in a database of its own."""
    out = io.BytesIO()
    writer = ArchiveWriter(out)
    writer.database(io.BytesIO(b"no dump at all" * 100_000))
    writer.finish(jiandao="1", postgresql=18, written="now")
    (tmp_path / "b").write_bytes(out.getvalue())
    with pytest.raises(DatabaseProblem, match="pg_restore failed"):
        restore(tmp_path / "b", replace=True, target=target, data=data)
    assert _titles(target) == ["高精度", "second"]
    assert [path.name for path in data.iterdir()] == ["files"]
    with target.as_admin() as admin:
        assert not admin.execute(
            "SELECT 1 FROM pg_database WHERE datname LIKE %s", [f"{target.name}\\_new%"]
        ).fetchall()


def test_no_backup_is_written_over_another_or_from_damaged_files(target: Target, data: Path, written: Path) -> None:
    with pytest.raises(BackupRefused, match="exists"):
        backup(written, target=target, data=data)
    with pytest.raises(BackupRefused, match=r"folder .* does not exist"):
        backup(written.parent / "no" / "where", target=target, data=data)
    damaged = next(path for path in (data / "files").glob("??/*") if path.read_bytes() == b"one")
    damaged.write_bytes(b"two")
    with pytest.raises(BackupRefused, match="does not hold what its name says"):
        backup(written.parent / "two", target=target, data=data)
    assert sorted(path.name for path in written.parent.iterdir()) == ["data", "one.jiandao"]


def test_a_server_named_by_its_address_is_backed_up_too(
    target: Target, shared_server: Server, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One role that may create databases is enough; its password is in no command line."""
    passwords = dict(line.split(":")[3:] for line in shared_server.place.passwords.read_text().split())
    where = str(shared_server.place.sockets).replace("/", "%2F")
    url = f"postgresql://jiandao_owner:{passwords['jiandao_owner']}@{where}/{target.name}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("JIANDAO_DATA", str(data))
    assert from_url(url)["HOST"] == str(shared_server.place.sockets)
    parser = argparse.ArgumentParser()
    command.add_backup_arguments(parser)
    assert command.run_backup(parser.parse_args([str(tmp_path / "c")])) == 0
    parser = argparse.ArgumentParser()
    command.add_restore_arguments(parser)
    assert command.run_restore(parser.parse_args([str(tmp_path / "c"), "--check"])) == 0
    assert command.run_restore(parser.parse_args([str(tmp_path / "c")])) == 1
    assert command.run_restore(parser.parse_args([str(tmp_path / "c"), "--replace"])) == 0
    assert _titles(target) == ["高精度", "second"]
    monkeypatch.setenv("DATABASE_URL", url.replace(target.name, "no_such_database"))
    assert command.run_backup(parser.parse_args([str(tmp_path / "d")])) == 1
