import django.db.models.deletion
from django.db import migrations, models

import jiandao.kernel.clock
from jiandao.kernel.database.constraints import SameProgramme

PROTECT, CASCADE = django.db.models.deletion.PROTECT, django.db.models.deletion.CASCADE


class Migration(migrations.Migration):
    dependencies = [
        ("jd_exchange", "0004_import_kinds"),
        ("jd_kernel", "0002_guards"),
        ("jd_people", "0001_tables"),
    ]

    operations = [
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
                    models.ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="jd_exchange.need"),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=PROTECT, related_name="+", to="jd_people.organisation"),
                ),
                ("programme", models.ForeignKey(on_delete=PROTECT, related_name="+", to="jd_kernel.programme")),
                ("result", models.ForeignKey(on_delete=CASCADE, related_name="+", to="jd_exchange.researchresult")),
            ],
            options={
                "ordering": ("rank", "-score", "id"),
                "constraints": [models.UniqueConstraint(fields=("result", "organisation"), name="offer_waits_once")],
            },
        ),
        SameProgramme("WaitingOffer", "result"),
        SameProgramme("WaitingOffer", "need"),
        migrations.AddField(
            model_name="capability",
            name="at_once",
            field=models.PositiveSmallIntegerField(
                blank=True, default=1, null=True, verbose_name="bookings at the same time"
            ),
        ),
        migrations.AddConstraint(
            model_name="capability",
            constraint=models.CheckConstraint(
                condition=models.Q(("at_once__isnull", True), ("at_once__gte", 1), _connector="OR"),
                name="capability_at_once_positive",
            ),
        ),
    ]
