"""What the database itself refuses: lineage and checks across programmes, and changing what a department said."""

from django.db import migrations

from jiandao.kernel.database.constraints import AppendOnly, SameProgramme


class Migration(migrations.Migration):
    dependencies = [("jd_exchange", "0013_challenges")]

    operations = [
        SameProgramme("ChallengeIndicator", "challenge"),
        SameProgramme("ChallengeSource", "challenge"),
        SameProgramme("ChallengeSource", "need"),
        SameProgramme("TechnologyCheck", "need"),
        AppendOnly("TechnologyCheck"),
    ]
