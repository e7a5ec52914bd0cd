"""What the database itself refuses: changing the journal, in any role."""

from django.db import migrations

from jiandao.kernel.database.constraints import AppendOnly

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


class Migration(migrations.Migration):
    dependencies = [("jd_kernel", "0001_initial")]

    operations = [
        AppendOnly("JournalEntry"),
        AppendOnly("JournalPayload", columns=("body", "erased_at", "erased_basis")),
        AppendOnly("JournalSeal"),
        AppendOnly("JournalLeaf"),
        AppendOnly("JournalPending", allow=("DELETE",)),
        migrations.RunSQL(ERASE_ONLY, UNDO),
    ]
