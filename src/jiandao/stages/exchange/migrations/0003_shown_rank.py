"""The place at which a match page had shown what was proposed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jd_exchange", "0002_bounds"),
    ]

    operations = [
        migrations.AddField(
            model_name="introduction",
            name="shown_rank",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
    ]
