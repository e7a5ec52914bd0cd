"""What the database itself refuses: changing the journal, and money that does not add up, in any role."""

from django.db import migrations

from jiandao.kernel.database.constraints import AppendOnly, SameProgramme

# An erasure takes a text away and says why; no other change of a payload passes.
ERASE_ONLY = """
CREATE FUNCTION jd_journal_erase_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF OLD.body IS NULL OR NEW.body IS NOT NULL THEN
        RAISE EXCEPTION 'a payload of the journal can only be erased' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER jd_journal_erase_only BEFORE UPDATE ON jd_kernel_journalpayload
    FOR EACH ROW EXECUTE FUNCTION jd_journal_erase_only();
"""
UNDO = """
DROP TRIGGER jd_journal_erase_only ON jd_kernel_journalpayload;
DROP FUNCTION jd_journal_erase_only();
"""

# Totals follow the postings, in the statement that inserts them; one UPDATE an envelope locks its row until the end of
# the transaction, and its CHECK constraints refuse what would exceed it, whoever inserts.
TOTALS = """
CREATE FUNCTION jd_ledger_totals() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    IF EXISTS (
        SELECT FROM fresh p
        JOIN jd_kernel_ledgeraccount a ON a.id = p.account_id
        JOIN jd_kernel_ledgertransaction t ON t.id = p.transaction_id
        WHERE (a.control <> '') <> (t.envelope_id IS NOT NULL)
           OR (a.control IN ('reserved', 'committed', 'paid') AND t.reservation_id IS NULL)
    ) THEN
        RAISE EXCEPTION 'a posting over a control account names its envelope and reservation, and no other posting does'
            USING ERRCODE = 'check_violation';
    END IF;
    UPDATE jd_kernel_envelope e
    SET budget_fen = e.budget_fen - s.appropriated, reserved_fen = e.reserved_fen + s.reserved,
        committed_fen = e.committed_fen + s.committed, paid_fen = e.paid_fen + s.paid
    FROM (
        SELECT t.envelope_id AS id,
               coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'appropriated'), 0) AS appropriated,
               coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'reserved'), 0) AS reserved,
               coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'committed'), 0) AS committed,
               coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'paid'), 0) AS paid
        FROM fresh p
        JOIN jd_kernel_ledgeraccount a ON a.id = p.account_id
        JOIN jd_kernel_ledgertransaction t ON t.id = p.transaction_id
        WHERE t.envelope_id IS NOT NULL
        GROUP BY t.envelope_id
    ) s
    WHERE e.id = s.id;
    UPDATE jd_kernel_reservation r
    SET reserved_fen = r.reserved_fen + s.reserved, committed_fen = r.committed_fen + s.committed,
        paid_fen = r.paid_fen + s.paid
    FROM (
        SELECT t.reservation_id AS id,
               coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'reserved'), 0) AS reserved,
               coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'committed'), 0) AS committed,
               coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'paid'), 0) AS paid
        FROM fresh p
        JOIN jd_kernel_ledgeraccount a ON a.id = p.account_id
        JOIN jd_kernel_ledgertransaction t ON t.id = p.transaction_id
        WHERE t.reservation_id IS NOT NULL
        GROUP BY t.reservation_id
    ) s
    WHERE r.id = s.id;
    RETURN NULL;
END $body$;
CREATE TRIGGER jd_ledger_totals AFTER INSERT ON jd_kernel_posting
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION jd_ledger_totals();
"""
NO_TOTALS = """
DROP TRIGGER jd_ledger_totals ON jd_kernel_posting;
DROP FUNCTION jd_ledger_totals();
"""

# The application's role may touch the totals only because the trigger above runs in its name: depth 1 is a plain UPDATE.
GUARD = """
CREATE FUNCTION jd_ledger_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
DECLARE
    told jsonb := to_jsonb(NEW);
BEGIN
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' AND coalesce((told ->> 'budget_fen')::bigint, 0) = 0 AND (told ->> 'reserved_fen')::bigint = 0
        AND (told ->> 'committed_fen')::bigint = 0 AND (told ->> 'paid_fen')::bigint = 0 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % is refused: totals change only with postings', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $body$;
CREATE TRIGGER jd_ledger_guard BEFORE INSERT OR UPDATE ON jd_kernel_envelope
    FOR EACH ROW EXECUTE FUNCTION jd_ledger_guard();
CREATE TRIGGER jd_ledger_guard BEFORE INSERT OR UPDATE ON jd_kernel_reservation
    FOR EACH ROW EXECUTE FUNCTION jd_ledger_guard();
"""
NO_GUARD = """
DROP TRIGGER jd_ledger_guard ON jd_kernel_envelope;
DROP TRIGGER jd_ledger_guard ON jd_kernel_reservation;
DROP FUNCTION jd_ledger_guard();
"""

# At the end of the database's transaction: as many lines as announced, debits equal credits, a counter-entry mirrors.
WHOLE = """
CREATE FUNCTION jd_ledger_whole() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    head jd_kernel_ledgertransaction;
    other jd_kernel_ledgertransaction;
    number bigint;
    balance numeric;
    debits numeric;
BEGIN
    IF TG_TABLE_NAME = 'jd_kernel_posting' THEN
        SELECT * INTO head FROM jd_kernel_ledgertransaction WHERE id = NEW.transaction_id;
    ELSE
        head := NEW;
    END IF;
    SELECT count(*), coalesce(sum(amount_fen), 0), coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0)
    INTO number, balance, debits FROM jd_kernel_posting WHERE transaction_id = head.id;
    IF balance <> 0 OR number <> head.lines OR debits <> head.amount_fen THEN
        RAISE EXCEPTION 'ledger transaction % is not in balance: % of % lines, sum %, debits % of %',
            head.id, number, head.lines, balance, debits, head.amount_fen USING ERRCODE = 'check_violation';
    END IF;
    IF head.reverses_id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO other FROM jd_kernel_ledgertransaction WHERE id = head.reverses_id;
    IF other.reverses_id IS NOT NULL
        OR other.envelope_id IS DISTINCT FROM head.envelope_id
        OR other.reservation_id IS DISTINCT FROM head.reservation_id
        OR EXISTS (
            SELECT FROM jd_kernel_posting WHERE transaction_id IN (head.id, other.id)
            GROUP BY account_id HAVING sum(amount_fen) <> 0
        ) THEN
        RAISE EXCEPTION 'ledger transaction % does not mirror transaction %', head.id, other.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $body$;
CREATE CONSTRAINT TRIGGER jd_ledger_whole AFTER INSERT ON jd_kernel_ledgertransaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION jd_ledger_whole();
CREATE CONSTRAINT TRIGGER jd_ledger_whole AFTER INSERT ON jd_kernel_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION jd_ledger_whole();
"""
NOT_WHOLE = """
DROP TRIGGER jd_ledger_whole ON jd_kernel_ledgertransaction;
DROP TRIGGER jd_ledger_whole ON jd_kernel_posting;
DROP FUNCTION jd_ledger_whole();
"""


class Migration(migrations.Migration):
    replaces = [("jd_kernel", "0002_promises")]

    dependencies = [("jd_kernel", "0001_tables")]

    operations = [
        AppendOnly("JournalEntry"),
        AppendOnly("JournalPayload", columns=("body", "erased_at", "erased_basis")),
        AppendOnly("JournalSeal"),
        AppendOnly("JournalLeaf"),
        AppendOnly("JournalPending", allow=("DELETE",)),
        migrations.RunSQL(ERASE_ONLY, UNDO),
        AppendOnly("RuleEdition"),
        SameProgramme("Reservation", "envelope"),
        SameProgramme("LedgerTransaction", "envelope"),
        SameProgramme("LedgerTransaction", "reservation"),
        SameProgramme("LedgerTransaction", "reservation", programme="envelope"),
        SameProgramme("LedgerTransaction", "reverses"),
        SameProgramme("Posting", "transaction"),
        SameProgramme("Posting", "account"),
        AppendOnly("LedgerAccount"),
        AppendOnly("LedgerTransaction"),
        AppendOnly("Posting"),
        AppendOnly("Envelope", columns=("budget_fen", "reserved_fen", "committed_fen", "paid_fen")),
        AppendOnly("Reservation", columns=("reserved_fen", "committed_fen", "paid_fen")),
        migrations.RunSQL(TOTALS, NO_TOTALS),
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunSQL(WHOLE, NOT_WHOLE),
    ]
