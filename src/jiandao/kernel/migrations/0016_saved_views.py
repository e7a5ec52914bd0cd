"""Saved views of lists."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jiandao.kernel.clock
import jiandao.kernel.public_ids


class Migration(migrations.Migration):
    dependencies = [
        ("jd_kernel", "0015_api"),
    ]

    operations = [
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
    ]
