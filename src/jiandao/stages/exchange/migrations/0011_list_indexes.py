"""Indexes for the order in which lists are read: the newest change first, and pinyin."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jd_exchange", "0010_import"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="need",
            name="need_by_pinyin",
        ),
        migrations.RemoveIndex(
            model_name="researchresult",
            name="result_by_pinyin",
        ),
        migrations.AddIndex(
            model_name="need",
            index=models.Index(fields=["programme", "sort_key", "-id"], name="need_by_pinyin"),
        ),
        migrations.AddIndex(
            model_name="need",
            index=models.Index(fields=["programme", "-changed_at", "-id"], name="need_by_change"),
        ),
        migrations.AddIndex(
            model_name="researchresult",
            index=models.Index(fields=["programme", "sort_key", "-id"], name="result_by_pinyin"),
        ),
        migrations.AddIndex(
            model_name="researchresult",
            index=models.Index(fields=["programme", "-changed_at", "-id"], name="result_by_change"),
        ),
    ]
