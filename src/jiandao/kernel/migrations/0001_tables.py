import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import jiandao.kernel.clock
import jiandao.kernel.public_ids
import jiandao.kernel.search.models


class Migration(migrations.Migration):
    replaces = [
        ("jd_kernel", "0001_initial"),
        ("jd_kernel", "0010_services"),
        ("jd_kernel", "0011_files"),
        ("jd_kernel", "0012_outbox"),
        ("jd_kernel", "0013_rulebook"),
        ("jd_kernel", "0014_ledger"),
        ("jd_kernel", "0015_api"),
        ("jd_kernel", "0016_saved_views"),
        ("jd_kernel", "0017_file_captions"),
        ("jd_kernel", "0018_message_by_record"),
        ("jd_kernel", "0019_sent_form"),
        ("jd_kernel", "0020_file_without_level"),
        ("jd_kernel", "0021_view_alerts"),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="JournalSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField(unique=True)),
                ("at", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
                ("algorithm", models.CharField(max_length=10)),
                ("root", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("digest", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="PeriodicRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("incident", models.CharField(blank=True, max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="Programme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name_zh", models.CharField(max_length=120)),
                ("name_en", models.CharField(max_length=120)),
                ("is_demonstration", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("username", models.CharField(max_length=150, unique=True)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("language", models.CharField(blank=True, max_length=10)),
                ("is_active", models.BooleanField(default=True)),
                ("is_service", models.BooleanField(default=False)),
                ("is_demonstration", models.BooleanField(default=False)),
                ("date_joined", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("username"),
                        name="account_username_any_case",
                        violation_error_message="This sign-in name is taken.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("role", models.CharField(max_length=30)),
                ("verb", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
                ("sequence", models.PositiveIntegerField()),
                ("rule", models.CharField(blank=True, max_length=100)),
                ("edition", models.CharField(blank=True, max_length=40)),
                ("algorithm", models.CharField(max_length=10)),
                ("payload_digest", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("digest", models.BinaryField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.programme",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["programme", "-at"], name="journal_by_programme"),
                    models.Index(fields=["actor", "-at"], name="journal_by_actor"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "record_id", "sequence"), name="journal_no_fork")
                ],
            },
        ),
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
                "constraints": [
                    models.UniqueConstraint(fields=("programme", "year", "purpose"), name="envelope_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("purpose", ""), _negated=True), ("year__gte", 1900), ("year__lte", 9999)
                        ),
                        name="envelope_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("budget_fen__gte", 0),
                            ("committed_fen__gte", 0),
                            ("paid_fen__gte", 0),
                            ("reserved_fen__gte", 0),
                        ),
                        name="envelope_not_negative",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(("budget_fen__lte", 100000000000000000)), name="envelope_not_too_large"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IndexChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
                ("at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                (
                    "transaction_id",
                    jiandao.kernel.search.models.TransactionId(db_default=models.Func(function="pg_current_xact_id")),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["transaction_id", "id"], name="index_change_order")],
            },
        ),
        migrations.CreateModel(
            name="JournalPending",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="jd_kernel.journalentry",
                    ),
                ),
            ],
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
                "constraints": [
                    models.UniqueConstraint(fields=("programme", "code"), name="ledger_account_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("control", ""), _negated=True),
                        fields=("programme", "control"),
                        name="ledger_control_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("nature__in", ["asset", "expense", "liability", "funding", "income"])),
                        name="ledger_nature_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("control__in", ["", "appropriated", "free", "reserved", "committed", "paid"])
                        ),
                        name="ledger_control_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=80)),
                ("kind", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
                ("facts", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="jd_kernel.programme",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["account", "read_at", "-id"], name="notification_unread"),
                    models.Index(fields=["kind", "record_id"], name="notification_by_record"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("changed_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("hold", models.BooleanField(default=False)),
                (
                    "created_by",
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("changed_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("task", models.CharField(max_length=100)),
                ("params", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelling", "being cancelled"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(null=True)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("counts", models.JSONField(default=dict)),
                ("result_url", models.CharField(blank=True, max_length=500)),
                ("fault", models.TextField(blank=True)),
                ("incident", models.CharField(blank=True, max_length=20)),
                ("queue_id", models.BigIntegerField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("crashes", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("heartbeat", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.programme",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["programme", "-id"], name="job_by_programme"),
                    models.Index(fields=["account", "-id"], name="job_by_account"),
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "running", "cancelling"))),
                        fields=["heartbeat"],
                        name="job_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "running", "done", "failed", "cancelling", "cancelled"])
                        ),
                        name="job_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", False), ("state__in", ("done", "failed", "cancelled"))),
                            models.Q(("ended_at__isnull", True), ("state__in", ("queued", "running", "cancelling"))),
                            _connector="OR",
                        ),
                        name="job_ended_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("form", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField(null=True)),
                ("base_version", models.PositiveIntegerField(default=0)),
                ("serial", models.PositiveIntegerField(default=1)),
                ("data", models.JSONField(default=dict)),
                ("saved_at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="jd_kernel.programme",
                    ),
                ),
            ],
            options={
                "ordering": ("-saved_at",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "programme", "form", "record_id"), name="draft_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuotaUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=30)),
                ("who", models.CharField(max_length=80)),
                ("window", models.BigIntegerField()),
                ("used", models.PositiveIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["window"], name="quota_by_window")],
                "constraints": [models.UniqueConstraint(fields=("name", "who", "window"), name="quota_once")],
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.envelope"
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
                "indexes": [models.Index(fields=["about_kind", "about_id"], name="reservation_by_record")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("committed_fen__gte", 0), ("paid_fen__gte", 0), ("reserved_fen__gte", 0)),
                        name="reservation_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("about_id__isnull", True), ("about_kind", "")),
                            models.Q(models.Q(("about_kind", ""), _negated=True), ("about_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="reservation_about_whole",
                    ),
                ],
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
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="jd_kernel.ledgertransaction",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "reservation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.reservation",
                    ),
                ),
            ],
            options={
                "ordering": ("booked_on", "id"),
                "indexes": [models.Index(fields=["programme", "booked_on"], name="ledger_by_date")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("key", ""), _negated=True),
                        fields=("programme", "key"),
                        name="ledger_key_once",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(("amount_fen__gt", 0), ("lines__gte", 2)), name="ledger_amount_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reservation__isnull", True), ("envelope__isnull", False), _connector="OR"),
                        name="ledger_reservation_in_envelope",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reverses__isnull", False), ("verb", "reverse-entry")),
                            models.Q(models.Q(("verb", "reverse-entry"), _negated=True), ("reverses__isnull", True)),
                            _connector="OR",
                        ),
                        name="ledger_reverse_of_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("public", "public"),
                            ("account", "signed-in person"),
                            ("unit-administrator", "unit administrator"),
                            ("need-owner", "need owner"),
                            ("researcher", "researcher"),
                            ("research-office", "research office"),
                            ("recommending-unit", "recommending unit"),
                            ("expert", "expert"),
                            ("investor", "investor"),
                            ("technology-manager", "technology manager"),
                            ("programme-officer", "programme officer"),
                            ("finance-officer", "finance officer"),
                            ("integrity-officer", "integrity officer"),
                            ("department", "department"),
                            ("leader", "leader"),
                            ("auditor", "auditor"),
                            ("system-administrator", "system administrator"),
                            ("security-administrator", "security administrator"),
                            ("audit-administrator", "audit administrator"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("site", "the whole site"),
                            ("programme", "one programme"),
                            ("organisation", "one organisation"),
                            ("record", "one record"),
                        ],
                        max_length=20,
                    ),
                ),
                ("scope_kind", models.CharField(blank=True, max_length=60)),
                ("scope_id", models.BigIntegerField(null=True)),
                ("since", models.DateTimeField(default=jiandao.kernel.clock.now)),
                ("until", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["scope", "scope_id", "role"], name="grant_by_scope")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                        name="grant_ends_after",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("scope", "site"), ("scope_id__isnull", True)),
                            models.Q(models.Q(("scope", "site"), _negated=True), ("scope_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="grant_scope_has_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("scope", "record"), models.Q(("scope_kind", ""), _negated=True)),
                            models.Q(models.Q(("scope", "record"), _negated=True), ("scope_kind", "")),
                            _connector="OR",
                        ),
                        name="grant_record_has_kind",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("account", "role", "scope", "scope_kind", "scope_id"),
                        name="grant_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("code", models.CharField(max_length=100)),
                ("edition", models.PositiveIntegerField()),
                ("value", models.JSONField()),
                ("unit", models.CharField(blank=True, max_length=40)),
                ("valid_from", models.DateField()),
                ("date_basis", models.CharField(max_length=200)),
                ("source", models.CharField(max_length=300)),
                ("verified", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True)),
                ("entered_at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.programme",
                    ),
                ),
            ],
            options={
                "ordering": ("code", "programme_id", "edition"),
                "indexes": [
                    models.Index(fields=["code", "programme", "-valid_from", "-edition"], name="rule_in_force")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "programme", "edition"), name="rule_edition_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("edition__gte", 1)), name="rule_edition_counts_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="rule_edition_has_source"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("list_name", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=2000)),
                ("is_default", models.BooleanField(default=False)),
                ("saved_at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                ("alerts", models.BooleanField(default=False)),
                ("alerted_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="jd_kernel.programme",
                    ),
                ),
            ],
            options={
                "ordering": ("list_name", "name"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("alerts", True)), fields=["account"], name="saved_view_with_alerts"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "programme", "list_name", "name"),
                        name="saved_view_once",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("account", "programme", "list_name"),
                        name="saved_view_one_default",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SentForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=20)),
                ("address", models.CharField(max_length=500)),
                ("sent_at", models.DateTimeField(db_index=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "token"), name="sent_form_once")],
            },
        ),
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("changed_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("digest", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("caption", models.CharField(blank=True, max_length=200, verbose_name="what it shows")),
                ("size", models.BigIntegerField(verbose_name="size")),
                ("media_type", models.CharField(max_length=100, verbose_name="kind")),
                ("about_kind", models.CharField(max_length=60)),
                ("about_id", models.BigIntegerField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "created_by",
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.programme",
                    ),
                ),
                (
                    "removed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(fields=["about_kind", "about_id"], name="file_by_record"),
                    models.Index(fields=["digest"], name="file_by_content"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="file_digest_is_sha256"
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="file_not_empty"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Term",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vocabulary", models.CharField(max_length=40)),
                ("edition", models.CharField(max_length=60)),
                ("code", models.CharField(max_length=40)),
                ("label_zh", models.CharField(max_length=120)),
                ("label_en", models.CharField(max_length=160)),
                ("position", models.PositiveIntegerField(default=0)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("source", models.CharField(max_length=300)),
                ("verified", models.BooleanField(default=False)),
                ("note", models.TextField(blank=True)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="jd_kernel.term",
                    ),
                ),
            ],
            options={
                "ordering": ("vocabulary", "edition", "position"),
                "constraints": [models.UniqueConstraint(fields=("vocabulary", "edition", "code"), name="term_once")],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "scope",
                    models.CharField(
                        choices=[("read", "read only"), ("write", "read and write")],
                        max_length=10,
                        verbose_name="what it may do",
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tokens", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["account", "-id"], name="token_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["read", "write"])), name="token_scope_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))), name="token_expires_after"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JournalLeaf",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="leaf",
                        serialize=False,
                        to="jd_kernel.journalentry",
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                (
                    "seal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leaves", to="jd_kernel.journalseal"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("seal", "position"), name="journal_leaf_once")],
            },
        ),
        migrations.CreateModel(
            name="JournalPayload",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="payload",
                        serialize=False,
                        to="jd_kernel.journalentry",
                    ),
                ),
                ("salt", models.BinaryField()),
                ("body", models.TextField(null=True)),
                ("erased_at", models.DateTimeField(null=True)),
                ("erased_basis", models.TextField(blank=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("body__isnull", False), ("erased_at__isnull", True), ("erased_basis", "")),
                            models.Q(
                                ("body__isnull", True),
                                ("erased_at__isnull", False),
                                models.Q(("erased_basis", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="journal_erased_or_kept",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Knower",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
                ("since", models.DateTimeField(default=jiandao.kernel.clock.now)),
                ("until", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "kind"], name="knower_by_account")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("kind", "record_id", "account"),
                        name="knower_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MailPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=80)),
                ("wanted", models.BooleanField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "code"), name="mail_preference_once")],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=60)),
                ("loser_id", models.BigIntegerField()),
                ("winner_id", models.BigIntegerField()),
                ("followers", models.JSONField(default=list)),
                ("reason", models.TextField()),
                ("merged_at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "merged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("loser_id", models.F("winner_id")), _negated=True), name="merge_two_records"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)), fields=("kind", "loser_id"), name="merge_once"
                    ),
                ],
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.ledgeraccount"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.ledgertransaction"
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_fen", 0), _negated=True),
                            ("amount_fen__gte", -100000000000000000),
                            ("amount_fen__lte", 100000000000000000),
                        ),
                        name="posting_amount",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=jiandao.kernel.public_ids.new_public_id, editable=False, max_length=10, unique=True
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("changed_at", models.DateTimeField(default=jiandao.kernel.clock.now, editable=False)),
                ("address", models.CharField(max_length=254, verbose_name="address")),
                ("code", models.CharField(max_length=80)),
                ("facts", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "held for checking"),
                            ("queued", "waiting to be sent"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("failed", "failed, will be tried again"),
                            ("bounced", "came back"),
                            ("dead", "not deliverable"),
                            ("dropped", "dropped"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("next_try", models.DateTimeField(default=jiandao.kernel.clock.now, verbose_name="next try")),
                ("taken_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("last_error", models.CharField(blank=True, max_length=300, verbose_name="last error")),
                ("message_id", models.CharField(max_length=200, unique=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "notification",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="jd_kernel.notification",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.programme",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["programme", "state", "-id"], name="mail_by_programme"),
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "failed", "sending"))),
                        fields=["next_try"],
                        name="mail_to_send",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["held", "queued", "sending", "sent", "failed", "bounced", "dead", "dropped"])
                        ),
                        name="mail_state_known",
                    )
                ],
            },
        ),
    ]
