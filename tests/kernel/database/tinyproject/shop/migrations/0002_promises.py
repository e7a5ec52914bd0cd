from django.db import migrations

from jiandao.kernel.database.constraints import AppendOnly, SameProgramme


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        SameProgramme("Item", "box"),
        SameProgramme("Item", "spare"),
        AppendOnly("Line", columns=("text",)),
        AppendOnly("Pending", allow=("DELETE",)),
    ]
