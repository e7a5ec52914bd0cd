"""Imports: the uploaded files, what became of them, and how columns were mapped before."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jiandao.kernel.clock
import jiandao.kernel.public_ids


class Migration(migrations.Migration):
    dependencies = [
        ("jd_exchange", "0002_promises"),
        ("jd_kernel", "0002_promises"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # An import fills the index's pending list; whoever writes next tidies it up. 256 kB take some milliseconds, the
        # usual 4 MB a quarter of a second.
        *(
            migrations.SeparateDatabaseAndState(
                database_operations=[
                    migrations.RunSQL(
                        f"ALTER INDEX {index} SET (gin_pending_list_limit = 256)",
                        f"ALTER INDEX {index} RESET (gin_pending_list_limit)",
                    )
                ],
                state_operations=[
                    migrations.RemoveIndex(model, index),
                    migrations.AddIndex(
                        model,
                        django.contrib.postgres.indexes.GinIndex(
                            fields=["search"], gin_pending_list_limit=256, name=index
                        ),
                    ),
                ],
            )
            for model, index in (("need", "need_search"), ("researchresult", "result_search"))
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
                        choices=[("needs", "needs"), ("results", "results")], editable=False, max_length=10
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
                        condition=models.Q(("imported_kind__in", ["needs", "results"])), name="import_kind_known"
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
                    models.CharField(choices=[("needs", "needs"), ("results", "results")], max_length=10),
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
    ]
