"""The ledger, and what the database itself promises about it: balance, totals, no envelope exceeded, nothing edited."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import jiandao.kernel.clock
import jiandao.kernel.public_ids
from jiandao.kernel.database.constraints import AppendOnly, SameProgramme

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
    dependencies = [
        ("jd_kernel", "0013_rulebook"),
    ]

    operations = [
        migrations.CreateModel(
            name="Envelope",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("made_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("year", models.PositiveSmallIntegerField()),
                ("purpose", models.CharField(max_length=200)),
                ("budget_fen", models.BigIntegerField(default=0)),
                ("reserved_fen", models.BigIntegerField(default=0)),
                ("committed_fen", models.BigIntegerField(default=0)),
                ("paid_fen", models.BigIntegerField(default=0)),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
            ],
            options={
                "ordering": ("-year", "purpose"),
            },
        ),
        migrations.CreateModel(
            name="LedgerAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("made_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=100)),
                (
                    "nature",
                    models.CharField(
                        choices=[
                            ("asset", "asset"),
                            ("expense", "expense"),
                            ("liability", "liability"),
                            ("funding", "funding"),
                            ("income", "income"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "control",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("appropriated", "appropriated"),
                            ("free", "not yet reserved"),
                            ("reserved", "reserved"),
                            ("committed", "committed"),
                            ("paid", "paid"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
            ],
            options={
                "ordering": ("code",),
            },
        ),
        migrations.CreateModel(
            name="LedgerTransaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("made_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("raise-envelope", "raise the envelope"),
                            ("lower-envelope", "lower the envelope"),
                            ("reserve-money", "reserve money"),
                            ("commit-money", "commit money"),
                            ("pay-money", "pay money"),
                            ("release-money", "release money"),
                            ("post-entry", "post an entry"),
                            ("reverse-entry", "reverse by a counter-entry"),
                        ],
                        max_length=20,
                    ),
                ),
                ("booked_on", models.DateField()),
                ("text", models.CharField(max_length=200)),
                ("amount_fen", models.BigIntegerField()),
                ("lines", models.PositiveSmallIntegerField()),
                ("key", models.CharField(blank=True, max_length=100)),
                ("content", models.CharField(blank=True, max_length=64)),
                (
                    "envelope",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.envelope",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="jd_kernel.ledgertransaction",
                    ),
                ),
            ],
            options={
                "ordering": ("booked_on", "id"),
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_fen", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.ledgeraccount",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.ledgertransaction",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("made_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("text", models.CharField(max_length=200)),
                ("about_kind", models.CharField(blank=True, max_length=60)),
                ("about_id", models.BigIntegerField(null=True)),
                ("reserved_fen", models.BigIntegerField(default=0)),
                ("committed_fen", models.BigIntegerField(default=0)),
                ("paid_fen", models.BigIntegerField(default=0)),
                (
                    "envelope",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.envelope",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.AddField(
            model_name="ledgertransaction",
            name="reservation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="jd_kernel.reservation",
            ),
        ),
        migrations.AddConstraint(
            model_name="envelope",
            constraint=models.UniqueConstraint(fields=("programme", "year", "purpose"), name="envelope_once"),
        ),
        migrations.AddConstraint(
            model_name="envelope",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("purpose", ""), _negated=True), ("year__gte", 1900), ("year__lte", 9999)),
                name="envelope_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="envelope",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("budget_fen__gte", 0), ("committed_fen__gte", 0), ("paid_fen__gte", 0), ("reserved_fen__gte", 0)
                ),
                name="envelope_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="envelope",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "budget_fen__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("reserved_fen"), "+", models.F("committed_fen")
                            ),
                            "+",
                            models.F("paid_fen"),
                        ),
                    )
                ),
                name="envelope_not_exceeded",
            ),
        ),
        migrations.AddConstraint(
            model_name="envelope",
            constraint=models.CheckConstraint(
                condition=models.Q(("budget_fen__lte", 100000000000000000)), name="envelope_not_too_large"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgeraccount",
            constraint=models.UniqueConstraint(fields=("programme", "code"), name="ledger_account_once"),
        ),
        migrations.AddConstraint(
            model_name="ledgeraccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("control", ""), _negated=True),
                fields=("programme", "control"),
                name="ledger_control_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgeraccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("nature__in", ["asset", "expense", "liability", "funding", "income"])),
                name="ledger_nature_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgeraccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("control__in", ["", "appropriated", "free", "reserved", "committed", "paid"])),
                name="ledger_control_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount_fen", 0), _negated=True),
                    ("amount_fen__gte", -100000000000000000),
                    ("amount_fen__lte", 100000000000000000),
                ),
                name="posting_amount",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(fields=["about_kind", "about_id"], name="reservation_by_record"),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(("committed_fen__gte", 0), ("paid_fen__gte", 0), ("reserved_fen__gte", 0)),
                name="reservation_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("about_id__isnull", True), ("about_kind", "")),
                    models.Q(models.Q(("about_kind", ""), _negated=True), ("about_id__isnull", False)),
                    _connector="OR",
                ),
                name="reservation_about_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgertransaction",
            index=models.Index(fields=["programme", "booked_on"], name="ledger_by_date"),
        ),
        migrations.AddConstraint(
            model_name="ledgertransaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True), fields=("programme", "key"), name="ledger_key_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgertransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "verb__in",
                        [
                            "raise-envelope",
                            "lower-envelope",
                            "reserve-money",
                            "commit-money",
                            "pay-money",
                            "release-money",
                            "post-entry",
                            "reverse-entry",
                        ],
                    )
                ),
                name="ledger_verb_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgertransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0), ("lines__gte", 2)), name="ledger_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgertransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("reservation__isnull", True), ("envelope__isnull", False), _connector="OR"),
                name="ledger_reservation_in_envelope",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgertransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reverses__isnull", False), ("verb", "reverse-entry")),
                    models.Q(models.Q(("verb", "reverse-entry"), _negated=True), ("reverses__isnull", True)),
                    _connector="OR",
                ),
                name="ledger_reverse_of_one",
            ),
        ),
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
