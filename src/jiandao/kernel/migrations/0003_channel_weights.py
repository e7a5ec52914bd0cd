"""The weights of matching that a programme's office puts to use; a row is never changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jiandao.kernel.clock
from jiandao.kernel.database.constraints import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("jd_kernel", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelWeights",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("weights", models.JSONField(null=True)),
                ("before", models.JSONField()),
                ("encoder", models.CharField(blank=True, max_length=500)),
                ("replay", models.JSONField(null=True)),
                ("reason", models.TextField()),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jd_kernel.programme"
                    ),
                ),
            ],
            options={
                "ordering": ("programme_id", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("programme", "number"), name="channel_weights_once"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="channel_weights_count_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="channel_weights_have_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weights__isnull", True), ("replay__isnull", False), _connector="OR"),
                        name="channel_weights_are_replayed",
                    ),
                ],
            },
        ),
        AppendOnly("ChannelWeights"),
    ]
