"""What the database itself refuses: an indicator of a need of another programme."""

from django.db import migrations

from jiandao.kernel.database.constraints import SameProgramme


class Migration(migrations.Migration):
    dependencies = [("jd_exchange", "0001_initial")]

    operations = [SameProgramme("TargetIndicator", "need")]
