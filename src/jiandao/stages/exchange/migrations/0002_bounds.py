"""What the database itself refuses: records of two programmes tied together, and changing what was said."""

from django.db import migrations

from jiandao.kernel.database.constraints import AppendOnly, SameProgramme


class Migration(migrations.Migration):
    replaces = [
        ("jd_exchange", "0002_promises"),
        ("jd_exchange", "0014_lineage_promises"),
        ("jd_exchange", "0016_meeting_promises"),
        ("jd_exchange", "0002_guards"),
    ]

    dependencies = [("jd_exchange", "0001_records")]

    operations = [
        SameProgramme("TargetIndicator", "need"),
        SameProgramme("ChallengeIndicator", "challenge"),
        SameProgramme("ChallengeSource", "challenge"),
        SameProgramme("ChallengeSource", "need"),
        SameProgramme("TechnologyCheck", "need"),
        AppendOnly("TechnologyCheck"),
        SameProgramme("Booking", "capability"),
        *(SameProgramme("Introduction", field) for field in ("need", "challenge", "result", "capability")),
        SameProgramme("Meeting", "introduction"),
        SameProgramme("CooperationRecord", "introduction"),
        SameProgramme("Outcome", "cooperation"),
        SameProgramme("Offer", "result"),
        SameProgramme("Offer", "need"),
        *(SameProgramme("SetAside", field) for field in ("need", "challenge", "result", "capability")),
        AppendOnly("Meeting"),
        AppendOnly("Outcome"),
        SameProgramme("WaitingOffer", "result"),
        SameProgramme("WaitingOffer", "need"),
        SameProgramme("Paper", "introduction"),
    ]
