import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

import jiandao.kernel.clock
import jiandao.kernel.identifiers
import jiandao.kernel.public_ids


class Migration(migrations.Migration):
    replaces = [
        ("jd_people", "0001_initial"),
        ("jd_people", "0002_directory"),
        ("jd_people", "0003_experts"),
        ("jd_people", "0001_tables"),
        ("jd_people", "0002_claims"),
        ("jd_people", "0003_ties_confirmed"),
    ]

    initial = True

    dependencies = [
        ("jd_kernel", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Organisation",
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
                    "same_id",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Coalesce("canonical_id", "id"),
                        output_field=models.BigIntegerField(),
                    ),
                ),
                ("state", models.CharField(default="entered", editable=False, max_length=20)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("name_en", models.CharField(blank=True, max_length=200, verbose_name="English name")),
                (
                    "organisation_kind",
                    models.CharField(
                        choices=[
                            ("enterprise", "enterprise"),
                            ("university", "university"),
                            ("institute", "research institute"),
                            ("hospital", "hospital"),
                            ("government", "government department"),
                            ("investor", "investment institution"),
                            ("service", "service provider"),
                            ("other", "other organisation"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "credit_code",
                    models.CharField(
                        blank=True,
                        max_length=18,
                        null=True,
                        unique=True,
                        validators=[jiandao.kernel.identifiers.validate_credit_code],
                        verbose_name="unified social credit code",
                    ),
                ),
                ("website", models.URLField(blank=True, verbose_name="website")),
                ("introduction", models.TextField(blank=True, max_length=2000, verbose_name="what it does")),
                ("verified_at", models.DateTimeField(editable=False, null=True, verbose_name="verified")),
                ("is_demonstration", models.BooleanField(default=False, editable=False)),
                ("sort_key", models.CharField(default="", editable=False, max_length=200)),
                (
                    "canonical",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="jd_people.organisation",
                    ),
                ),
                (
                    "clusters",
                    models.ManyToManyField(blank=True, related_name="+", to="jd_kernel.term", verbose_name="clusters"),
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
            ],
            options={
                "ordering": ("sort_key", "id"),
                "indexes": [
                    models.Index(fields=["name"], name="organisation_by_name"),
                    models.Index(fields=["sort_key", "-id"], name="organisation_by_pinyin"),
                    models.Index(fields=["same_id"], name="organisation_by_sameness"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["entered", "verified", "doubted"])),
                        name="organisation_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "verified"), _negated=True),
                            ("verified_at__isnull", False),
                            _connector="OR",
                        ),
                        name="organisation_verified_when",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MergeProposal",
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
                ("state", models.CharField(default="open", editable=False, max_length=20)),
                ("score", models.FloatField(null=True)),
                ("reasons", models.JSONField(default=list)),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="why")),
                ("decided_at", models.DateTimeField(null=True)),
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
                    "merge",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.merge"
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_people.organisation"
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_people.organisation"
                    ),
                ),
            ],
            options={
                "ordering": ("-score", "id"),
                "indexes": [models.Index(fields=["state", "-score", "id"], name="proposal_by_state")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="proposal_first_is_lower"
                    ),
                    models.UniqueConstraint(fields=("first", "second"), name="proposal_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "merged", "refused", "undone"])),
                        name="proposal_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("score__isnull", True), models.Q(("score__gte", 0), ("score__lte", 1)), _connector="OR"
                        ),
                        name="proposal_score_is_a_share",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
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
                    "certificate_kind",
                    models.CharField(
                        choices=[
                            ("licence", "business licence"),
                            ("high-tech", "high-tech enterprise"),
                            ("specialised", "specialised and innovative enterprise (little giant, provincial)"),
                            ("science-sme", "science and technology SME"),
                            ("quality", "quality management (ISO 9001 and kin)"),
                            ("laboratory", "laboratory accreditation (CNAS, CMA)"),
                            ("statement", "audited annual statement"),
                            ("platform", "recognised research platform"),
                            ("other", "other certificate"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("number", models.CharField(blank=True, max_length=80, verbose_name="number")),
                ("issuer", models.CharField(blank=True, max_length=200, verbose_name="issued by")),
                ("issued_on", models.DateField(blank=True, null=True, verbose_name="issued on")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until")),
                ("checked_at", models.DateTimeField(editable=False, null=True)),
                ("reminded", models.PositiveSmallIntegerField(editable=False, null=True)),
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
                        related_name="certificates",
                        to="jd_people.organisation",
                        verbose_name="organisation",
                    ),
                ),
            ],
            options={
                "ordering": ("certificate_kind", "-valid_until", "id"),
                "indexes": [
                    models.Index(fields=["organisation", "certificate_kind"], name="certificate_by_organisation"),
                    models.Index(fields=["valid_until"], name="certificate_by_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["entered", "checked", "refused", "withdrawn"])),
                        name="certificate_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("issued_on__isnull", True),
                            ("valid_until__isnull", True),
                            ("valid_until__gte", models.F("issued_on")),
                            _connector="OR",
                        ),
                        name="certificate_ends_after",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "checked"), _negated=True),
                            ("checked_at__isnull", False),
                            _connector="OR",
                        ),
                        name="certificate_checked_when",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrganisationName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "name_kind",
                    models.CharField(
                        choices=[
                            ("former", "former name"),
                            ("short", "short name"),
                            ("spelling", "other spelling"),
                            ("other", "other name"),
                        ],
                        default="other",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("until", models.DateField(blank=True, null=True, verbose_name="used until")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="names", to="jd_people.organisation"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [models.Index(fields=["name"], name="organisation_name_by_name")],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "name"), name="organisation_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="organisation_name_given"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
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
                    "same_id",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Coalesce("canonical_id", "id"),
                        output_field=models.BigIntegerField(),
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("name_en", models.CharField(blank=True, max_length=100, verbose_name="English name")),
                (
                    "orcid",
                    models.CharField(
                        blank=True,
                        max_length=19,
                        null=True,
                        unique=True,
                        validators=[jiandao.kernel.identifiers.validate_orcid],
                        verbose_name="ORCID",
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=30, verbose_name="telephone")),
                (
                    "account",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="person",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "canonical",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="jd_people.person",
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
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="IntegrityRecord",
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
                    "measure",
                    models.CharField(
                        choices=[
                            ("warning", "warning"),
                            ("no-funding", "no application for public money"),
                            ("no-review", "no work as an expert"),
                            ("no-title", "no titles and awards"),
                            ("all", "no part in the programme at all"),
                        ],
                        max_length=20,
                        verbose_name="measure",
                    ),
                ),
                ("since", models.DateField(verbose_name="since")),
                ("until", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("source", models.CharField(max_length=300, verbose_name="decided by, in which document")),
                ("reason", models.TextField(max_length=1000, verbose_name="reason")),
                ("voided_at", models.DateTimeField(editable=False, null=True)),
                ("voided_because", models.CharField(blank=True, editable=False, max_length=500)),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measures",
                        to="jd_people.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measures",
                        to="jd_people.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "ordering": ("-since", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("organisation__isnull", True), ("person__isnull", False)),
                            models.Q(("organisation__isnull", False), ("person__isnull", True)),
                            _connector="OR",
                        ),
                        name="integrity_of_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                        name="integrity_ends_after",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", ""), _negated=True), models.Q(("reason", ""), _negated=True)
                        ),
                        name="integrity_has_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("voided_at__isnull", True),
                            models.Q(("voided_because", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="integrity_void_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Expert",
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
                ("post", models.CharField(blank=True, max_length=80, verbose_name="professional title")),
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
                ("text", models.TextField(blank=True, max_length=2000, verbose_name="what the expert knows")),
                ("available", models.BooleanField(default=True, verbose_name="takes requests")),
                ("away_until", models.DateField(blank=True, null=True, verbose_name="away until")),
                (
                    "days_a_year",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="at most so many days a year"),
                ),
                ("consented_at", models.DateTimeField(editable=False, null=True)),
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
                    "disciplines",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="jd_kernel.term", verbose_name="disciplines"
                    ),
                ),
                (
                    "fields",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="jd_kernel.term", verbose_name="technical fields"
                    ),
                ),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="expert",
                        to="jd_people.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "ordering": ("person__name", "id"),
                "indexes": [models.Index(fields=["state", "-changed_at", "-id"], name="expert_by_state")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["entered", "active", "withdrawn"])), name="expert_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "active"), _negated=True),
                            ("consented_at__isnull", False),
                            _connector="OR",
                        ),
                        name="expert_active_by_consent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("days_a_year__isnull", True), ("days_a_year__range", (1, 366)), _connector="OR"
                        ),
                        name="expert_days_in_a_year",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExpertWork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "work_kind",
                    models.CharField(
                        choices=[
                            ("paper", "paper"),
                            ("patent", "patent"),
                            ("project", "project"),
                            ("standard", "standard"),
                            ("award", "award"),
                            ("other", "other work"),
                        ],
                        default="paper",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("title", models.CharField(max_length=300, verbose_name="title")),
                ("year", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="year")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="where, or known from")),
                (
                    "expert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="works", to="jd_people.expert"
                    ),
                ),
            ],
            options={
                "ordering": ("-year", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("expert", "work_kind", "title", "year"), name="expert_work_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("year__isnull", True), ("year__range", (1900, 2200)), _connector="OR"),
                        name="expert_work_year",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(blank=True, max_length=100, verbose_name="post")),
                ("since", models.DateField(default=jiandao.kernel.clock.today, verbose_name="since")),
                ("until", models.DateField(blank=True, null=True, verbose_name="last day")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="jd_people.organisation",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="jd_people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                        name="membership_ends_after",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("person", "organisation"),
                        name="membership_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
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
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), size=None, verbose_name="roles"
                    ),
                ),
                ("token_digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(editable=False, null=True)),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        editable=False,
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
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="jd_people.organisation",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="jd_people.person",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"
                        ),
                        name="invitation_one_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(models.Q(("roles", []), _negated=True), ("person__isnull", True)),
                            models.Q(("roles", []), ("person__isnull", False)),
                            _connector="OR",
                        ),
                        name="invitation_has_roles",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FamilyTie",
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
                    "tie_kind",
                    models.CharField(
                        choices=[
                            ("subsidiary", "subsidiary"),
                            ("branch", "branch"),
                            ("hosted", "unit of a host"),
                            ("controlled", "under the same control"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("since", models.DateField(blank=True, null=True, verbose_name="since")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("source", models.CharField(max_length=300, verbose_name="known from")),
                ("voided_at", models.DateTimeField(editable=False, null=True)),
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
                    "head",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ties_down",
                        to="jd_people.organisation",
                        verbose_name="belongs to",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ties_up",
                        to="jd_people.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "controller",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="controls",
                        to="jd_people.person",
                        verbose_name="controlled by",
                    ),
                ),
                ("controller_note", models.CharField(blank=True, max_length=200, verbose_name="who is meant")),
                (
                    "entered_for",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jd_people.organisation",
                    ),
                ),
                ("state", models.CharField(default="confirmed", editable=False, max_length=20)),
            ],
            options={
                "ordering": ("since", "id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("voided_at__isnull", True)), fields=["member"], name="tie_by_member"
                    ),
                    models.Index(condition=models.Q(("voided_at__isnull", True)), fields=["head"], name="tie_by_head"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("member", models.F("head")), _negated=True), name="tie_of_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("head__isnull", True), ("controller__isnull", True), _connector="XOR"),
                        name="tie_to_one_head",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("controller__isnull", True), ("tie_kind", "controlled"), _connector="OR"),
                        name="tie_of_persons_is_control",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("since__isnull", True),
                            ("until__isnull", True),
                            ("until__gte", models.F("since")),
                            _connector="OR",
                        ),
                        name="tie_ends_after",
                    ),
                    models.CheckConstraint(condition=models.Q(("source", ""), _negated=True), name="tie_has_source"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["entered", "confirmed", "contested"])), name="tie_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "confirmed"), ("entered_for__isnull", False), _connector="OR"),
                        name="tie_waits_for_the_other_side",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("voided_at__isnull", True)),
                        expressions=[
                            ("member", "="),
                            ("head", "="),
                            ("tie_kind", "="),
                            (
                                models.Func(
                                    "since",
                                    "until",
                                    models.Value("[]"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="tie_once",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("voided_at__isnull", True)),
                        expressions=[
                            ("member", "="),
                            ("controller", "="),
                            ("tie_kind", "="),
                            (
                                models.Func(
                                    "since",
                                    "until",
                                    models.Value("[]"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="tie_of_person_once",
                    ),
                ],
            },
        ),
    ]
