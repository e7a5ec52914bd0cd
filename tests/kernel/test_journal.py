"""The journal: appended with the change, linked, sealed, anchored, verified; refused any other change."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from factories import account, actor, need, organisation, programme
from jiandao import cli
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.journal.anchor import anchor, path
from jiandao.kernel.journal.digests import merkle_root
from jiandao.kernel.journal.erase import erase
from jiandao.kernel.journal.models import JournalEntry, JournalPayload, JournalSeal
from jiandao.kernel.journal.seal import seal_all
from jiandao.kernel.journal.verify import verify
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme


@pytest.fixture
def one_need(db):
    return need(programme(), organisation())


@pytest.fixture(autouse=True)
def own_data_folder(settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path


def write(record, verb="edit", **more):
    with transaction.atomic():
        return journal.record(actor=Actor(account=more.pop("account", None)), verb=verb, record=record, **more)


def test_entries_of_a_record_are_numbered_and_linked(one_need):
    for verb in ("create", "edit", "submit"):
        write(one_need, verb, after={"title": "新题目"})
    rows = list(JournalEntry.objects.filter(kind=one_need.kind, record_id=one_need.pk).order_by("sequence"))
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert [bytes(row.previous) for row in rows] == [b"", bytes(rows[0].digest), bytes(rows[1].digest)]
    assert verify().sound


def test_entries_of_many_records_at_once_go_on_with_the_chain_of_each(db, max_queries):
    first, second = need(programme(), organisation()), need(programme(), organisation())
    write(first, "create", after={"title": "旧"})
    changes = [(first, {"title": "旧"}, {"title": "新"}), (second, {}, {"state": "draft"})]
    with transaction.atomic(), max_queries(5):
        journal.record_many(actor=Actor(), verb="import", changes=changes, role="x", facts={"import": "AB"}, rule="r")
    newest, oldest = journal.timeline(first.kind, first.pk)
    assert (newest.verb, newest.before, newest.after) == ("import", {"title": "旧"}, {"title": "新"})
    assert (newest.facts, newest.rule, newest.role) == ({"import": "AB"}, "r", "x")
    assert oldest.verb == "create"
    (only,) = journal.timeline(second.kind, second.pk)
    assert (only.before, only.after) == ({}, {"state": "draft"})
    assert seal_all() == 3
    assert verify().sound


def test_an_entry_outside_a_transaction_is_refused(transactional_db):
    record = need(programme(), organisation())
    with pytest.raises(RuntimeError, match="transaction"):
        journal.record(actor=Actor(), verb="edit", record=record)


def test_the_timeline_names_the_person_and_keeps_the_reason(one_need, max_queries):
    from factories import person

    writer = account("li")
    person("李华", of=writer)
    write(
        one_need,
        "return",
        account=writer,
        role=Role.PROGRAMME_OFFICER,
        reason="没有单位",
        before={"state": "submitted"},
    )
    with max_queries(2):
        (entry,) = journal.timeline(one_need.kind, one_need.pk)
    assert (entry.who, entry.verb, entry.reason, entry.before) == ("李华", "return", "没有单位", {"state": "submitted"})


def test_sealing_takes_what_is_pending_once(one_need):
    for _ in range(5):
        write(one_need)
    assert seal_all() == 5
    assert seal_all() == 0
    (seal,) = JournalSeal.objects.all()
    assert (seal.number, seal.count) == (1, 5)
    write(one_need)
    assert verify().pending == 1
    assert seal_all() == 1
    verdict = verify()
    assert (verdict.entries, verdict.seals, verdict.pending, verdict.broken) == (6, 2, 0, None)


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_both_digests_verify_and_may_follow_each_other(one_need, settings, algorithm):
    write(one_need)
    seal_all()
    settings.JIANDAO_JOURNAL_ALGORITHM = algorithm
    write(one_need)
    seal_all()
    assert JournalEntry.objects.order_by("-id")[0].algorithm == algorithm
    assert verify().sound


def test_an_erased_text_is_gone_and_the_chain_is_whole(one_need):
    entry = JournalEntry.objects.get(pk=write(one_need, reason="张三的手机号码"))
    seal_all()
    by = actor((Role.SECURITY_ADMINISTRATOR, None))
    for somebody, basis in (
        (by, " "),
        (by, "x" * 301),
        (actor((Role.AUDIT_ADMINISTRATOR, None)), "令"),
        (Actor(), "令"),
    ):
        with pytest.raises(NotAllowed):
            erase(actor=somebody, entry=entry, basis=basis)
    erase(actor=by, entry=entry, basis="鄂网信〔2026〕1号")
    assert JournalPayload.objects.get(pk=entry.pk).body is None
    assert journal.timeline(one_need.kind, one_need.pk)[0].erased
    verdict = verify()
    assert (verdict.sound, verdict.erased) == (True, 1)
    with pytest.raises(NotAllowed, match="nothing_to_erase"):
        erase(actor=by, entry=entry, basis="again")


@pytest.mark.parametrize("table", ["journalentry", "journalpayload", "journalseal", "journalleaf"])
@pytest.mark.parametrize(
    "statement", ["UPDATE jd_kernel_{} SET {} = {}", "DELETE FROM jd_kernel_{}", "TRUNCATE jd_kernel_{} CASCADE"]
)
def test_the_database_refuses_any_change(one_need, table, statement):
    write(one_need)
    seal_all()
    column = {"journalentry": "id", "journalpayload": "salt", "journalseal": "id", "journalleaf": "position"}[table]
    with pytest.raises(DatabaseError, match=r"permission|refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column, column))


def test_a_payload_cannot_be_replaced_by_another_text(one_need):
    entry = write(one_need, reason="old")
    with pytest.raises(DatabaseError, match="erased"), transaction.atomic():
        JournalPayload.objects.filter(pk=entry).update(body="{}", erased_basis="x")


def test_a_text_that_was_erased_without_an_entry_is_named(transactional_db, superuser_connection):
    entry = write(need(programme(), organisation()), reason="张三的手机号码")
    seal_all()
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE jd_kernel_journalpayload SET body = NULL, erased_at = now(), erased_basis = 'law' WHERE entry_id = %s",
            [entry],
        )
    superuser_connection.commit()
    broken = verify().broken
    assert broken is not None
    assert (broken.what, broken.where.split(" (")[0]) == ("payload", f"entry {entry}")


def test_a_seal_that_was_cut_off_the_end_is_missed_by_its_entries(transactional_db, superuser_connection):
    record = need(programme(), organisation())
    for _seal in range(2):
        write(record)
        seal_all()
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM jd_kernel_journalseal WHERE number = 2")
    superuser_connection.commit()
    broken = verify().broken
    assert broken is not None
    assert (broken.what, broken.where) == ("seal", "seal after 1")


def test_seals_without_an_anchor_for_a_day_are_a_fault(one_need):
    write(one_need)
    seal_all()
    assert verify().sound
    tomorrow = clock.now() + timedelta(days=1, minutes=1)
    with clock.frozen(tomorrow):
        assert verify().broken.what == "anchor"
        anchor()
        assert verify().sound
        path().unlink()  # somebody removed the file
        assert verify().broken.where == "seal 1"


TAMPER = {
    "entry": "UPDATE jd_kernel_journalentry SET verb = 'publish' WHERE id = %s",
    "payload": "UPDATE jd_kernel_journalpayload SET body = '{}' WHERE entry_id = %s",
    "gone": "DELETE FROM jd_kernel_journalleaf WHERE entry_id = %s",
}


@pytest.mark.parametrize("what", TAMPER)
def test_a_change_by_the_superuser_is_named(transactional_db, superuser_connection, what):
    record = need(programme(), organisation())
    entries = [write(record, reason="first"), write(record, reason="second")]
    seal_all()
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(TAMPER[what], [entries[1]])
    superuser_connection.commit()
    broken = verify().broken
    assert broken is not None
    assert f"entry {entries[1]} ({record.kind} {record.pk} #2)" == broken.where
    assert broken.what == {"entry": "entry", "payload": "payload", "gone": "seal"}[what]


def test_deleted_entries_are_missed_by_their_seal(transactional_db, superuser_connection):
    record = need(programme(), organisation())
    write(record)
    last = write(record)
    seal_all()
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("journalleaf", "journalpayload"):
            cursor.execute(f"DELETE FROM jd_kernel_{table} WHERE entry_id = %s", [last])
        cursor.execute("DELETE FROM jd_kernel_journalentry WHERE id = %s", [last])
    superuser_connection.commit()
    broken = verify().broken
    assert broken is not None
    assert (broken.what, broken.where) == ("seal", "seal 1")
    assert broken.why == "封存时有2条，现有1条"


def test_the_anchor_outside_convicts_a_rewritten_journal(transactional_db, superuser_connection):
    record = need(programme(), organisation())
    write(record)
    seal_all()
    assert anchor() is not None
    assert anchor().number == 1  # a second time writes no second line
    assert len(path().read_text().splitlines()) == 1
    assert verify().anchors == 1
    line = json.loads(path().read_text())
    path().write_text(json.dumps(line | {"digest": "00" * 32}) + "\n")
    assert verify().broken.what == "anchor"
    path().write_text(json.dumps(line | {"number": 7}) + "\n")
    assert verify().broken.where == "seal 7 (journal.jsonl:1)"


def test_two_entries_at_once_cannot_fork_a_record(race):
    record = need(programme(), organisation())
    outcomes = race(*[lambda: write(record)] * 4)
    failed = [one for one in outcomes if one.error is not None]
    assert all(isinstance(one.error, IntegrityError) for one in failed)
    sequences = list(
        JournalEntry.objects.filter(record_id=record.pk).values_list("sequence", flat=True).order_by("sequence")
    )
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(sequences) + len(failed) == 4
    assert verify().sound


def test_a_merkle_root_depends_on_every_leaf_and_on_their_order():
    leaves = [bytes([i]) * 32 for i in range(7)]
    root = merkle_root("sha256", leaves)
    assert merkle_root("sha256", leaves[::-1]) != root
    for i in range(7):
        assert merkle_root("sha256", [*leaves[:i], b"x" * 32, *leaves[i + 1 :]]) != root
    assert merkle_root("sha256", leaves[:6]) != root


def test_lifecycle_verbs_are_journalled_with_role_and_rule(db):
    from jiandao.kernel.lifecycle import perform

    inside, of = programme(), organisation()
    officer = actor((Role.PROGRAMME_OFFICER, inside))
    record = need(inside, of, state="submitted")
    with in_programme(inside):
        perform(
            actor=officer, record=record, verb="return", expected_version=1, reason="缺少测试方法", cause="return.other"
        )
    (entry,) = journal.timeline(record.kind, record.pk)
    assert (entry.verb, entry.role, entry.rule, entry.reason) == (
        "return",
        Role.PROGRAMME_OFFICER,
        "exchange.need.check",
        "缺少测试方法",
    )
    assert (entry.before, entry.after) == ({"state": "submitted"}, {"state": "returned"})


def test_the_command_erases_in_the_name_of_a_security_administrator_only(one_need, capsys, monkeypatch):
    monkeypatch.setattr("jiandao.web.commands.journal.prepare", lambda: None)
    number = write(one_need, reason="张三的手机号码")
    security = actor((Role.SECURITY_ADMINISTRATOR, None), name="anquan")
    actor((Role.SYSTEM_ADMINISTRATOR, None), name="xitong")
    command = ["journal", "erase", str(number), "--basis", "鄂网信〔2026〕1号", "--as"]
    for words in ([*command, "xitong"], [*command, "nobody"], ["journal", "erase", "0", *command[3:], "anquan"]):
        assert cli.main(words) == 2
        assert capsys.readouterr().err
    assert JournalPayload.objects.get(pk=number).body
    assert cli.main([*command, "anquan"]) == 0
    assert JournalPayload.objects.get(pk=number).body is None
    (entry,) = journal.timeline("kernel.journal-entry", number)
    assert (entry.actor_id, entry.reason, entry.rule) == (security.account_id, "鄂网信〔2026〕1号", "journal.erase")
