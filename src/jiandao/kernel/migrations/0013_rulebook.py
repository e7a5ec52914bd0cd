"""The rulebook: editions of rules, which the database keeps as they were entered."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jiandao.kernel.clock
import jiandao.kernel.public_ids
from jiandao.kernel.database.constraints import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("jd_kernel", "0012_outbox"),
    ]

    operations = [
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
        AppendOnly("RuleEdition"),
    ]
