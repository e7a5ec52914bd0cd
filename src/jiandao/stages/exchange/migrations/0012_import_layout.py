"""Imports remember the columns and first values of their file, so that no page reads the file again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jd_exchange", "0011_list_indexes")]

    operations = [
        migrations.AddField("importbatch", "layout", models.JSONField(default=dict, editable=False)),
    ]
