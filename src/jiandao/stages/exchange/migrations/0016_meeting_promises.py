"""What the database itself refuses: records of two programmes tied together, and changing what was said."""

from django.db import migrations

from jiandao.kernel.database.constraints import AppendOnly, SameProgramme


class Migration(migrations.Migration):
    dependencies = [("jd_exchange", "0015_meeting")]

    operations = [
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
    ]
