"""Anchors: several hosts, shared and own folders, torn lines, copies elsewhere, and what an anchor does not cover."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from factories import need, organisation, programme
from jiandao import cli
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.jobs import worker
from jiandao.kernel.journal.anchor import anchor, path
from jiandao.kernel.journal.digests import entry_digest, merkle_root, seal_digest
from jiandao.kernel.journal.models import JournalEntry, JournalSeal
from jiandao.kernel.journal.seal import seal_all
from jiandao.kernel.journal.verify import verify


@pytest.fixture(autouse=True)
def own_data_folder(settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path / "a"


@pytest.fixture
def one_need(db):
    return need(programme(), organisation())


def sealed(record, times=1):
    for _time in range(times):
        with transaction.atomic():
            journal.record(actor=Actor(), verb="edit", record=record)
        seal_all()


def numbers():
    return [json.loads(line)["number"] for line in path().read_text().splitlines()]


def test_hosts_that_anchor_in_turn_into_folders_of_their_own_are_each_whole(one_need, settings, tmp_path):
    for round_ in range(3):
        for host in "ab":
            settings.JIANDAO_DATA = tmp_path / host
            sealed(one_need)
            assert anchor().number == 2 * round_ + (1 if host == "a" else 2)
    with clock.frozen(clock.now() + timedelta(hours=23)):
        for host in "ab":
            settings.JIANDAO_DATA = tmp_path / host
            verdict = verify()
            assert (verdict.broken, verdict.anchors) == (None, 3)
        both = verify(tmp_path / "a" / "anchors" / "journal.jsonl")
        assert (both.broken, both.anchors) == (None, 6)


def test_duplicates_and_lines_out_of_order_are_no_fault(one_need):
    for _seal in range(3):
        sealed(one_need)
        anchor()
    first, second, third = path().read_text().splitlines(keepends=True)
    path().write_text(second + first + third + first + third)
    with clock.frozen(clock.now() + timedelta(days=2)):
        verdict = verify()
    assert (verdict.broken, verdict.anchors, verdict.unreadable) == (None, 5, 0)


def test_of_two_lines_that_differ_the_false_one_is_named_wherever_it_stands(one_need):
    sealed(one_need)
    anchor()
    true = path().read_text()
    false = json.dumps(json.loads(true) | {"digest": "00" * 32}) + "\n"
    for text, at in ((true + false, 2), (false + true, 1)):
        path().write_text(text)
        assert verify().broken.where == f"seal 1 (journal.jsonl:{at})"


def test_a_line_that_was_cut_off_spoils_no_other(one_need):
    sealed(one_need)
    anchor()
    whole = path().read_bytes()
    path().write_bytes(whole + whole[:40])
    sealed(one_need)
    assert anchor().number == 2
    assert anchor().number == 2
    lines = path().read_bytes().splitlines()
    assert lines[1] == whole[:40]
    assert [json.loads(lines[at])["number"] for at in (0, 2)] == [1, 2]
    verdict = verify()
    assert (verdict.broken, verdict.anchors, verdict.unreadable) == (None, 2, 1)


@pytest.mark.parametrize("text", [b"\0\0\0\n", b"[1]\n", b'{"number": true}\n', b"\xff\xfe\n", b"{" * 9000 + b"\n"])
def test_lines_of_any_kind_are_counted_and_end_no_verification(one_need, text):
    sealed(one_need)
    anchor()
    path().write_bytes(text + path().read_bytes())
    verdict = verify()
    assert (verdict.broken, verdict.anchors) == (None, 1)
    assert verdict.unreadable >= 1


def test_processes_that_share_a_folder_write_each_seal_once_and_whole(transactional_db, race):
    record = need(programme(), organisation())
    for _round in range(5):
        sealed(record)
        outcomes = race(*[anchor] * 4)
        assert [one.error for one in outcomes] == [None] * 4
    assert numbers() == [1, 2, 3, 4, 5]
    assert verify().sound


def test_a_line_written_while_verification_runs_is_no_fault(transactional_db, monkeypatch, race):
    """Its seal may be newer than the snapshot that the verification sees."""
    from jiandao.kernel.journal import verify as verifying

    record = need(programme(), organisation())
    sealed(record)
    anchor()
    entries = verifying._entries

    def meanwhile(counts):
        found = entries(counts)
        other = threading.Thread(target=lambda: (sealed(record), anchor(), connection.close()))
        other.start()
        other.join(20)
        return found

    monkeypatch.setattr(verifying, "_entries", meanwhile)
    verdict = verify()
    assert numbers() == [1, 2]
    assert (verdict.broken, verdict.anchors) == (None, 1)


def test_the_command_compares_with_a_copy_kept_elsewhere(one_need, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("jiandao.web.commands.journal.prepare", lambda: None)
    sealed(one_need)
    anchor()
    copy = tmp_path / "write-once.jsonl"
    copy.write_text(path().read_text())
    assert cli.main(["journal", "verify", "--anchors", str(copy)]) == 0
    copy.write_text(copy.read_text().replace('"number": 1', '"number": 2'))
    assert cli.main(["journal", "verify", "--anchors", str(copy)]) == 3
    assert "write-once.jsonl:1" in capsys.readouterr().err
    assert cli.main(["journal", "verify", "--anchors", str(tmp_path / "no.jsonl")]) == 2
    assert "no.jsonl" in capsys.readouterr().err


def rewrite(cursor, entry, seal, verb):
    """What a superuser can do: change an entry and recompute all digests above it, so that everything fits again."""
    root = {"algorithm": entry.algorithm}
    digest = entry_digest(
        **root, previous=bytes(entry.previous), at=entry.at, actor_id=entry.actor_id, role=entry.role, verb=verb,
        kind=entry.kind, record_id=entry.record_id, sequence=entry.sequence, programme_id=entry.programme_id,
        rule=entry.rule, edition=entry.edition, payload=bytes(entry.payload_digest),
    )  # fmt: skip
    top = merkle_root(seal.algorithm, [digest])
    whole = seal_digest(
        seal.algorithm, previous=bytes(seal.previous), number=seal.number, at=seal.at, count=1, root=top
    )
    cursor.execute("SET session_replication_role = replica")
    cursor.execute("UPDATE jd_kernel_journalentry SET verb = %s, digest = %s WHERE id = %s", [verb, digest, entry.pk])
    cursor.execute("UPDATE jd_kernel_journalseal SET root = %s, digest = %s WHERE id = %s", [top, whole, seal.pk])


def test_a_superuser_who_recomputes_everything_is_convicted_by_an_anchor_and_by_nothing_else(
    transactional_db, superuser_connection
):
    """The promise of SECURITY.md, and its limit: before the next anchor nothing outside the database knows better."""
    sealed(need(programme(), organisation()))
    with superuser_connection.cursor() as cursor:
        rewrite(cursor, JournalEntry.objects.get(), JournalSeal.objects.get(), "publish")
    superuser_connection.commit()
    assert verify().sound
    anchor()
    with superuser_connection.cursor() as cursor:
        rewrite(cursor, JournalEntry.objects.get(), JournalSeal.objects.get(), "submit")
    superuser_connection.commit()
    assert verify().broken.where == "seal 1 (journal.jsonl:1)"


def test_every_worker_anchors_on_its_own_host(transactional_db, monkeypatch):
    monkeypatch.setattr(worker, "ANCHOR", 0.05)
    sealed(need(programme(), organisation()))
    stop = threading.Event()
    thread = threading.Thread(target=worker.anchor_here, args=[stop])
    thread.start()
    for _wait in range(200):
        if path().exists() and path().stat().st_size:
            break
        stop.wait(0.05)
    stop.set()
    thread.join(5)
    assert numbers() == [1]
