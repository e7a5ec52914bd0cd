"""Files: their kind is read from the content, hostile ones are refused with a sentence, contents are kept once."""

import io
import os
import struct
import sys
import time
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.files import MAY_READ, FileRefused, files_of, may_read, open_file, remove, storage, store
from jiandao.kernel.files import archives as archive_checks
from jiandao.kernel.files import types as file_types
from jiandao.kernel.files.keeping import sweep
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.files.names import LONGEST, clean, disposition
from jiandao.kernel.files.types import KINDS, Kind, kind_of
from jiandao.kernel.quotas import QuotaExceeded, spending

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 300
PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 50 + b"%%EOF\n"


def zipped(entries, compression=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return target.getvalue()


def docx(*more, types=b"<Types/>"):
    return zipped([("[Content_Types].xml", types), ("word/document.xml", b"<w/>"), *more])


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    settings.JIANDAO_SCAN_COMMAND = []
    return tmp_path


@pytest.fixture
def look(tmp_path):
    def at(content):
        path = tmp_path / "looked-at"
        path.write_bytes(content)
        return kind_of(path).media_type

    return at


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 300, "image/jpeg"),
        (docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (
            zipped([("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"x")]),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            zipped([("[Content_Types].xml", b"x"), ("ppt/presentation.xml", b"x")]),
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        (zipped([("OFD.xml", b"x"), ("Doc_0/Document.xml", b"x")]), "application/ofd"),
        (zipped([("a.txt", b"hello"), ("b/ü.pdf", PDF)]), "application/zip"),
        ("名称,金额\n轴承,12\n齿轮,13\n".encode(), "text/csv"),
        ("名称，金额\n轴承，12\n".encode("gb18030"), "text/csv"),
        ("\ufeff名称;金额\n轴承;12\n".encode(), "text/csv"),
        ("只是一段文字。\n没有列。\n".encode(), "text/plain"),
        ("hello".encode("utf-16"), "text/plain"),
        (b'{"a": [1, 2]}', "application/json"),
        (b"[not json", "text/plain"),
    ],
)
def test_the_kind_is_read_from_the_content(look, content, expected):
    assert look(content) == expected


def encrypted_zip():
    raw = bytearray(zipped([("secret.txt", b"x" * 100)]))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + offset] |= 1
    return bytes(raw)


def overlapping_zip():
    """Two entries of the directory that point at the same bytes."""
    raw = zipped([("a.txt", b"x" * 1000)])
    start = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry = raw[start:end]
    tail = bytearray(raw[end:])
    struct.pack_into("<HHI", tail, 8, 2, 2, 2 * len(entry))
    return raw[:start] + entry + entry.replace(b"a.txt", b"b.txt") + bytes(tail)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"MZ" + b"\0" * 300, "executable"),
        (b"\x7fELF" + b"\0" * 300, "executable"),
        (b"#!/bin/sh\nrm -rf /\n", "executable"),
        (zipped([("readme.pdf", b"MZ" + b"\0" * 300)]), "executable"),
        (zipped([("META-INF/MANIFEST.MF", b"x"), ("A.class", b"\xca\xfe\xba\xbe" + b"\0" * 20)]), "executable"),
        (docx(("word/vbaProject.bin", b"x")), "macros"),
        (docx(("word/VBAPROJECT.BIN", b"x")), "macros"),
        (docx(types=b"<Types>application/vnd.ms-word.document.macroEnabled.main+xml</Types>"), "macros"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old-office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"<!DOCTYPE html><html></html>", "active"),
        (b"  \n<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "active"),
        (b"<?xml version='1.0'?><svg/>", "active"),
        (b"hello <ScRiPt>alert(1)</script>", "active"),
        ("<html>".encode("utf-16"), "active"),
        (encrypted_zip(), "encrypted"),
        (zipped([("inner.zip", zipped([("a", b"b")]))]), "nested"),
        (zipped([("inner.pdf", zipped([("a", b"b")]))]), "nested"),
        (zipped([("../../etc/passwd", b"x")]), "path"),
        (zipped([("/etc/passwd", b"x")]), "path"),
        (zipped([("C:\\windows\\x", b"x")]), "path"),
        (zipped([("bomb", b"\0" * 20_000_000)]), "bomb"),
        (overlapping_zip(), "bomb"),
        (zipped([("a.txt", b"x" * 1000)])[:-30], "damaged"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (PNG + zipped([("a.js", b"x")]), "two-kinds"),
        (PDF + zipped([("a.js", b"x")]), "two-kinds"),
        (b"Rar!\x1a\x07\x00" + b"0" * 300, "archive"),
        (b"7z\xbc\xaf\x27\x1c" + b"0" * 300, "archive"),
        (b"\0\1\2\3" * 100, "type"),
        (b"plain \0 with nought", "type"),
        (zipped([("[Content_Types].xml", b"x"), ("visio/document.xml", b"x")]), "type"),
    ],
    # An archive holds the time of its making: its bytes in the name would differ from process to process.
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_hostile_files_are_refused_with_a_sentence(look, content, code):
    with pytest.raises(FileRefused) as refused:
        look(content)
    assert refused.value.code == code
    assert "%(" not in refused.value.sentence


def test_damage_inside_an_archive_is_found(look):
    raw = bytearray(zipped([("a.txt", bytes(range(256)) * 40)], zipfile.ZIP_STORED))
    raw[500] ^= 0xFF
    with pytest.raises(FileRefused) as refused:
        look(bytes(raw))
    assert refused.value.code == "damaged"


def test_limits(look, monkeypatch):
    monkeypatch.setattr(archive_checks, "MOST_ENTRIES", 3)
    with pytest.raises(FileRefused) as refused:
        look(zipped([(f"{number}.txt", b"x") for number in range(4)]))
    assert "4" in refused.value.sentence
    monkeypatch.setitem(file_types.KINDS, "image/png", Kind("image/png", ("png",), 100))
    with pytest.raises(FileRefused) as refused:
        look(PNG)
    assert (refused.value.code, "100 B" in refused.value.sentence) == ("large", True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("报告.pdf", "报告.pdf"),
        ("C:\\Users\\x\\plan.PDF", "plan.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("invoice.exe", "invoice.exe.pdf"),
        ("fdp\u202eexe.pdf", "fdpexe.pdf"),
        ('a"b\r\nSet-Cookie: x=1.pdf', "a_bSet-Cookie_ x=1.pdf"),
        ("  .  ", "file.pdf"),
        ("", "file.pdf"),
        (".htaccess", ".htaccess.pdf".strip(".")),
        ("con.pdf", "_con.pdf"),
        ("好" * 300 + ".pdf", "好" * (LONGEST - 4) + ".pdf"),
    ],
)
def test_names_are_cleaned_and_end_truthfully(name, expected):
    cleaned = clean(name, KINDS["application/pdf"])
    assert cleaned == expected
    header = disposition(cleaned)
    assert "\r" not in header
    assert "\n" not in header
    header.encode("ascii")
    assert header.count('"') == 2


# --- keeping -------------------------------------------------------------------------------------------------------


class Thing:
    kind = "test.thing"
    pk = 7
    programme_id = None


@pytest.fixture
def actor(request):
    request.getfixturevalue("db")
    return load_actor(Account.objects.create_user("sender"))


def content_of(stored):
    with open_file(stored) as content:
        return content.read()


def sent(content, name="x.pdf"):
    return SimpleUploadedFile(name, content)


def test_a_file_is_kept_once_by_its_content(actor, data):
    one = store(actor=actor, upload=sent(PDF, "one.pdf"), record=Thing())
    two = store(actor=actor, upload=sent(PDF, "two.txt"), record=Thing())
    assert (one.digest, one.media_type, two.name) == (two.digest, "application/pdf", "two.txt.pdf")
    stored = [path for path in (data / "files").rglob("*") if path.is_file()]
    assert [path.relative_to(data / "files").as_posix() for path in stored] == [f"{one.digest[:2]}/{one.digest[2:]}"]
    assert content_of(one) == PDF
    assert list(files_of(Thing())) == [one, two]
    assert [entry.verb for entry in journal.timeline("kernel.file", one.pk)] == ["create"]


def test_a_refused_file_leaves_nothing_behind(actor, data):
    with pytest.raises(FileRefused):
        store(actor=actor, upload=sent(b"MZ" + b"\0" * 300), record=Thing())
    assert [path for path in (data / "files").rglob("*") if path.is_file()] == []
    assert not StoredFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_file_is_kept_inside_a_transaction():
    with transaction.atomic(), pytest.raises(RuntimeError, match="outside any transaction"):
        store(actor=load_actor(None), upload=sent(PDF), record=Thing())


def test_uploads_have_a_quota(actor, monkeypatch):
    monkeypatch.setitem(spending.LIMITS, "upload", (2, 10**9))
    store(actor=actor, upload=sent(PDF), record=Thing())
    store(actor=actor, upload=sent(PDF), record=Thing())
    with pytest.raises(QuotaExceeded):
        store(actor=actor, upload=sent(PDF), record=Thing())


def aged(digest):
    old = time.time() - 2 * storage.ORPHAN_AFTER
    os.utime(storage.place(digest), (old, old))


def test_a_content_is_swept_when_nobody_refers_to_it(actor):
    one = store(actor=actor, upload=sent(PDF), record=Thing())
    two = store(actor=actor, upload=sent(PDF), record=Thing())
    aged(one.digest)
    remove(actor=actor, stored=one, reason="mistake")
    assert sweep() == 0
    assert content_of(two) == PDF
    remove(actor=actor, stored=two)
    assert list(files_of(Thing())) == []
    assert sweep() == 1
    with pytest.raises(FileNotFoundError):
        open_file(two)
    again = store(actor=actor, upload=sent(PDF), record=Thing())
    assert content_of(again) == PDF


def test_the_sweep_leaves_a_content_whose_row_is_not_yet_committed(actor):
    with storage.incoming([PDF]) as content:
        storage.keep(content)
    assert sweep() == 0
    aged(content.digest)
    assert sweep() == 1


def test_a_content_that_is_wanted_again_while_it_is_swept_stays(actor, monkeypatch):
    stored = store(actor=actor, upload=sent(PDF), record=Thing())
    aged(stored.digest)
    rename = os.rename

    def wanted_meanwhile(source, target):
        os.utime(source)
        rename(source, target)

    monkeypatch.setattr(os, "rename", wanted_meanwhile)
    assert storage.discard(stored.digest) is False
    assert content_of(stored) == PDF


def test_what_a_crash_left_on_its_way_is_removed(data):
    left = data / "files" / ".incoming" / "half"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    assert storage.forget_unfinished() == 0
    os.utime(left, (0, 0))
    assert storage.forget_unfinished() == 1


@pytest.mark.parametrize(
    ("script", "code"),
    [("raise SystemExit(0)", None), ("raise SystemExit(1)", "scan"), ("raise SystemExit(2)", "scan-failed")],
)
def test_the_scanner_decides(actor, settings, script, code):
    settings.JIANDAO_SCAN_COMMAND = [sys.executable, "-c", script]
    if code is None:
        assert store(actor=actor, upload=sent(PDF), record=Thing()).pk
    else:
        with pytest.raises(FileRefused) as refused:
            store(actor=actor, upload=sent(PDF), record=Thing())
        assert refused.value.code == code


def test_a_scanner_that_is_missing_or_slow_refuses(actor, settings, monkeypatch):
    from jiandao.kernel.files import scanning

    monkeypatch.setattr(scanning, "SECONDS", 0.2)
    for command in (["/nowhere/clamdscan"], [sys.executable, "-c", "import time; time.sleep(5)"]):
        settings.JIANDAO_SCAN_COMMAND = command
        with pytest.raises(FileRefused) as refused:
            store(actor=actor, upload=sent(PDF), record=Thing())
        assert refused.value.code == "scan-failed"


def test_nobody_reads_a_file_unless_its_room_says_so(actor, monkeypatch):
    stored = store(actor=actor, upload=sent(PDF), record=Thing())
    answers = []
    monkeypatch.setattr(MAY_READ, "_answerers", answers)
    assert not may_read(actor, stored)
    answers.append(lambda actor, stored: None)
    assert not may_read(actor, stored)
    answers.append(lambda actor, stored: True)
    assert may_read(actor, stored)
    answers.append(lambda actor, stored: False)
    assert not may_read(actor, stored)
    answers.pop()
    assert not may_read(actor, remove(actor=actor, stored=stored))
