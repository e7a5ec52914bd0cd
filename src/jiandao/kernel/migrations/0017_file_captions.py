"""What an attached file shows, in its sender's words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jd_kernel", "0016_saved_views"),
    ]

    operations = [
        migrations.AddField(
            model_name="storedfile",
            name="caption",
            field=models.CharField(blank=True, max_length=200, verbose_name="what it shows"),
        ),
    ]
