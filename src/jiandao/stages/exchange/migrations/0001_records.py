import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jiandao.kernel.clock
import jiandao.kernel.public_ids


class Migration(migrations.Migration):
    replaces = [
        ("jd_exchange", "0001_initial"),
        ("jd_exchange", "0010_import"),
        ("jd_exchange", "0011_list_indexes"),
        ("jd_exchange", "0012_import_layout"),
        ("jd_exchange", "0013_challenges"),
        ("jd_exchange", "0015_meeting"),
        ("jd_exchange", "0001_tables"),
        ("jd_exchange", "0003_expert_set_aside"),
        ("jd_exchange", "0004_import_kinds"),
        ("jd_exchange", "0005_offers_and_bookings"),
        ("jd_exchange", "0006_meeting_sides"),
    ]

    initial = True

    dependencies = [
        ("jd_kernel", "0001_tables"),
        ("jd_people", "0001_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="Capability",
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
                (
                    "secrecy",
                    models.CharField(
                        choices=[
                            ("public", "public"),
                            ("internal", "internal"),
                            ("work-secret", "work secret"),
                            ("trade-secret", "trade secret"),
                        ],
                        default="public",
                        max_length=20,
                        verbose_name="secrecy",
                    ),
                ),
                ("secret_until", models.DateField(blank=True, null=True, verbose_name="secret until")),
                ("search", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ("sort_key", models.CharField(default="", editable=False, max_length=200)),
                ("state", models.CharField(default="draft", editable=False, max_length=20)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "language",
                    models.CharField(
                        choices=[("zh", "Chinese"), ("en", "English")],
                        default="zh",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "keywords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="keywords",
                    ),
                ),
                (
                    "title_other",
                    models.CharField(blank=True, max_length=300, verbose_name="title in the other language"),
                ),
                (
                    "summary_other",
                    models.TextField(blank=True, max_length=2000, verbose_name="summary in the other language"),
                ),
                ("translated_by", models.CharField(blank=True, max_length=100, verbose_name="translated by")),
                ("source", models.CharField(blank=True, editable=False, max_length=80)),
                ("source_id", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "capability_kind",
                    models.CharField(
                        choices=[
                            ("team", "team"),
                            ("laboratory", "laboratory"),
                            ("instrument", "instrument"),
                            ("pilot-line", "pilot line"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("text", models.TextField(max_length=4000, verbose_name="what it can do")),
                (
                    "level_from",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="takes work from level"),
                ),
                (
                    "level_to",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="brings it to level"),
                ),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="location")),
                ("opening_hours", models.CharField(blank=True, max_length=200, verbose_name="opening hours")),
                ("price_fen", models.BigIntegerField(blank=True, null=True, verbose_name="price")),
                (
                    "price_unit",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hour", "an hour"),
                            ("day", "a day"),
                            ("sample", "a sample"),
                            ("batch", "a batch"),
                            ("month", "a month"),
                        ],
                        max_length=10,
                        verbose_name="price for",
                    ),
                ),
                ("conditions", models.TextField(blank=True, max_length=2000, verbose_name="conditions of use")),
                ("bookable", models.BooleanField(default=True, verbose_name="can be booked here")),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                ("confirmed_at", models.DateTimeField(editable=False, null=True)),
                ("reminded_at", models.DateTimeField(editable=False, null=True)),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_people.person",
                        verbose_name="contact",
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
                    "field",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="technical field",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="capabilities",
                        to="jd_people.organisation",
                        verbose_name="unit that offers it",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "at_once",
                    models.PositiveSmallIntegerField(
                        blank=True, default=1, null=True, verbose_name="bookings at the same time"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search"], gin_pending_list_limit=256, name="capability_search"
                    ),
                    models.Index(fields=["programme", "state", "-changed_at"], name="capability_by_state"),
                    models.Index(fields=["programme", "sort_key", "-id"], name="capability_by_pinyin"),
                    models.Index(fields=["programme", "-confirmed_at", "-id"], name="capability_by_confirmation"),
                    models.Index(fields=["organisation", "state"], name="capability_by_organisation"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "published", "withdrawn"])),
                        name="capability_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            models.Q(("published_at__isnull", False), ("confirmed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="capability_published_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("price_fen__isnull", True),
                            models.Q(("price_fen__gte", 0), models.Q(("price_unit", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="capability_price_for_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("level_from__isnull", True), ("level_from__range", (1, 9)), _connector="OR"),
                            models.Q(("level_to__isnull", True), ("level_to__range", (1, 9)), _connector="OR"),
                            models.Q(
                                ("level_from__isnull", True),
                                ("level_to__isnull", True),
                                ("level_to__gte", models.F("level_from")),
                                _connector="OR",
                            ),
                        ),
                        name="capability_levels_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("secrecy__in", ["public", "internal"])), name="capability_no_secret"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("source_id", ""), _negated=True),
                        fields=("programme", "source", "source_id"),
                        name="capability_source_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("at_once__isnull", True), ("at_once__gte", 1), _connector="OR"),
                        name="capability_at_once_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Booking",
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
                ("state", models.CharField(default="asked", editable=False, max_length=20)),
                ("purpose", models.TextField(max_length=1000, verbose_name="what is to be done")),
                ("first_day", models.DateField(verbose_name="from")),
                ("last_day", models.DateField(verbose_name="until")),
                ("quantity", models.PositiveIntegerField(blank=True, null=True, verbose_name="how much")),
                ("answered_at", models.DateTimeField(editable=False, null=True)),
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
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="jd_people.organisation",
                        verbose_name="organisation that asks",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "capability",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="jd_exchange.capability",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["capability", "state", "first_day"], name="booking_by_capability"),
                    models.Index(fields=["organisation", "-id"], name="booking_by_organisation"),
                    models.Index(fields=["programme", "-changed_at", "-id"], name="booking_by_change"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["asked", "accepted", "declined", "cancelled", "used"])),
                        name="booking_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))), name="booking_days_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__isnull", True), ("quantity__gt", 0), _connector="OR"),
                        name="booking_quantity_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Challenge",
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
                (
                    "secrecy",
                    models.CharField(
                        choices=[
                            ("public", "public"),
                            ("internal", "internal"),
                            ("work-secret", "work secret"),
                            ("trade-secret", "trade secret"),
                        ],
                        default="public",
                        max_length=20,
                        verbose_name="secrecy",
                    ),
                ),
                ("secret_until", models.DateField(blank=True, null=True, verbose_name="secret until")),
                ("search", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ("sort_key", models.CharField(default="", editable=False, max_length=200)),
                ("state", models.CharField(default="draft", editable=False, max_length=20)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "language",
                    models.CharField(
                        choices=[("zh", "Chinese"), ("en", "English")],
                        default="zh",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "keywords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="keywords",
                    ),
                ),
                (
                    "title_other",
                    models.CharField(blank=True, max_length=300, verbose_name="title in the other language"),
                ),
                (
                    "summary_other",
                    models.TextField(blank=True, max_length=2000, verbose_name="summary in the other language"),
                ),
                ("translated_by", models.CharField(blank=True, max_length=100, verbose_name="translated by")),
                ("source", models.CharField(blank=True, editable=False, max_length=80)),
                ("source_id", models.CharField(blank=True, editable=False, max_length=200)),
                ("issuer_shown", models.BooleanField(default=True, verbose_name="name the issuer in public")),
                ("text", models.TextField(max_length=8000, verbose_name="the challenge")),
                (
                    "conditions",
                    models.TextField(blank=True, max_length=2000, verbose_name="conditions on those who answer"),
                ),
                (
                    "intellectual_property",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("asker", "belongs to the enterprise that asks"),
                            ("answerer", "belongs to the team that answers"),
                            ("shared", "is shared"),
                            ("agreed", "as the agreement says"),
                        ],
                        max_length=20,
                        verbose_name="intellectual property",
                    ),
                ),
                ("budget_fen", models.BigIntegerField(blank=True, null=True, verbose_name="money to be spent")),
                ("deadline", models.DateField(verbose_name="answers until")),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                ("solved_at", models.DateTimeField(editable=False, null=True)),
                (
                    "cluster",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="cluster",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_people.person",
                        verbose_name="contact",
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
                    "direction",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="direction",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="technical field",
                    ),
                ),
                (
                    "issuer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_people.organisation",
                        verbose_name="issuer",
                    ),
                ),
                (
                    "prefecture",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="prefecture",
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
                "ordering": ("-id",),
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search"], gin_pending_list_limit=256, name="challenge_search"
                    ),
                    models.Index(fields=["programme", "-published_at", "-id"], name="challenge_by_publication"),
                    models.Index(fields=["programme", "state", "-changed_at"], name="challenge_by_state"),
                    models.Index(fields=["programme", "sort_key", "-id"], name="challenge_by_pinyin"),
                    models.Index(fields=["programme", "deadline"], name="challenge_by_deadline"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "published", "solved", "withdrawn"])),
                        name="challenge_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["published", "solved"]), _negated=True),
                            ("published_at__isnull", False),
                            _connector="OR",
                        ),
                        name="challenge_published_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("budget_fen__isnull", True), ("budget_fen__gt", 0), _connector="OR"),
                        name="challenge_budget_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("secrecy__in", ["public", "internal"])), name="challenge_no_secret"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("source_id", ""), _negated=True),
                        fields=("programme", "source", "source_id"),
                        name="challenge_source_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChallengeIndicator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("name", models.CharField(max_length=120, verbose_name="indicator")),
                (
                    "comparator",
                    models.CharField(
                        choices=[
                            ("ge", "≥"),
                            ("le", "≤"),
                            ("gt", ">"),
                            ("lt", "<"),
                            ("eq", "="),
                            ("within", "within ±"),
                        ],
                        max_length=10,
                        verbose_name="comparator",
                    ),
                ),
                ("threshold", models.DecimalField(decimal_places=6, max_digits=20, verbose_name="threshold")),
                (
                    "tolerance",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name="±"),
                ),
                (
                    "stretch",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name="stretch"),
                ),
                ("unit", models.CharField(blank=True, max_length=30, verbose_name="unit")),
                ("test_method", models.CharField(blank=True, max_length=300, verbose_name="test method")),
                (
                    "challenge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="indicators",
                        to="jd_exchange.challenge",
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
                "ordering": ("position", "id"),
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("comparator", "within"), ("tolerance__gt", 0)),
                            models.Q(models.Q(("comparator", "within"), _negated=True), ("tolerance__isnull", True)),
                            _connector="OR",
                        ),
                        name="challenge_indicator_tolerance_when_within",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stretch__isnull", True),
                            models.Q(("comparator__in", ["ge", "gt"]), ("stretch__gte", models.F("threshold"))),
                            models.Q(("comparator__in", ["le", "lt"]), ("stretch__lte", models.F("threshold"))),
                            _connector="OR",
                        ),
                        name="challenge_indicator_stretch_is_harder",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Need",
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
                (
                    "secrecy",
                    models.CharField(
                        choices=[
                            ("public", "public"),
                            ("internal", "internal"),
                            ("work-secret", "work secret"),
                            ("trade-secret", "trade secret"),
                        ],
                        default="public",
                        max_length=20,
                        verbose_name="secrecy",
                    ),
                ),
                ("secret_until", models.DateField(blank=True, null=True, verbose_name="secret until")),
                ("search", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ("sort_key", models.CharField(default="", editable=False, max_length=200)),
                ("state", models.CharField(default="draft", editable=False, max_length=20)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "language",
                    models.CharField(
                        choices=[("zh", "Chinese"), ("en", "English")],
                        default="zh",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "keywords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="keywords",
                    ),
                ),
                (
                    "title_other",
                    models.CharField(blank=True, max_length=300, verbose_name="title in the other language"),
                ),
                (
                    "summary_other",
                    models.TextField(blank=True, max_length=2000, verbose_name="summary in the other language"),
                ),
                ("translated_by", models.CharField(blank=True, max_length=100, verbose_name="translated by")),
                ("source", models.CharField(blank=True, editable=False, max_length=80)),
                ("source_id", models.CharField(blank=True, editable=False, max_length=200)),
                ("problem", models.TextField(blank=True, max_length=4000, verbose_name="problem")),
                ("goal", models.TextField(blank=True, max_length=4000, verbose_name="expected result")),
                (
                    "conditions",
                    models.TextField(blank=True, max_length=2000, verbose_name="conditions on those who answer"),
                ),
                (
                    "intellectual_property",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("asker", "belongs to the enterprise that asks"),
                            ("answerer", "belongs to the team that answers"),
                            ("shared", "is shared"),
                            ("agreed", "as the agreement says"),
                        ],
                        max_length=20,
                        verbose_name="intellectual property",
                    ),
                ),
                (
                    "intellectual_property_note",
                    models.CharField(blank=True, max_length=500, verbose_name="note on intellectual property"),
                ),
                (
                    "activity_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("basic-research", "basic research"),
                            ("applied-research", "applied research"),
                            ("experimental-development", "experimental development"),
                            ("application-of-results", "development and application of results"),
                            ("extension-and-services", "technology extension and services"),
                            ("production", "production activity"),
                        ],
                        max_length=30,
                        verbose_name="type of activity",
                    ),
                ),
                (
                    "solution_mode",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("own", "own development"),
                            ("commissioned", "commissioned development"),
                            ("joint", "joint development"),
                            ("other", "other"),
                        ],
                        max_length=20,
                        verbose_name="way of solving",
                    ),
                ),
                ("budget_fen", models.BigIntegerField(blank=True, null=True, verbose_name="money to be spent")),
                ("deadline", models.DateField(blank=True, null=True, verbose_name="answers until")),
                ("needed_by", models.DateField(blank=True, null=True, verbose_name="solution needed by")),
                ("anonymous", models.BooleanField(default=False, verbose_name="do not name us in public")),
                ("submitted_at", models.DateTimeField(editable=False, null=True)),
                ("form_passed_at", models.DateTimeField(editable=False, null=True)),
                ("assessed_at", models.DateTimeField(editable=False, null=True)),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                ("dropped_at", models.DateTimeField(editable=False, null=True)),
                ("drop_cause", models.CharField(blank=True, editable=False, max_length=30)),
                (
                    "cluster",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="cluster",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_people.person",
                        verbose_name="contact",
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
                    "direction",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="direction",
                    ),
                ),
                (
                    "discipline",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="discipline",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="technical field",
                    ),
                ),
                (
                    "industry",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="industry of use",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="needs",
                        to="jd_people.organisation",
                        verbose_name="organisation that asks",
                    ),
                ),
                (
                    "orientation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="orientation",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                ("first_published_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search"], gin_pending_list_limit=256, name="need_search"
                    ),
                    models.Index(fields=["programme", "state", "-changed_at"], name="need_by_state"),
                    models.Index(fields=["programme", "sort_key", "-id"], name="need_by_pinyin"),
                    models.Index(fields=["programme", "-changed_at", "-id"], name="need_by_change"),
                    models.Index(fields=["programme", "deadline"], name="need_by_deadline"),
                    models.Index(fields=["organisation", "state"], name="need_by_organisation"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("budget_fen__isnull", True), ("budget_fen__gt", 0), _connector="OR"),
                        name="need_budget_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "draft",
                                    "submitted",
                                    "checking",
                                    "assessing",
                                    "returned",
                                    "published",
                                    "merged",
                                    "rejected",
                                    "withdrawn",
                                ],
                            )
                        ),
                        name="need_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("published_at__isnull", False),
                            _connector="OR",
                        ),
                        name="need_published_when",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("source_id", ""), _negated=True),
                        fields=("programme", "source", "source_id"),
                        name="need_source_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChallengeSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        choices=[("origin", "it was made from this need"), ("merged", "this need asks for the same")],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "challenge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sources", to="jd_exchange.challenge"
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lineage", to="jd_exchange.need"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(fields=("challenge", "need"), name="challenge_source_of_need_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="OfferWish",
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
                ("wanted", models.BooleanField(default=False, verbose_name="offer us new results that fit")),
                (
                    "text",
                    models.TextField(blank=True, max_length=1000, verbose_name="what we look for beyond our needs"),
                ),
                (
                    "keywords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="keywords",
                    ),
                ),
                (
                    "least_level",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="mature from level"),
                ),
                ("most_a_week", models.PositiveSmallIntegerField(default=3, verbose_name="at most so many a week")),
                ("paused_until", models.DateField(blank=True, null=True, verbose_name="no offers until")),
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
                    "fields",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="jd_kernel.term", verbose_name="only these fields"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer_wishes",
                        to="jd_people.organisation",
                        verbose_name="organisation",
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
                    models.UniqueConstraint(fields=("programme", "organisation"), name="offer_wish_once"),
                    models.CheckConstraint(
                        condition=models.Q(("most_a_week__range", (1, 20))), name="offer_wish_limit"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("least_level__isnull", True), ("least_level__range", (1, 9)), _connector="OR"
                        ),
                        name="offer_wish_level",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ResearchResult",
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
                (
                    "secrecy",
                    models.CharField(
                        choices=[
                            ("public", "public"),
                            ("internal", "internal"),
                            ("work-secret", "work secret"),
                            ("trade-secret", "trade secret"),
                        ],
                        default="public",
                        max_length=20,
                        verbose_name="secrecy",
                    ),
                ),
                ("secret_until", models.DateField(blank=True, null=True, verbose_name="secret until")),
                ("search", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ("sort_key", models.CharField(default="", editable=False, max_length=200)),
                ("state", models.CharField(default="draft", editable=False, max_length=20)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "language",
                    models.CharField(
                        choices=[("zh", "Chinese"), ("en", "English")],
                        default="zh",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "keywords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="keywords",
                    ),
                ),
                (
                    "title_other",
                    models.CharField(blank=True, max_length=300, verbose_name="title in the other language"),
                ),
                (
                    "summary_other",
                    models.TextField(blank=True, max_length=2000, verbose_name="summary in the other language"),
                ),
                ("translated_by", models.CharField(blank=True, max_length=100, verbose_name="translated by")),
                ("source", models.CharField(blank=True, editable=False, max_length=80)),
                ("source_id", models.CharField(blank=True, editable=False, max_length=200)),
                ("text", models.TextField(blank=True, max_length=8000, verbose_name="description")),
                ("authors", models.CharField(blank=True, max_length=300, verbose_name="authors")),
                ("trl_evidence", models.TextField(blank=True, max_length=1000, verbose_name="evidence of the level")),
                (
                    "terms",
                    models.CharField(
                        choices=[
                            ("transfer", "transfer"),
                            ("licence", "licence"),
                            ("investment", "share in a company"),
                            ("joint", "joint development"),
                            ("service", "service or consulting"),
                            ("negotiable", "to be negotiated"),
                        ],
                        default="negotiable",
                        max_length=20,
                        verbose_name="terms",
                    ),
                ),
                ("price_fen", models.BigIntegerField(blank=True, null=True, verbose_name="price asked")),
                (
                    "may_be_offered",
                    models.BooleanField(default=True, verbose_name="offer it to organisations that it fits"),
                ),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                ("offered_at", models.DateTimeField(editable=False, null=True)),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_people.person",
                        verbose_name="contact",
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
                    "field",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="technical field",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="jd_people.organisation",
                        verbose_name="owner",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "trl",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="technology readiness level",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search"], gin_pending_list_limit=256, name="result_search"
                    ),
                    models.Index(fields=["programme", "state", "-changed_at"], name="result_by_state"),
                    models.Index(fields=["programme", "sort_key", "-id"], name="result_by_pinyin"),
                    models.Index(fields=["programme", "-changed_at", "-id"], name="result_by_change"),
                    models.Index(fields=["organisation", "state"], name="result_by_organisation"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price_fen__isnull", True), ("price_fen__gte", 0), _connector="OR"),
                        name="result_price_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "published", "withdrawn"])),
                        name="result_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("published_at__isnull", False),
                            _connector="OR",
                        ),
                        name="result_published_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("trl__isnull", True), models.Q(("trl_evidence", ""), _negated=True), _connector="OR"
                        ),
                        name="result_trl_has_evidence",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("source_id", ""), _negated=True),
                        fields=("programme", "source", "source_id"),
                        name="result_source_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Introduction",
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
                ("state", models.CharField(default="proposed", editable=False, max_length=20)),
                (
                    "proposed_by",
                    models.CharField(
                        choices=[
                            ("asker", "the side that asks"),
                            ("answerer", "the side that answers"),
                            ("office", "the programme office"),
                        ],
                        max_length=10,
                    ),
                ),
                ("message", models.TextField(max_length=2000, verbose_name="why these two should talk")),
                ("asker_consented_at", models.DateTimeField(editable=False, null=True)),
                ("answerer_consented_at", models.DateTimeField(editable=False, null=True)),
                ("asker_wants_nda", models.BooleanField(default=False)),
                ("answerer_wants_nda", models.BooleanField(default=False)),
                ("asker_signed_at", models.DateTimeField(editable=False, null=True)),
                ("answerer_signed_at", models.DateTimeField(editable=False, null=True)),
                ("asker_private", models.TextField(blank=True, max_length=4000)),
                ("answerer_private", models.TextField(blank=True, max_length=4000)),
                ("opened_at", models.DateTimeField(editable=False, null=True)),
                ("met_at", models.DateTimeField(editable=False, null=True)),
                ("agreed_at", models.DateTimeField(editable=False, null=True)),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                ("close_cause", models.CharField(blank=True, editable=False, max_length=30)),
                ("reminded_at", models.DateTimeField(editable=False, null=True)),
                (
                    "answerer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introductions_answered",
                        to="jd_people.organisation",
                    ),
                ),
                (
                    "answerer_contact",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_people.person"
                    ),
                ),
                (
                    "asker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introductions_asked",
                        to="jd_people.organisation",
                    ),
                ),
                (
                    "asker_contact",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_people.person"
                    ),
                ),
                (
                    "capability",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introductions",
                        to="jd_exchange.capability",
                    ),
                ),
                (
                    "challenge",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introductions",
                        to="jd_exchange.challenge",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "need",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introductions",
                        to="jd_exchange.need",
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="introductions",
                        to="jd_exchange.researchresult",
                    ),
                ),
                (
                    "answerer_consented_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asker_consented_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closed_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("asker", "the side that asks"),
                            ("answerer", "the side that answers"),
                            ("office", "the programme office"),
                        ],
                        editable=False,
                        max_length=10,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["programme", "state", "-changed_at"], name="introduction_by_state"),
                    models.Index(fields=["programme", "-changed_at", "-id"], name="introduction_by_change"),
                    models.Index(fields=["asker", "state"], name="introduction_by_asker"),
                    models.Index(fields=["answerer", "state"], name="introduction_by_answerer"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["proposed", "open", "met", "agreed", "declined", "closed"])),
                        name="introduction_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("need__isnull", False),
                            ("challenge__isnull", False),
                            ("result__isnull", False),
                            ("capability__isnull", False),
                            _connector="OR",
                        ),
                        name="introduction_about_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("result__isnull", True), ("capability__isnull", True), _connector="OR"),
                        name="introduction_one_answer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("asker", models.F("answerer")), _negated=True), name="introduction_of_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("opened_at__isnull", True),
                            models.Q(("asker_consented_at__isnull", False), ("answerer_consented_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="introduction_open_after_consent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("opened_at__isnull", True),
                            models.Q(("answerer_wants_nda", False), ("asker_wants_nda", False)),
                            models.Q(("asker_signed_at__isnull", False), ("answerer_signed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="introduction_open_after_signing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["open", "met", "agreed"]), _negated=True),
                            ("opened_at__isnull", False),
                            _connector="OR",
                        ),
                        name="introduction_open_when",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["proposed", "open", "met"])),
                        fields=("need", "challenge", "result", "capability", "asker", "answerer"),
                        name="introduction_once_at_a_time",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CooperationRecord",
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
                ("state", models.CharField(default="entered", editable=False, max_length=20)),
                (
                    "entered_by",
                    models.CharField(
                        choices=[
                            ("asker", "the side that asks"),
                            ("answerer", "the side that answers"),
                            ("office", "the programme office"),
                        ],
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "cooperation_kind",
                    models.CharField(
                        choices=[
                            ("development", "technology development"),
                            ("transfer", "technology transfer"),
                            ("licence", "licence of technology"),
                            ("consulting", "technical consulting"),
                            ("service", "technical service"),
                            ("joint", "joint unit or joint venture"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("signed_on", models.DateField(verbose_name="signed on")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="ends on")),
                ("amount_fen", models.BigIntegerField(blank=True, null=True, verbose_name="amount of the contract")),
                (
                    "contract_number",
                    models.CharField(
                        blank=True, max_length=80, verbose_name="number in the register of technology contracts"
                    ),
                ),
                ("confirmed_at", models.DateTimeField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("reminded_at", models.DateTimeField(editable=False, null=True)),
                (
                    "answerer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_people.organisation"
                    ),
                ),
                (
                    "asker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_people.organisation"
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "introduction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cooperations",
                        to="jd_exchange.introduction",
                    ),
                ),
            ],
            options={
                "ordering": ("-signed_on", "-id"),
                "indexes": [
                    models.Index(fields=["programme", "state", "-changed_at"], name="cooperation_by_state"),
                    models.Index(fields=["programme", "-signed_on", "-id"], name="cooperation_by_signing"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_fen__isnull", True), ("amount_fen__gte", 0), _connector="OR"),
                        name="cooperation_amount_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__isnull", True), ("ends_on__gte", models.F("signed_on")), _connector="OR"
                        ),
                        name="cooperation_ends_after",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["entered", "running", "finished", "stopped", "void"])),
                        name="cooperation_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "void"), _negated=True),
                        fields=("introduction",),
                        name="cooperation_one_that_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["entered", "void"]), ("confirmed_at__isnull", False), _connector="OR"
                        ),
                        name="cooperation_confirmed_when",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Meeting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="on")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("plant", "at the plant"),
                            ("laboratory", "in the laboratory"),
                            ("online", "online"),
                            ("office", "at the programme office or a fair"),
                        ],
                        max_length=20,
                        verbose_name="where",
                    ),
                ),
                ("note", models.TextField(max_length=2000, verbose_name="what came of it")),
                ("at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "introduction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="meetings",
                        to="jd_exchange.introduction",
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
                "ordering": ("on", "id"),
            },
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("months", models.PositiveSmallIntegerField(verbose_name="after how many months")),
                (
                    "use",
                    models.CharField(
                        choices=[
                            ("in-use", "in use on the line"),
                            ("trial", "on trial"),
                            ("developing", "still being developed"),
                            ("given-up", "given up"),
                        ],
                        max_length=20,
                        verbose_name="where it stands",
                    ),
                ),
                ("paid_fen", models.BigIntegerField(blank=True, null=True, verbose_name="paid so far")),
                (
                    "sales_fen",
                    models.BigIntegerField(blank=True, null=True, verbose_name="sales or savings through it so far"),
                ),
                ("note", models.TextField(max_length=2000, verbose_name="what it does, against the indicators")),
                ("at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "cooperation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="jd_exchange.cooperationrecord",
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
                "ordering": ("months", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paid_fen__isnull", True), ("paid_fen__gte", 0), _connector="OR"),
                            models.Q(("sales_fen__isnull", True), ("sales_fen__gte", 0), _connector="OR"),
                        ),
                        name="outcome_money_not_negative",
                    ),
                    models.UniqueConstraint(fields=("cooperation", "months"), name="outcome_once"),
                    models.CheckConstraint(condition=models.Q(("months__gt", 0)), name="outcome_months_positive"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
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
                ("state", models.CharField(default="sent", editable=False, max_length=20)),
                ("score", models.FloatField()),
                ("terms", models.JSONField(default=list)),
                ("answered_at", models.DateTimeField(editable=False, null=True)),
                ("cause", models.CharField(blank=True, editable=False, max_length=30)),
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
                    "need",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="jd_exchange.need",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="jd_people.organisation"
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="jd_exchange.researchresult",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["organisation", "state", "-id"], name="offer_by_organisation"),
                    models.Index(fields=["programme", "-changed_at", "-id"], name="offer_by_change"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["sent", "taken-up", "refused", "recalled"])),
                        name="offer_state_known",
                    ),
                    models.UniqueConstraint(fields=("result", "organisation"), name="offer_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TargetIndicator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("name", models.CharField(max_length=120, verbose_name="indicator")),
                (
                    "comparator",
                    models.CharField(
                        choices=[
                            ("ge", "≥"),
                            ("le", "≤"),
                            ("gt", ">"),
                            ("lt", "<"),
                            ("eq", "="),
                            ("within", "within ±"),
                        ],
                        max_length=10,
                        verbose_name="comparator",
                    ),
                ),
                ("threshold", models.DecimalField(decimal_places=6, max_digits=20, verbose_name="threshold")),
                (
                    "tolerance",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name="±"),
                ),
                (
                    "stretch",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name="stretch"),
                ),
                ("unit", models.CharField(blank=True, max_length=30, verbose_name="unit")),
                ("test_method", models.CharField(blank=True, max_length=300, verbose_name="test method")),
                (
                    "need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="indicators", to="jd_exchange.need"
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
                "ordering": ("position", "id"),
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("comparator", "within"), ("tolerance__gt", 0)),
                            models.Q(models.Q(("comparator", "within"), _negated=True), ("tolerance__isnull", True)),
                            _connector="OR",
                        ),
                        name="indicator_tolerance_when_within",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stretch__isnull", True),
                            models.Q(("comparator__in", ["ge", "gt"]), ("stretch__gte", models.F("threshold"))),
                            models.Q(("comparator__in", ["le", "lt"]), ("stretch__lte", models.F("threshold"))),
                            _connector="OR",
                        ),
                        name="indicator_stretch_is_harder",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TechnologyCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("province", "it exists in the province"),
                            ("country", "it exists elsewhere in the country"),
                            ("abroad", "it exists abroad only"),
                            ("partly", "it exists in part"),
                            ("nowhere", "it does not exist"),
                            ("unknown", "this could not be found out"),
                        ],
                        max_length=10,
                        verbose_name="does the technology exist?",
                    ),
                ),
                ("where", models.CharField(blank=True, max_length=300, verbose_name="where, at whom")),
                ("note", models.TextField(max_length=2000, verbose_name="opinion of the department")),
                ("at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="jd_exchange.need"
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "results",
                    models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        to="jd_exchange.researchresult",
                        verbose_name="results that answer it",
                    ),
                ),
                (
                    "trl",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_kernel.term",
                        verbose_name="at which readiness level",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["need", "-id"], name="check_by_need")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verdict__in", ["province", "country", "abroad", "partly"]), _negated=True),
                            models.Q(("where", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="check_says_where",
                    ),
                    models.CheckConstraint(condition=models.Q(("note", ""), _negated=True), name="check_has_opinion"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SetAside",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("asker", "the side that asks"),
                            ("answerer", "the side that answers"),
                            ("office", "the programme office"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("object", "right words, another thing"),
                            ("immature", "not mature enough"),
                            ("indicators", "does not reach the indicators"),
                            ("known", "we know it and tried it"),
                            ("price", "money or terms do not fit"),
                            ("partner", "we do not want to work with this partner"),
                            ("solved", "solved in another way"),
                            ("other", "another reason"),
                        ],
                        max_length=20,
                        verbose_name="why not",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="in words")),
                ("at", models.DateTimeField(default=jiandao.kernel.clock.now)),
                ("taken_back_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "capability",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="set_aside",
                        to="jd_exchange.capability",
                    ),
                ),
                (
                    "challenge",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="set_aside",
                        to="jd_exchange.challenge",
                    ),
                ),
                (
                    "need",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="set_aside",
                        to="jd_exchange.need",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_people.organisation",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="set_aside",
                        to="jd_exchange.researchresult",
                    ),
                ),
                (
                    "expert",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="set_aside",
                        to="jd_people.expert",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("challenge__isnull", True), ("need__isnull", False)),
                            models.Q(("challenge__isnull", False), ("need__isnull", True)),
                            _connector="OR",
                        ),
                        name="set_aside_one_question",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("capability__isnull", True), ("expert__isnull", True), ("result__isnull", False)),
                            models.Q(("capability__isnull", False), ("expert__isnull", True), ("result__isnull", True)),
                            models.Q(("capability__isnull", True), ("expert__isnull", False), ("result__isnull", True)),
                            _connector="OR",
                        ),
                        name="set_aside_one_answer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("taken_back_at__isnull", True)),
                        fields=("need", "challenge", "result", "capability", "expert", "side", "organisation"),
                        name="set_aside_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "imported_kind",
                    models.CharField(
                        choices=[
                            ("needs", "needs"),
                            ("results", "results"),
                            ("capabilities", "capabilities"),
                            ("organisations", "organisations"),
                            ("experts", "experts"),
                        ],
                        max_length=20,
                    ),
                ),
                ("headers", models.CharField(max_length=64)),
                ("mapping", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jd_kernel.programme"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "programme", "imported_kind", "headers"), name="import_mapping_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportBatch",
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
                (
                    "imported_kind",
                    models.CharField(
                        choices=[
                            ("needs", "needs"),
                            ("results", "results"),
                            ("capabilities", "capabilities"),
                            ("organisations", "organisations"),
                            ("experts", "experts"),
                        ],
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "uploaded"),
                            ("checked", "checked"),
                            ("running", "being imported"),
                            ("done", "imported"),
                            ("failed", "not imported"),
                            ("cancelled", "cancelled"),
                        ],
                        default="uploaded",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("file_name", models.CharField(editable=False, max_length=200, verbose_name="file")),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("size", models.PositiveIntegerField(editable=False)),
                ("confidential", models.BooleanField(default=True, editable=False)),
                ("mapping", models.JSONField(default=dict)),
                ("options", models.JSONField(default=dict)),
                ("report", models.JSONField(default=dict, editable=False)),
                ("layout", models.JSONField(default=dict, editable=False)),
                ("job", models.CharField(blank=True, editable=False, max_length=20)),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["programme", "created_by", "-id"], name="import_by_owner")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["uploaded", "checked", "running", "done", "failed", "cancelled"])
                        ),
                        name="import_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("imported_kind__in", ["needs", "results", "capabilities", "organisations", "experts"])
                        ),
                        name="import_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitingOffer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.PositiveSmallIntegerField()),
                ("score", models.FloatField()),
                ("terms", models.JSONField(default=list)),
                ("since", models.DateTimeField(default=jiandao.kernel.clock.now)),
                (
                    "need",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jd_exchange.need"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_people.organisation"
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jd_exchange.researchresult"
                    ),
                ),
            ],
            options={
                "ordering": ("rank", "-score", "id"),
                "constraints": [models.UniqueConstraint(fields=("result", "organisation"), name="offer_waits_once")],
            },
        ),
        migrations.CreateModel(
            name="Paper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("asker", "the side that asks"),
                            ("answerer", "the side that answers"),
                            ("office", "the programme office"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_agreement", models.BooleanField(default=False)),
                ("signed_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.storedfile"
                    ),
                ),
                (
                    "introduction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="jd_exchange.introduction",
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
                        condition=models.Q(("side__in", ["asker", "answerer"])), name="paper_of_a_side"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signed_at__isnull", True), ("is_agreement", True), _connector="OR"),
                        name="paper_signed_is_agreement",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("signed_at__isnull", False)),
                        fields=("introduction", "side"),
                        name="paper_signed_once",
                    ),
                ],
            },
        ),
    ]
